"""Which rows of a contact policy bind for a prospect, by channel, place, audience and day."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from service.decision.guards.verdict import Verdict
from service.decision.prospect import Request
from service.playbook.vocabulary import CHANNELS
from service.policy.places import countries
from service.policy.policy import Consent, Jurisdiction, Policy, Registry, Row

#: A region as laws name it: the part of ISO 3166-2 after the dash.
_REGION = re.compile(r"[A-Z0-9]{1,3}")


class Rule(NamedTuple):
    """A row of a policy, and what it says of a contact that it lets through."""

    row: Row
    allows: Verdict


class Rules(NamedTuple):
    """Rules about who may be contacted at all, and rules about when."""

    who: tuple[Rule, ...]
    when: tuple[Rule, ...]


@dataclass(frozen=True)
class Guards:
    """A contact policy made ready: by channel the rules that always bind, and those that may.

    `rows` are the rows of both, those that always bind first.
    """

    policy: Policy
    rows: Mapping[str, tuple[Row, ...]]
    always: Mapping[str, Rules]
    sometimes: Mapping[str, Rules]


def make_guards(policy: Policy) -> Guards:
    """Sort the rows of a policy by channel; done once, when it is loaded."""
    first = sorted(policy.rows, key=_binds_all, reverse=True)
    rows = {
        channel: tuple(row for row in first if not row.channels or channel in row.channels)
        for channel in CHANNELS
    }
    return Guards(
        policy,
        rows,
        {name: _rules(row for row in found if _binds_all(row)) for name, found in rows.items()},
        {name: _rules(row for row in found if not _binds_all(row)) for name, found in rows.items()},
    )


def _binds_all(row: Row) -> bool:
    return row.law is None and not row.audience


def _rules(rows: Iterable[Row]) -> Rules:
    rules = [
        Rule(row, Verdict(row.name, "ALLOW", row.because, citation=row.citation)) for row in rows
    ]
    return Rules(
        tuple(rule for rule in rules if isinstance(rule.row.demand, Consent | Registry)),
        tuple(rule for rule in rules if not isinstance(rule.row.demand, Consent | Registry)),
    )


def binding(guards: Guards, channel: str, request: Request) -> Rules:
    """The rules that bind on the day of the question. What is not known could bind, so it does."""
    always, sometimes = guards.always[channel], guards.sometimes[channel]
    if not any(sometimes):
        return always
    day = request.calendar.local(request.history.as_of).date()
    who, when = (
        tuple(rule for rule in rules if _is_of(rule.row, request, day, unknown=True))
        for rules in sometimes
    )
    return Rules(always.who + who, always.when + when)


def binds_for_sure(row: Row, request: Request) -> bool:
    """Whether it is known, of a row that binds, that it is meant for the prospect."""
    return _is_of(row, request, None, unknown=False)


def _is_of(row: Row, request: Request, day: date | None, *, unknown: bool) -> bool:
    """Whether a row is for this prospect, and in force; `unknown` where nobody knows."""
    law = row.law
    return _among(row.audience, request.given.get("audience"), unknown) and (
        law is None
        or (
            (day is None or _in_force(law, day))
            and _among((law.country,), _country(request), unknown)
            and _among((law.region,) if law.region else (), _region(request), unknown)
        )
    )


def _among(wanted: Sequence[str], found: object, unknown: bool) -> bool:  # noqa: FBT001
    if not wanted:
        return True
    return found in wanted if found else unknown


def _in_force(law: Jurisdiction, day: date) -> bool:
    return not ((law.begins and day < law.begins) or (law.ends and day >= law.ends))


# A place whose holidays nobody lists still has its laws; one that is no code is not known.


def _country(request: Request) -> str:
    said = _said(request, "country")
    return request.calendar.country or (said if said in countries() else "")


def _region(request: Request) -> str:
    said = _said(request, "region").removeprefix(f"{_country(request)}-")
    return request.calendar.region or (said if _REGION.fullmatch(said) else "")


def _said(request: Request, name: str) -> str:
    value = request.given.get(name)
    return value.upper() if isinstance(value, str) else ""


def law_turns(guards: Guards, channel: str, request: Request) -> datetime | None:
    """When the next law of the channel that may be meant for the prospect begins or ends."""
    if not any(guards.sometimes[channel]):
        return None
    today = request.calendar.local(request.history.as_of).date()
    rows = guards.rows[channel]
    laws = (row.law for row in rows if row.law and _is_of(row, request, None, unknown=True))
    days = (turn for law in laws for turn in (law.begins, law.ends) if turn and turn > today)
    first = min(days, default=None)
    return None if first is None else request.calendar.morning(first)
