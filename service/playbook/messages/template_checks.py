"""What is wrong with a playbook's templates, alone and with the steps that send them."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from service.playbook.diagnostics import Diagnostic, Place, did_you_mean, in_order
from service.playbook.messages.templates import Parsed, Variable, parse
from service.playbook.messages.wording import SUBJECT_LIMIT, body_limit
from service.playbook.rules import ALWAYS, Condition, Playbook, Step, Template

Part = Literal["subject", "body"]
InnerPlace = Callable[[str, Part, int], Place]
Guaranteed = Callable[[Condition, str], bool]

OFFERS = ("first", "second")
_LAST_STEP = "otherwise"
#: More faults of one text than these help nobody.
MOST_FAULTS = 20


@dataclass(frozen=True)
class _Use:
    """One step that sends a template: the name of its play, and when it comes to it."""

    play: str
    when: Condition
    step: Step

    @property
    def words(self) -> str:
        return "`otherwise`" if self.play == _LAST_STEP else f"the rule `{self.play}`"


@dataclass(frozen=True)
class _Check:
    """One template with its uses, and what is asked of the rest of the playbook."""

    playbook: Playbook
    inner_place: InnerPlace
    guaranteed: Guaranteed
    template: Template
    uses: tuple[_Use, ...]


def check_templates(
    playbook: Playbook, inner_place: InnerPlace, guaranteed: Guaranteed
) -> tuple[Diagnostic, ...]:
    """Everything wrong with the templates, in order.

    `inner_place` is the place of a character of a template's subject or body, from the
    template's name, the part, and the offset. `guaranteed` says whether a fact has a value
    wherever a condition holds.
    """
    found: list[Diagnostic] = []
    for name, template in playbook.templates.items():
        uses = tuple(use for use in _uses(playbook) if use.step.template == name)
        found += _check(_Check(playbook, inner_place, guaranteed, template, uses))
    return in_order(found)


def _uses(playbook: Playbook) -> Iterator[_Use]:
    for play in playbook.plays:
        for step in play.steps:
            yield _Use(play.name, play.when, step)
    if playbook.otherwise is not None:
        yield _Use(_LAST_STEP, ALWAYS, playbook.otherwise)


def _check(check: _Check) -> Iterator[Diagnostic]:
    template = check.template
    if not check.uses:
        yield Diagnostic(
            "unused-template",
            f"no step sends the template `{template.name}`",
            template.place,
            "let a step name it, or take it out",
            "warning",
        )
    yield from _missing_subject(check)
    yield from _part(check, "body", template.body)
    if template.subject is not None:
        yield from _part(check, "subject", template.subject)


def _never_said(check: _Check, part: Part, source: str) -> Iterator[Diagnostic]:
    """Phrases that the playbook has ruled out, whatever the case and the line breaks."""
    for never in check.playbook.never_say:
        words = r"\s+".join(map(re.escape, never.phrase.split()))
        found = re.search(rf"(?<!\w){words}(?!\w)", source, re.IGNORECASE)
        if found:
            yield Diagnostic(
                "never-say",
                f"the {part} of `{check.template.name}` says `{never.phrase}`",
                check.inner_place(check.template.name, part, found.start()),
                f"this playbook rules it out: {never.because}",
            )


def _missing_subject(check: _Check) -> Iterator[Diagnostic]:
    by_email = [use for use in check.uses if use.step.channel == "email"]
    if by_email and not (check.template.subject or "").strip():
        yield Diagnostic(
            "missing-subject",
            f"{by_email[0].words} sends `{check.template.name}` by email, but it has no subject",
            check.template.place,
            "give the template a `subject`",
        )


def _part(check: _Check, part: Part, source: str) -> Iterator[Diagnostic]:
    name = check.template.name
    yield from _never_said(check, part, source)
    parsed, faults = parse(source)
    for fault in faults[:MOST_FAULTS]:
        place = check.inner_place(name, part, fault.offset)
        yield Diagnostic(fault.code, fault.message, place, fault.hint)
    if parsed is None:
        return
    for variable in parsed.variables:
        wrong = _unknown(check, variable) or _may_be_missing(check, variable)
        if wrong is not None:
            yield replace(wrong, place=check.inner_place(name, part, variable.offset))
    yield from _too_long(check, part, parsed)


def _unknown(check: _Check, variable: Variable) -> Diagnostic | None:
    book, path = check.playbook, variable.path
    known: dict[str, Collection[str]] = {
        "prospect": book.facts,
        "parameters": book.parameters,
        "offer": OFFERS,
    }
    if len(path) == len(("root", "name")) and path[1] in known.get(path[0], ()):
        return None
    if path[0] in known and len(path) > 1:
        hint = did_you_mean(path[1], known[path[0]])
    elif len(path) > 1:
        hint = did_you_mean(path[0], known)
    else:
        roots = [root for root, names in known.items() if path[0] in names]
        hint = f"write `{roots[0]}.{path[0]}`" if roots else did_you_mean(path[0], book.facts)
        hint = hint or f'if it is a word, put quotes round it: "{path[0]}"'
    message = f"templates know no variable `{'.'.join(path)}`"
    return Diagnostic("unknown-variable", message, hint=hint)


def _may_be_missing(check: _Check, variable: Variable) -> Diagnostic | None:
    root, name = variable.path
    if variable.guarded or root != "prospect":
        return None
    if check.playbook.facts[name].always_known or name in check.playbook.defaults:
        return None
    doubtful = [use for use in check.uses if not check.guaranteed(use.when, name)]
    if not doubtful:
        return None
    hint = f'write `{{{{ prospect.{name} | default: "..." }}}}`'
    if doubtful[0].play != _LAST_STEP:
        hint += f", or put `{name}: {{known: true}}` into the `when` of `{doubtful[0].play}`"
    words = " and ".join(dict.fromkeys(use.words for use in doubtful))
    message = f"`prospect.{name}` may be missing where {words} sends `{check.template.name}`"
    return Diagnostic("variable-may-be-missing", message, hint=hint)


def _too_long(check: _Check, part: Part, parsed: Parsed) -> Iterator[Diagnostic]:
    template = check.template
    place = template.body_place if part == "body" else template.subject_place
    for channel in sorted({use.step.channel or "" for use in check.uses} or {""}):
        limit = body_limit(channel, template.limit) if part == "body" else SUBJECT_LIMIT
        if parsed.length > limit:
            by = f" by {channel}" if channel else ""
            yield Diagnostic(
                "template-too-long",
                f"the {part} of `{template.name}` comes to about {parsed.length} characters; "
                f"at most {limit} can go out{by}",
                place,
                "shorten it; each variable counts as 20 characters",
            )
