"""Which rows of a contact policy bind for a prospect, by channel, place, audience and day."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import filterfalse
from typing import NamedTuple

from service.decision.guards.gates import Gate, gate_of
from service.decision.guards.verdict import Verdict
from service.decision.prospect import Request
from service.playbook.vocabulary import CHANNELS
from service.policy.places import countries
from service.policy.policy import Jurisdiction, Policy, Row

#: A region as laws name it: the part of ISO 3166-2 after the dash.
_REGION = re.compile(r"[A-Z0-9]{1,3}")


class Gated(NamedTuple):
    """A row about when: its gate, and what it says while that is open."""

    row: Row
    gate: Gate
    allows: Verdict


class Rows(NamedTuple):
    """Rows about who may be contacted at all, and rows about when."""

    who: tuple[Row, ...]
    when: tuple[Gated, ...]


@dataclass(frozen=True)
class Guards:
    """A contact policy made ready: by channel the rows that always bind, and those that may.

    `rows` are those of both, as they were read, those that always bind first.
    """

    policy: Policy
    rows: Mapping[str, tuple[Row, ...]]
    always: Mapping[str, Rows]
    sometimes: Mapping[str, Rows]


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
        {name: _ready(policy, filter(_binds_all, found)) for name, found in rows.items()},
        {name: _ready(policy, filterfalse(_binds_all, found)) for name, found in rows.items()},
    )


def _binds_all(row: Row) -> bool:
    return row.law is None and not row.audience


def _ready(policy: Policy, rows: Iterable[Row]) -> Rows:
    found = [(row, gate_of(row, policy.seller)) for row in rows]
    return Rows(
        who=tuple(row for row, gate in found if gate is None),
        when=tuple(Gated(row, gate, _allows(row)) for row, gate in found if gate is not None),
    )


def _allows(row: Row) -> Verdict:
    return Verdict(row.name, "ALLOW", row.because, citation=row.citation)


def binding(guards: Guards, channel: str, request: Request) -> Rows:
    """The rules that bind on the day of the question. What is not known could bind, so it does."""
    always, sometimes = guards.always[channel], guards.sometimes[channel]
    if not any(sometimes):
        return always
    day = request.calendar.local(request.history.as_of).date()
    who = (row for row in sometimes.who if _is_of(row, request, day, unknown=True))
    when = (gated for gated in sometimes.when if _is_of(gated.row, request, day, unknown=True))
    return Rows((*always.who, *who), (*always.when, *when))


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
