"""What a text has to pass before it may be published: no errors, and every example as written."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.decision import make_ready
from service.decision.examples import ExamplesReport, run_examples
from service.decision.fit import fitted
from service.decision.guards import Guards
from service.decision.guards.examples import run_policy_examples
from service.experiment import load_experiment, unknown_playbooks
from service.playbook import Diagnostic, has_errors, load
from service.policy import Laws, load_policy
from service.store.documents.document_rows import Kind


@dataclass(frozen=True)
class Checked:
    """What was found in a text: its mistakes and doubts, and how its examples went.

    `name` is the one that it gives itself, `digest` that of what it does; both, and
    `examples`, are None where errors keep them from being known. An experiment has no examples.
    """

    name: str | None
    digest: str | None
    diagnostics: tuple[Diagnostic, ...]
    examples: ExamplesReport | None

    @property
    def passed(self) -> bool:
        """Whether it may be published."""
        passed = self.examples is None or self.examples.passed
        return passed and not has_errors(self.diagnostics)

    def to_json(self) -> dict[str, object]:
        """What was found as plain JSON; `valid` says whether there are no errors."""
        report = self.examples
        return {
            "name": self.name,
            "digest": self.digest,
            "valid": not has_errors(self.diagnostics),
            "diagnostics": [diagnostic.to_json() for diagnostic in self.diagnostics],
            "examples": [result.to_json() for result in report.results] if report else [],
            "unreached": list(report.unreached) if report else [],
        }


class Refused(Exception):  # noqa: N818 - it says what was found
    """A text that may not be published; `checked` says why."""

    def __init__(self, kind: Kind, name: str, checked: Checked) -> None:
        errors = [d for d in checked.diagnostics if d.severity == "error"]
        results = checked.examples.results if checked.examples else ()
        failed = [result for result in results if not result.passed]
        first = errors[0].message if errors else f"the example `{failed[0].example}` fails"
        super().__init__(f"the {kind} `{name}` cannot be published: {first}")
        self.checked = checked


def check(
    kind: Kind,
    text: str | bytes,
    guards: Guards,
    packs: Mapping[str, Laws],
    playbooks: Mapping[str, int],
) -> Checked:
    """Check a text as publishing does. Never raises for what it holds.

    Args:
        kind: what the text should be.
        text: the text.
        guards: the contact policy that the examples of a playbook run under.
        packs: the laws that a policy may switch on.
        playbooks: those that an experiment may name, each with its newest version's number.
    """
    if kind == "policy":
        return _check_policy(text, packs)
    if kind == "experiment":
        return check_experiment(text, playbooks)
    loaded = fitted(load(text), guards.policy)
    if loaded.playbook is None or loaded.ruleset is None:
        return Checked(None, None, loaded.diagnostics, None)
    report = run_examples(make_ready(loaded.ruleset), guards, loaded.playbook.examples)
    return Checked(loaded.playbook.name, loaded.ruleset.digest, loaded.diagnostics, report)


def _check_policy(text: str | bytes, packs: Mapping[str, Laws]) -> Checked:
    loaded = load_policy(text, packs)
    if loaded.policy is None:
        return Checked(None, None, loaded.diagnostics, None)
    report = run_policy_examples(loaded.policy, loaded.examples)
    return Checked(loaded.policy.name, loaded.policy.digest, loaded.diagnostics, report)


def check_experiment(text: str | bytes, playbooks: Mapping[str, int]) -> Checked:
    """The same for an experiment alone."""
    loaded = load_experiment(text)
    if loaded.experiment is None:
        return Checked(None, None, loaded.diagnostics, None)
    found = (*loaded.diagnostics, *unknown_playbooks(loaded.experiment, playbooks))
    return Checked(loaded.experiment.name, loaded.experiment.digest, found, None)


def called(name: str, checked: Checked) -> Checked:
    """The same, with a mistake where the text calls itself anything but `name`."""
    if checked.name in (None, name):
        return checked
    wrong = wrong_name(str(checked.name), name)
    return Checked(checked.name, checked.digest, (wrong, *checked.diagnostics), checked.examples)


def wrong_name(found: str, wanted: str) -> Diagnostic:
    """The mistake of a text that calls itself anything but what it has to be called."""
    return Diagnostic(
        "wrong-name",
        f"this is `{found}`, and it should be `{wanted}`",
        hint=f"call it `{wanted}` in its first line, or keep it under its own name",
    )
