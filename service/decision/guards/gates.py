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
from service.decision.guards.together import FARTHEST, Opens, open_together
from service.decision.history import Touch, after
from service.decision.prospect import Request
from service.decision.timing import Opening, first_opening, whole_second
from service.playbook.rules import Window
from service.policy.policy import Cap, Gap, Hours, NoHolidays, Rest, Row, Seller

_DAY = timedelta(days=1)
#: No answer is good for longer than so many days; a holiday beyond them closes nothing.
_GOOD_FOR = 8


class Gate(NamedTuple):
    """A guard about when: its name, why it stands, and when it is open."""

    guard: str
    because: str
    citation: str | None
    opens: Opens


def gate(row: Row, request: Request, candidate: Candidate, seller: Seller) -> Gate | None:
    """The gate of a row; None where the row is not about when."""
    opens = _opens(row, request, candidate, seller)
    if opens is None:
        return None
    return Gate(row.name, row.because, row.citation, opens)


def _opens(row: Row, request: Request, candidate: Candidate, seller: Seller) -> Opens | None:
    match row.demand:
        case Hours() as hours:
            return hours_gate(hours, request.clocks)
        case Cap() as cap:
            return cap_gate(cap, contacts(row, request))
        case Gap() as gap:
            made = contacts(row, request)
            same_day = gap.same_sequence_excepted and _continues(candidate, request, made[-1:])
            return gap_gate(gap, made, request.calendar if same_day else None)
        case NoHolidays() as holidays:
            return _holidays_gate(holidays, request.clocks, seller)
        case Rest(days):
            return _rest_gate(days, request)
    return None


def contacts(row: Row, request: Request) -> list[datetime]:
    """When the contacts were made that a cap or a gap counts, in order.

    Those that are too long ago to count now or later are left out. A gap counts from those
    that they have not answered since. A call that ended on the answering machine is one
    contact, by whichever channel of the two.
    """
    history, wanted = request.history, row.channels
    match row.demand:
        case Gap(least):  # whoever answered has had the time to
            touches = after(history.as_of - least, history.attempts)
        case Cap(within=within, per="account"):
            ours = after(history.as_of - within, history.reached)
            theirs = after(history.as_of - within, request.account)
            touches = sorted((*ours, *theirs), key=attrgetter("at"))
        case Cap(within=within):
            touches = after(history.as_of - within, history.reached)
        case _:
            return []
    return [touch.at for touch in touches if not wanted or _is_by(touch, wanted)]


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


def gap_gate(gap: Gap, made: Sequence[datetime], same_day: Calendar | None) -> Opens:
    """Open once the gap since the last contact is over.

    Where a calendar is given, the last contact began what this one goes on with: on the day
    of that contact there is no gap.
    """
    if not made:
        return _from_now_on
    last, over = made[-1], whole_second(made[-1] + gap.least)
    day = None if same_day is None else same_day.local(last).date()

    def opens(moment: datetime) -> Opening:
        if moment >= over:
            return Opening(moment, None)
        if same_day is not None and same_day.local(moment).date() == day:
            midnight = same_day.morning(day + _DAY)
            return Opening(moment, None if midnight >= over else midnight)
        return Opening(over, None)

    return opens


def _continues(candidate: Candidate, request: Request, last: Sequence[datetime]) -> bool:
    """Whether the last contact was a step of the sequence that the candidate goes on with."""
    play = candidate.play
    if play is None or not play.is_sequence:
        return False
    _, steps = request.history.steps_done(play)
    return any(touch.at in last for touch in steps)


def _rest_gate(days: int, request: Request) -> Opens:
    """Open once the rest after the last refusal is over."""
    refused = (t.at for t in reversed(request.history.inbound) if t.outcome == "declined")
    at = next(refused, None)
    if at is None:
        return _from_now_on
    return absence_gate(whole_second(request.calendar.after(at, days, "days")))


def _from_now_on(moment: datetime) -> Opening:
    return Opening(moment, None)


def absence_gate(over: datetime) -> Opens:
    """Open from the end of an absence on."""
    return lambda moment: Opening(max(moment, over), None)
