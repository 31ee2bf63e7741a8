"""The parts of an experiment, in words."""

from collections.abc import Iterator

from service.experiment import Arm, Experiment, Guardrail, Namespace
from service.store.documents.differences import wording
from service.store.documents.differences.parts import Aspect, Aspects, Part, Section, meaning


def sections(experiment: Experiment) -> tuple[Section, ...]:
    """All that an experiment says; the first of its arms is what the others are held against."""
    lines = [place.line for place in experiment.places]
    arms = tuple(_arm(arm, line) for arm, line in zip(experiment.arms, lines, strict=True))
    guardrails = sorted(experiment.guardrails, key=lambda each: (each.outcome, each.limit or 0))
    return (
        Section(tuple(_headings(experiment))),
        Section(arms, is_ordered=True),
        Section(tuple(_settings(experiment))),
        Section(tuple(map(_guardrail, guardrails))),
    )


def _headings(experiment: Experiment) -> Iterator[Part]:
    for name in ("name", "title", "hypothesis"):
        text = getattr(experiment, name)
        yield Part(name, name, "the experiment", {Aspect(f"the {name}", "text"): text}, text)


def _arm(arm: Arm, line: int) -> Part:
    which = "whichever version is active" if arm.version is None else f"version {arm.version}"
    aspects = {
        Aspect("goes by"): f"`{arm.playbook}`, {which}",
        Aspect("has the weight"): str(arm.weight),
    }
    meant = (arm.playbook, arm.version, arm.weight)
    return Part("arm", arm.name, f"arm `{arm.name}`", aspects, meant, line)


def _settings(experiment: Experiment) -> Iterator[Part]:
    primary = experiment.primary
    yield _setting("audience", "the audience", wording.asked(experiment.audience.condition))
    of_all: Aspects = {
        Aspect("counts by"): experiment.unit,
        Aspect("covers"): f"{_share(experiment.coverage)} of the audience",
        Aspect("holds out"): _share(experiment.holdout),
        Aspect("takes units of"): _namespace(experiment.namespace),
        Aspect("plans for"): f"{experiment.planned} units",
    }
    yield _setting("experiment", "the experiment", of_all)
    counted: Aspects = {
        Aspect("is"): primary.outcome,
        Aspect("counts within"): wording.length(primary.within),
        Aspect("may be told late by"): wording.length(primary.grace),
    }
    yield _setting("primary", "the primary outcome", counted)


def _setting(name: str, title: str, aspects: Aspects) -> Part:
    return Part(name, name, title, aspects, meaning(aspects))


def _namespace(namespace: Namespace) -> str:
    if namespace == Namespace(namespace.name):
        return f"all of `{namespace.name}`"
    return f"`{namespace.name}` from {_share(namespace.from_)} to {_share(namespace.to)}"


def _guardrail(guardrail: Guardrail) -> Part:
    if guardrail.margin is not None:
        allowed = f"{_share(guardrail.margin)} more than in the first arm"
    else:
        allowed = f"{_share(guardrail.limit or 0)} in any arm"
    aspects = {Aspect("allows at most"): allowed}
    title = f"guardrail `{guardrail.outcome}`"
    return Part("guardrail", guardrail.outcome, title, aspects, meaning(guardrail))


def _share(share: float) -> str:
    return f"{100 * share:g} %"
