"""Rows about who may be contacted at all: those who consented, those who are on no list."""

from dataclasses import dataclass
from datetime import date, timedelta

from service.decision.clock import LATEST
from service.decision.guards.verdict import Ruling, Verdict
from service.decision.prospect import Request
from service.policy.policy import Consent, Registry, Row


@dataclass(frozen=True, slots=True)
class _Allowance:
    """Whether something allows a contact: yes, no, or None for not known, for want of `facts`.

    `until` is the last day on which it does.
    """

    allowed: bool | None
    facts: tuple[str, ...] = ()
    until: date | None = None


_RULINGS: dict[bool | None, Ruling] = {True: "ALLOW", False: "BAR", None: "NEEDS_DATA"}
_NOT_ALLOWED = _Allowance(allowed=False)
_DAY, _LAST_DAY = timedelta(days=1), LATEST.date()


def allowance(row: Row, channel: str, request: Request, day: date) -> Verdict | None:
    """What a row about who may be contacted says for a day; None where it is not about that.

    Where it is not known whom the row protects, or whether they are among them, it wants to
    know: unknown is not yes.
    """
    match row.demand:
        case Consent() as demand:
            found = _either(_consented(channel, request), _dealt(demand, request, day))
        case Registry() as demand:
            found = _either(_unlisted(request), _dealt(demand, request, day))
        case _:
            return None
    ruling = _RULINGS[found.allowed]
    facts = found.facts
    if ruling == "NEEDS_DATA" and row.audience and "audience" not in request.given:
        facts = (*facts, "audience")
    over = None if found.until is None else found.until + _DAY
    ends = None if row.law is None else row.law.ends
    turns_on = min(filter(None, (over, ends)), default=None)
    turns_at = None if turns_on is None else request.calendar.morning(turns_on)
    return Verdict(row.name, ruling, row.because, None, facts, row.citation, turns_at)


def _either(first: _Allowance, second: _Allowance) -> _Allowance:
    """Allowed where one of two allows it, and as long as one does; not known where one may."""
    if first.allowed or second.allowed:
        allowed = (found for found in (first, second) if found.allowed)
        return max(allowed, key=lambda found: found.until or date.max)
    if first.allowed is None or second.allowed is None:
        return _Allowance(None, (*first.facts, *second.facts))
    return _NOT_ALLOWED


def _consented(channel: str, request: Request) -> _Allowance:
    consented = request.given.get("consented_channels")
    if not isinstance(consented, tuple):
        return _Allowance(None, ("consented_channels",))
    return _Allowance(channel in consented)


def _unlisted(request: Request) -> _Allowance:
    listed = request.given.get("do_not_call")
    if listed is None:
        return _Allowance(None, ("do_not_call",))
    return _Allowance(listed is False)


def _dealt(demand: Consent | Registry, request: Request, day: date) -> _Allowance:
    """Whether they bought or inquired lately enough."""
    return _either(
        _lately(demand.purchase, "last_purchase_on", request, day),
        _lately(demand.inquiry, "last_inquiry_on", request, day),
    )


def _lately(days: int | None, fact: str, request: Request, day: date) -> _Allowance:
    """Whether what happened on the day of a fact is at most so many days ago."""
    if days is None:
        return _NOT_ALLOWED
    happened = request.given.get(fact)
    if not isinstance(happened, date):
        return _Allowance(None, (fact,))
    happened = min(happened, _LAST_DAY)
    last = happened + min(timedelta(days=days), _LAST_DAY - happened)
    return _Allowance(day <= last, (), last if day <= last else None)


def excepts(row: Row, request: Request, day: date) -> bool:
    """Whether a row about do-not-call lists lets us call whoever is on one."""
    return isinstance(row.demand, Registry) and bool(_dealt(row.demand, request, day).allowed)
