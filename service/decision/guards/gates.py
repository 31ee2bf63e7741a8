"""Guards about when: hours, caps, gaps, holidays and absences, each as a gate.

A gate gives, for any moment, the first from then on at which it is open, and when it closes
again, as far as time alone tells.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from service.decision.calendar import Calendar
from service.decision.candidates import Candidate
from service.decision.clock import LATEST
from service.decision.guards.binding import Rule
from service.decision.guards.together import FARTHEST, Opens, open_together
from service.decision.guards.verdict import Verdict
from service.decision.history import Touch, after
from service.decision.prospect import Request
from service.decision.timing import Opening, first_opening, whole_second
from service.playbook.rules import Window
from service.policy.policy import Cap, Gap, Hours, NoHolidays, Rest, Row, Seller

_moment = attrgetter("at")
_DAY = timedelta(days=1)
#: No answer is good for longer than so many days; a holiday beyond them closes nothing.
_GOOD_FOR = 8


class Gate(NamedTuple):
    """A guard about when: what it says while it is open, and when that is."""

    allows: Verdict
    opens: Opens


def gate(rule: Rule, request: Request, candidate: Candidate, seller: Seller) -> Gate:
    """The gate of a rule; one that is not about when is always open."""
    row, history = rule.row, request.history
    opens: Opens = _from_now_on
    # Of contacts that are too long ago to count now or later, neither cap nor gap takes notice.
    match row.demand:
        case Cap() as cap:
            made = after(history.as_of - cap.within, history.reached)
            if cap.per == "account":
                made = (*made, *after(history.as_of - cap.within, request.account))
            if len(made) >= cap.at_most:
                opens = cap_gate(cap, _moments(sorted(made, key=_moment), row))
        case Gap() as gap:  # whoever answered has had the time to
            made = after(history.as_of - gap.least, history.attempts)
            if made:
                opens = gap_gate(gap, _moments(made, row), candidate, request)
        case Hours() as hours:
            opens = hours_gate(hours, request.clocks)
        case NoHolidays() as holidays:
            opens = _holidays_gate(holidays, request.clocks, seller)
        case Rest(days):
            opens = _rest_gate(days, request)
    return Gate(rule.allows, opens)


def _moments(made: Sequence[Touch], row: Row) -> list[datetime]:
    """When the contacts were made that a row counts.

    A call that ended on the answering machine is one contact, by whichever channel of the two.
    """
    wanted = row.channels
    return [touch.at for touch in made if not wanted or _is_by(touch, wanted)]


def _is_by(touch: Touch, channels: Sequence[str]) -> bool:
    return touch.channel in channels or ("voicemail" in channels and "voicemail" in touch.channels)


# ---- hours and holidays -------------------------------------------------------------


def window_gate(window: Window, clocks: Sequence[Calendar]) -> Opens:
    """Open where the window is, on every clock that may be theirs."""
    return _on_all([_on_one((window,), clock) for clock in clocks])


def hours_gate(hours: Hours, clocks: Sequence[Calendar]) -> Opens:
    """Open in the hours of every clock that may be theirs, and of those named beside them."""
    first = clocks[0]
    others = [Calendar(ZoneInfo(name), first.country, first.region) for name in hours.also_in]
    windows = (hours.window, *hours.or_on)
    return _on_all([_on_one(windows, clock) for clock in (*clocks, *others)])


def _on_one(windows: Sequence[Window], clock: Calendar) -> Opens:
    """Open where any of the windows is."""
    if len(windows) == 1:
        return partial(first_opening, windows[0], calendar=clock)

    def opens(moment: datetime) -> Opening | None:
        found = [first_opening(window, moment, clock) for window in windows]
        return min((each for each in found if each), key=attrgetter("start"), default=None)

    return opens


def _on_all(gates: Sequence[Opens]) -> Opens:
    return gates[0] if len(gates) == 1 else partial(open_together, gates=gates)


def _holidays_gate(holidays: NoHolidays, clocks: Sequence[Calendar], seller: Seller) -> Opens:
    """Closed on holidays. The seller's too begin and end on the prospect's clock."""
    places = [clock for clock in clocks if "prospect" in holidays.of]
    if "seller" in holidays.of and seller.country:
        country, region = seller.country or None, seller.region or None
        places += [Calendar(clock.zone, country, region) for clock in clocks]
    return _on_all([_days_gate(place) for place in places]) if places else _from_now_on


def _days_gate(place: Calendar) -> Opens:
    """Open on whole days of a place's clock, but for its holidays."""

    def opens(moment: datetime) -> Opening | None:
        found = _open_days(place, place.local(moment).toordinal())
        return found and Opening(max(found.start, moment), found.end)

    return opens


@lru_cache(maxsize=8192)
def _open_days(place: Calendar, today: int) -> Opening | None:
    """From the first day on that is no holiday until the next holiday, if that is near."""
    last = min(today + FARTHEST.days + 2, LATEST.toordinal())
    days = (date.fromordinal(ordinal) for ordinal in range(today, last))
    first = next((day for day in days if not place.is_holiday(day)), None)
    if first is None:
        return None
    near = range(first.toordinal(), min(first.toordinal() + _GOOD_FOR, last))
    ahead = (day for day in map(date.fromordinal, near) if place.is_holiday(day))
    closed = next(ahead, None)
    return Opening(place.morning(first), None if closed is None else place.morning(closed))


# ---- caps and gaps ------------------------------------------------------------------


def cap_gate(cap: Cap, made: Sequence[datetime]) -> Opens:
    """Open while fewer contacts than the cap lie in the stretch that ends with the moment.

    `made` are the contacts so far, in order; a contact that is exactly `within` old is out.
    """

    def opens(moment: datetime) -> Opening:
        recent = len(made) - bisect_right(made, moment - cap.within)
        if recent < cap.at_most:
            return Opening(moment, None)
        return Opening(whole_second(made[-cap.at_most] + cap.within), None)

    return opens


def gap_gate(gap: Gap, made: Sequence[datetime], candidate: Candidate, request: Request) -> Opens:
    """Open once the gap since the last contact is over.

    Where steps of one sequence are excepted, and the last contact was one that this goes on
    with, there is no gap on the day of that contact.
    """
    if not made:
        return _from_now_on
    last, over = made[-1], whole_second(made[-1] + gap.least)
    if not (gap.same_sequence_excepted and _continues(candidate, request, last)):
        return from_then_on(over)
    day = request.calendar.local(last).date()
    midnight = request.calendar.morning(day + _DAY)

    def opens(moment: datetime) -> Opening:
        if moment < over and request.calendar.local(moment).date() == day:
            return Opening(moment, None if midnight >= over else midnight)
        return Opening(max(moment, over), None)

    return opens


def _continues(candidate: Candidate, request: Request, last: datetime) -> bool:
    """Whether the last contact was a step of the sequence that the candidate goes on with."""
    play = candidate.play
    if play is None or not play.is_sequence:
        return False
    _, steps = request.history.steps_done(play)
    return any(touch.at == last for touch in steps)


def _rest_gate(days: int, request: Request) -> Opens:
    """Open once the rest after the last refusal is over."""
    refused = (t.at for t in reversed(request.history.inbound) if t.outcome == "declined")
    at = next(refused, None)
    if at is None:
        return _from_now_on
    return from_then_on(whole_second(request.calendar.after(at, days, "days")))


def _from_now_on(moment: datetime) -> Opening:
    return Opening(moment, None)


def from_then_on(over: datetime) -> Opens:
    """Open from a moment on."""
    return lambda moment: Opening(max(moment, over), None)
