"""Where a wait comes down: on which day it may end, and at what time of that day."""

from datetime import datetime, time, timedelta

from service.decision.calendar import Calendar
from service.decision.clock import in_utc, opening
from service.playbook.rules import Wait, Window


def landed(end: datetime, wait: Wait, window: Window, calendar: Calendar) -> datetime:
    """The end of a wait, in UTC, moved as the wait says; `end` where it says nothing.

    `roll: to_business_day` takes an end on a weekend or a holiday to the same time of the next
    business day. After that, `at: window_start` takes it to when the window opens first on a
    day of that date, be it sooner or later, and whether it opens that day or not.
    """
    if wait.roll == "to_business_day":
        end = _rolled(end, calendar)
    if wait.at == "window_start":
        midnight = datetime.combine(calendar.local(end).date(), time())
        minutes = min((opens for opens, _ in window.hours), default=0)
        end = in_utc(opening(midnight + timedelta(minutes=minutes), calendar.zone))
    return end


def _rolled(end: datetime, calendar: Calendar) -> datetime:
    if calendar.is_business_day(calendar.local(end).date()):
        return end
    return calendar.after(end, 1, "business_days")
