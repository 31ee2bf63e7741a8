"""What an absence does to a wait: a hold does not spend it.

Somebody who is away does not notice that we are waiting. Whatever was left of a wait when they
went is waited once they are back, so that no step comes early, and no two of them at once.
"""

from bisect import bisect_right
from datetime import date, datetime, time
from typing import NamedTuple

from service.decision.calendar import MOST_BUSINESS_DAYS, Calendar
from service.decision.clock import EARLIEST, LATEST, in_utc, opening, shown
from service.decision.prospect import Request
from service.playbook.rules import WaitUnit

_NOON = time(12)


class Absence(NamedTuple):
    """Somebody is away: until when they are to be left alone, and since when we know it.

    `free` is the end of the hold. `began` is the moment an `out_of_office` message answered
    what we last sent, None where only the fact `out_of_office_until` tells of the absence.
    """

    free: datetime
    began: datetime | None


def absence(request: Request) -> Absence | None:
    """The absence that a request tells of, be it over or not.

    Where they may be in several time zones, it is over once it is in all of them. A message
    from before our last touch may be of an earlier absence, so it does not tell when this began.
    """
    back, history = request.given.get("out_of_office_until"), request.history
    if not isinstance(back, date):
        return None
    free = max(end_of_hold(back, clock) for clock in request.clocks)
    told = (t.at for t in reversed(history.inbound) if t.outcome == "out_of_office")
    began = next(told, None)
    if began and history.last_touch_at and began < history.last_touch_at:
        began = None
    return Absence(free, began)


def end_of_hold(back: date, calendar: Calendar) -> datetime:
    """The first instant, in UTC, of the first business day after the return.

    The day of the return belongs to their mailbox.
    """
    day = min(max(back, EARLIEST.date()), LATEST.date())
    noon = opening(datetime.combine(day, _NOON), calendar.zone)  # each day that comes has one
    free = calendar.local(calendar.after(noon, 1, "business_days")).date()
    return calendar.morning(free)


def end_of_wait(
    anchor: datetime, amount: int, unit: WaitUnit, calendar: Calendar, absence: Absence | None
) -> datetime:
    """The instant, in UTC, that comes `amount` units after `anchor`, the absence left out.

    What was not yet waited when it began is waited from the end of the hold on. Where nobody
    knows when it began, or the wait was over by then, the wait ends with the hold at the
    earliest. An absence that was over before `anchor`, or before it was told of, changes nothing.
    """
    due = calendar.after(anchor, amount, unit)
    if absence is None:
        return due
    free = absence.free
    if absence.began is None or absence.began >= due:
        return max(due, free)
    began = max(in_utc(absence.began), in_utc(anchor))
    return due if began >= free else _resumed(anchor, amount, unit, calendar, (began, free))


def _resumed(
    anchor: datetime,
    amount: int,
    unit: WaitUnit,
    calendar: Calendar,
    hold: tuple[datetime, datetime],
) -> datetime:
    """When a wait ends that was broken off at the beginning of a hold and goes on at its end."""
    began, free = hold
    if unit == "business_days":
        amount = min(amount, MOST_BUSINESS_DAYS)
        spent = bisect_right(
            range(1, amount + 1), began, key=lambda days: calendar.after(anchor, days, unit)
        )
        return calendar.after(free, amount - spent, unit)
    due = calendar.after(anchor, amount, unit)
    if unit == "hours":
        return free + min(due - began, LATEST - free)
    left = shown(due, calendar.zone) - shown(began, calendar.zone)
    end = shown(free, calendar.zone) + min(left, LATEST - free)
    return in_utc(opening(end, calendar.zone))
