"""Guards about when: hours, caps, gaps, holidays and absences, each as a gate.

A gate gives, for any moment, the first from then on at which it is open, and when it closes
again, as far as time alone tells.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from operator import attrgetter
from zoneinfo import ZoneInfo

from service.decision.calendar import Calendar
from service.decision.candidates import Candidate
from service.decision.clock import LATEST
from service.decision.guards.together import FARTHEST, Opens, open_together
from service.decision.history import Touch, after
from service.decision.prospect import Request
from service.decision.timing import Opening, first_opening, whole_second
from service.playbook.rules import Window
from service.policy.policy import Cap, Gap, Hours, NoHolidays, Rest, Row, Seller

_DAY = timedelta(days=1)
#: No answer is good for longer than so many days; a holiday beyond them closes nothing.
_GOOD_FOR = 8

#: When a row is open for a candidate, as far as it is known of a prospect.
Gate = Callable[[Request, Candidate], Opens]


def gate_of(row: Row, seller: Seller) -> Gate | None:
    """The gate of a row; None where the row is not about when."""
    match row.demand:
        case Hours() as hours:
            return partial(_hours_gate, hours)
        case Cap() as cap:
            return partial(_cap_gate, cap, row.channels)
        case Gap() as gap:
            return partial(_gap_gate, gap, row.channels)
        case NoHolidays() as holidays:
            return partial(_holidays_gate, holidays, seller)
        case Rest(days):
            return partial(_rest_gate, days)
    return None


# ---- hours and holidays -------------------------------------------------------------


def window_gate(window: Window, clocks: Sequence[Calendar]) -> Opens:
    """Open where the window is, on every clock that may be theirs."""
    return _on_all([partial(first_opening, window, calendar=clock) for clock in clocks])


def _hours_gate(hours: Hours, request: Request, _: Candidate) -> Opens:
    """Open in the hours of every clock that may be theirs, and of those named beside them."""
    clocks = request.clocks
    if hours.also_in:
        zones = (ZoneInfo(name) for name in hours.also_in)
        clocks = (*clocks, *(clocks[0]._replace(zone=zone) for zone in zones))
    if not hours.or_on:
        return window_gate(hours.window, clocks)
    return _on_all([_on_one((hours.window, *hours.or_on), clock) for clock in clocks])


def _on_one(windows: Sequence[Window], clock: Calendar) -> Opens:
    """Open where any of the windows is."""

    def opens(moment: datetime) -> Opening | None:
        found = [first_opening(window, moment, clock) for window in windows]
        return min((each for each in found if each), key=attrgetter("start"), default=None)

    return opens


def _on_all(gates: Sequence[Opens]) -> Opens:
    return gates[0] if len(gates) == 1 else partial(open_together, gates=gates)


def _holidays_gate(holidays: NoHolidays, seller: Seller, request: Request, _: Candidate) -> Opens:
    """Closed on holidays. The seller's too begin and end on the prospect's clock."""
    places: list[Calendar] = []
    if "prospect" in holidays.of:
        places += request.clocks
    if "seller" in holidays.of and seller.country:
        country, region = seller.country, seller.region or None
        places += [Calendar(clock.zone, country, region) for clock in request.clocks]
    return _on_all([_days_gate(place) for place in places]) if places else _from_now_on


def _days_gate(place: Calendar) -> Opens:
    """Open on whole days of a place's clock, but for its holidays."""

    def opens(moment: datetime) -> Opening | None:
        found = _open_days(place, place.local(moment).toordinal())
        return found and Opening(max(found.start, moment), found.end)

    return opens


@lru_cache(maxsize=2048)
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


# A contact that is too long ago to count now or later is none to them.


def _cap_gate(cap: Cap, channels: Sequence[str], request: Request, _: Candidate) -> Opens:
    """Open while fewer contacts than the cap lie in the stretch that ends with the moment.

    A contact that is exactly `within` old is out.
    """
    since = request.history.as_of - cap.within
    touches = after(since, request.history.reached)
    if cap.per == "account":
        touches = sorted((*touches, *after(since, request.account)), key=attrgetter("at"))
    if len(touches) < cap.at_most:
        return _from_now_on
    made = _moments(touches, channels)

    def opens(moment: datetime) -> Opening:
        recent = len(made) - bisect_right(made, moment - cap.within)
        if recent < cap.at_most:
            return Opening(moment, None)
        return Opening(whole_second(made[-cap.at_most] + cap.within), None)

    return opens


def _gap_gate(gap: Gap, channels: Sequence[str], request: Request, candidate: Candidate) -> Opens:
    """Open once the gap since the last contact is over, or once they have answered it.

    Where steps of one sequence are excepted, and the last contact was one that this goes on
    with, there is no gap on the day of that contact.
    """
    history, calendar = request.history, request.calendar
    made = _moments(after(history.as_of - gap.least, history.attempts), channels)
    if not made:
        return _from_now_on
    last, over = made[-1], whole_second(made[-1] + gap.least)
    if not (gap.same_sequence_excepted and _continues(candidate, request, last)):
        return from_then_on(over)
    day = calendar.local(last).date()
    midnight = calendar.morning(day + _DAY)

    def opens(moment: datetime) -> Opening:
        if moment < over and calendar.local(moment).date() == day:
            return Opening(moment, None if midnight >= over else midnight)
        return Opening(max(moment, over), None)

    return opens


def _moments(touches: Sequence[Touch], channels: Sequence[str]) -> list[datetime]:
    """When those of the touches were made that went out by one of the channels (none: any).

    A call that ended on the answering machine is one contact, by whichever channel of the two.
    """
    return [touch.at for touch in touches if not channels or _is_by(touch, channels)]


def _is_by(touch: Touch, channels: Sequence[str]) -> bool:
    return touch.channel in channels or ("voicemail" in channels and "voicemail" in touch.channels)


def _continues(candidate: Candidate, request: Request, last: datetime) -> bool:
    """Whether the last contact was a step of the sequence that the candidate goes on with."""
    play = candidate.play
    if play is None or not play.is_sequence:
        return False
    _, steps = request.history.steps_done(play)
    return any(touch.at == last for touch in steps)


def _rest_gate(days: int, request: Request, _: Candidate) -> Opens:
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
