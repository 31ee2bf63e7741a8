"""The message that goes with a next action: a template filled in for one prospect.

Templates are compiled when a playbook is loaded; a request only fills them in. A message
that cannot be written never stops an answer: it is left out, and a notice says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count, islice
from typing import NamedTuple

from service.decision.calendar import Calendar
from service.playbook.messages.templates import Compiled, TemplateFault, compile_template, render
from service.playbook.messages.wording import SUBJECT_LIMIT, body_limit, shown, weekday_and_day
from service.playbook.rules import Template

__all__ = [
    "CompiledTemplate",
    "Message",
    "Notice",
    "Variables",
    "compile_templates",
    "compose",
    "offers",
    "shown",
]

#: `prospect`, `parameters` and `offer`, each with values by name; see `templates.render`.
Variables = Mapping[str, Mapping[str, object]]


class Message(NamedTuple):
    """What to send or say. Only email has a `subject`."""

    template: str
    subject: str | None
    body: str

    def to_json(self) -> dict[str, object]:
        """The form that answers give."""
        return {"template": self.template, "subject": self.subject, "body": self.body}


@dataclass(frozen=True)
class Notice:
    """Something about the message that a person should know."""

    code: str
    message: str
    hint: str = ""

    def to_json(self) -> dict[str, object]:
        """The form in which answers list their warnings."""
        return {"code": self.code, "message": self.message, "hint": self.hint}


@dataclass(frozen=True)
class CompiledTemplate:
    """A template ready for requests.

    `limit` is the most characters its writer allows; `facts` are those of the prospect that
    it may read; `offers_times` says whether it reads `offer`, which takes a look at the
    calendar.
    """

    subject: Compiled | None
    body: Compiled
    limit: int | None
    facts: tuple[str, ...]
    offers_times: bool


def compile_templates(templates: Mapping[str, Template]) -> dict[str, CompiledTemplate]:
    """Every template of a checked playbook, ready for requests.

    Raises TemplateFault for one that `template_checks` would refuse.
    """
    return {name: _compiled(template) for name, template in templates.items()}


def _compiled(template: Template) -> CompiledTemplate:
    subject = None if template.subject is None else compile_template(template.subject)
    body = compile_template(template.body)
    reads = body.reads | (subject.reads if subject else frozenset())
    facts = sorted({name for root, *names in reads if root == "prospect" for name in names})
    offers_times = any(root == "offer" for root, *_ in reads)
    return CompiledTemplate(subject, body, template.limit, tuple(facts), offers_times)


def compose(
    templates: Mapping[str, CompiledTemplate],
    template: str,
    channel: str,
    variables: Variables,
) -> tuple[Message | None, tuple[Notice, ...]]:
    """The message, or None; with the notices `message-too-long` or `message-not-written`."""
    if template not in templates:
        return None, (_not_written(template, "there is no such template"),)
    found = templates[template]
    try:
        body = render(found.body, variables)
        subject = _subject(found, channel, variables)
    except TemplateFault as fault:
        return None, (_not_written(template, str(fault)),)
    return Message(template, subject, body), _too_long(template, channel, found, subject, body)


def offers(due: datetime, calendar: Calendar) -> dict[str, str]:
    """Two times for a call: at 10:00 and at 14:00 on the two business days after `due`'s.

    In the prospect's zone, UTC where it is not known: `Tuesday 24 November at 10:00`.
    """
    first, second = _business_days_after(calendar.local(due).date(), calendar)
    return {
        "first": f"{weekday_and_day(first)} at 10:00",
        "second": f"{weekday_and_day(second)} at 14:00",
    }


@lru_cache(maxsize=1024)
def _business_days_after(day: date, calendar: Calendar) -> tuple[date, date]:
    later = (day + timedelta(days=days) for days in count(1))
    first, second = islice(filter(calendar.is_business_day, later), 2)
    return first, second


def _subject(found: CompiledTemplate, channel: str, variables: Variables) -> str | None:
    """An email's subject, as one line: a line break in a name must not begin another header."""
    if channel != "email" or found.subject is None:
        return None
    return " ".join(render(found.subject, variables).split())


def _not_written(template: str, why: str) -> Notice:
    return Notice(
        "message-not-written",
        f"the template `{template}` could not be filled in: {why}",
        "write the message yourself, and mend the template",
    )


def _too_long(
    template: str, channel: str, found: CompiledTemplate, subject: str | None, body: str
) -> tuple[Notice, ...]:
    most = body_limit(channel, found.limit)
    if len(body) <= most and len(subject or "") <= SUBJECT_LIMIT:
        return ()
    lengths = (("body", len(body), most), ("subject", len(subject or ""), SUBJECT_LIMIT))
    return tuple(
        Notice(
            "message-too-long",
            f"the {part} of `{template}` has {length} characters; "
            f"at most {limit} should go out by {channel}",
            "shorten it before it goes out",
        )
        for part, length, limit in lengths
        if length > limit
    )
