"""From a text to an experiment, with everything that is wrong on the way."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from service.experiment.audience import BEFORE_CONTACT, audience_of
from service.experiment.digest import with_digest
from service.experiment.experiment import Arm, Experiment, Guardrail, Namespace, Primary
from service.experiment.sense import check_audience, check_sense, find_misfits, length_of, share_of
from service.playbook.diagnostics import Diagnostic, has_errors, in_order
from service.playbook.load import bounded
from service.playbook.meaning.conditions import read_condition
from service.playbook.meaning.scope import Scope
from service.playbook.rules import Condition
from service.playbook.shape.schema import find_flaws
from service.playbook.text.document import Document, read
from service.playbook.vocabulary import STANDARD_FACTS


@dataclass(frozen=True)
class LoadedExperiment:
    """What became of a text: the experiment, unless a diagnostic is an error."""

    experiment: Experiment | None
    diagnostics: tuple[Diagnostic, ...]


def load_experiment(text: str | bytes) -> LoadedExperiment:
    """Read and check an experiment. Never raises for what the text holds."""
    document, found = read(text)
    if document is None:
        return LoadedExperiment(None, in_order(found))
    flaws = find_flaws(document, "experiment.schema.json")
    misfits = find_misfits(document, {flaw.path for flaw in flaws})
    flaws = tuple(
        flaw for flaw in flaws if not any(flaw.path[: len(path)] == path for path in misfits)
    )
    scope = Scope(
        document,
        [*(flaw.path for flaw in flaws), *misfits],
        facts={name: STANDARD_FACTS[name] for name in BEFORE_CONTACT},
        complete=not flaws,
    )
    check_sense(scope)
    audience = read_condition(document.data.get("audience"), ("audience",), scope)
    if audience is not None:
        check_audience(audience, scope)
    told = [*found, *(flaw.diagnostic for flaw in flaws), *misfits.values(), *scope.found()]
    diagnostics = bounded(told)
    if audience is None or has_errors(diagnostics):
        return LoadedExperiment(None, diagnostics)
    return LoadedExperiment(_built(document, audience), diagnostics)


def _built(document: Document, audience: Condition) -> Experiment:
    """The experiment of a document in which nothing is wrong."""
    data = document.data
    arms: list[dict[str, Any]] = data["arms"]
    experiment = Experiment(
        name=data["experiment"],
        title=data["title"],
        hypothesis=data["hypothesis"].strip(),
        arms=tuple(
            Arm(arm["arm"], arm["playbook"], arm.get("version"), arm.get("weight", 1))
            for arm in arms
        ),
        audience=audience_of(audience),
        unit=data.get("unit", "account"),
        coverage=share_of(data.get("coverage", "100 %")),
        holdout=share_of(data.get("holdout", "0 %")),
        namespace=_namespace(data.get("namespace", "playbooks")),
        primary=_primary(data["primary"]),
        guardrails=tuple(map(_guardrail, data.get("guardrails", ()))),
        planned=data["planned"],
        digest="",
        places=tuple(document.place(("arms", i, "playbook")) for i in range(len(arms))),
    )
    return with_digest(experiment)


def _namespace(written: str | dict[str, str]) -> Namespace:
    if isinstance(written, str):
        return Namespace(written)
    return Namespace(written["name"], share_of(written["from"]), share_of(written["to"]))


def _primary(written: dict[str, str]) -> Primary:
    within, grace = (
        timedelta(days=length_of(text))
        for text in (written["within"], written.get("grace", "3 days"))
    )
    return Primary(written["outcome"], within, grace)  # type: ignore[arg-type]


def _guardrail(written: dict[str, str]) -> Guardrail:
    bounds = {name: share_of(written[name]) for name in ("margin", "limit") if name in written}
    return Guardrail(written["outcome"], **bounds)  # type: ignore[arg-type]
