"""From a text to a ruleset, with everything that is wrong on the way."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.playbook.checks import (
    check_circles,
    check_limits,
    check_sequences,
    check_unused,
    check_waits,
)
from service.playbook.diagnostics import Diagnostic, Place, has_errors, in_order
from service.playbook.meaning.build import build
from service.playbook.meaning.conclusion_types import conclusion_places
from service.playbook.messages.template_checks import Part, check_templates
from service.playbook.messages.templates import parse
from service.playbook.reach.reach import Reach
from service.playbook.rules import Playbook
from service.playbook.ruleset import Ruleset
from service.playbook.shape.schema import find_flaws
from service.playbook.text.document import Document, read
from service.playbook.text.source import MAX_DIAGNOSTICS

#: The code of the notice that there is more.
_AND_MORE = "too-many-mistakes"


@dataclass(frozen=True)
class Loaded:
    """What became of a text: a ruleset, unless a diagnostic is an error.

    `playbook` is None where not even its parts could be understood.
    """

    playbook: Playbook | None
    ruleset: Ruleset | None
    diagnostics: tuple[Diagnostic, ...]


def load(text: str | bytes) -> Loaded:
    """Read, check and compile a playbook. Never raises for what the text holds."""
    document, found = read(text)
    if document is None:
        return Loaded(None, None, in_order(found))
    flaws = find_flaws(document)
    built = build(document, [flaw.path for flaw in flaws])
    diagnostics = [*found, *(flaw.diagnostic for flaw in flaws), *built.diagnostics]
    playbook, ruleset = built.playbook, None
    if playbook is not None:
        ruleset, more = _check(playbook, document)
        diagnostics += more
    elif built.sketch is not None:
        diagnostics += Reach(built.sketch).contradictions()
    if has_errors(diagnostics):
        # A name mistyped where it is used leaves another unused: one mistake, told once.
        told = [d for d in diagnostics if not d.code.startswith("unused-")]
        return Loaded(playbook, None, bounded(told))
    return Loaded(playbook, ruleset, bounded(diagnostics))


def bounded(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics in order, not more than can be worked on at once: errors before warnings."""
    found = in_order(diagnostics)
    mistakes = [d for d in found if d.code != _AND_MORE]
    if len(mistakes) <= MAX_DIAGNOSTICS:
        return found
    mistakes.sort(key=lambda diagnostic: diagnostic.severity)  # "error" before "warning"
    rest = [*mistakes[MAX_DIAGNOSTICS:], *(d for d in found if d.code == _AND_MORE)]
    more = Diagnostic(
        "too-many-mistakes",
        "there are more mistakes than these",
        min(diagnostic.place for diagnostic in rest),
        "mend those that are shown, and check again",
        "error" if has_errors(rest) else "warning",
    )
    return in_order([*mistakes[:MAX_DIAGNOSTICS], more])


def _check(playbook: Playbook, document: Document) -> tuple[Ruleset | None, list[Diagnostic]]:
    """The checks that need the whole playbook."""
    circles = check_circles(playbook)
    if circles:
        return None, list(circles)

    def inner_place(name: str, part: Part, offset: int) -> Place:
        return document.inner_place(("templates", name, part), offset)

    ruleset, over = check_limits(playbook)
    if over:
        return None, list(over)  # what is too much to run is too much to reason about
    reach = Reach(playbook)
    return ruleset, [
        *reach.diagnostics(),
        *check_waits(playbook, reach.guaranteed),
        *check_sequences(playbook),
        *check_templates(playbook, inner_place, reach.guaranteed),
        *check_unused(playbook, _read_by_templates(playbook), conclusion_places(document)),
    ]


def _read_by_templates(playbook: Playbook) -> frozenset[str]:
    sources = [
        source
        for template in playbook.templates.values()
        for source in (template.subject or "", template.body)
    ]
    found = [parsed for parsed, _ in map(parse, sources) if parsed is not None]
    return frozenset(variable.path[-1] for parsed in found for variable in parsed.variables)
