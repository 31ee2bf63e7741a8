"""Windows and waits by looking at the clock on the wall, again and again; no arithmetic on days.

Minutes are tried one after the other, in UTC, and each is asked what the prospect's clock
shows. Public holidays come straight from `holidays`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

from service.playbook.rules import Window

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
#: No clock is further from UTC.
FARTHEST = timedelta(hours=27)
_FRIDAY = 5
#: No clock is put back by more.
_TWO_HOURS = timedelta(hours=2)


@lru_cache(maxsize=64)
def _listing(country: str) -> HolidayBase:
    return country_holidays(country, years=range(2024, 2031))


def is_workday(day: date, country: str | None) -> bool:
    """Whether people work on a day; without a country from Monday to Friday."""
    if country is None:
        return day.isoweekday() <= _FRIDAY
    return _listing(country).is_working_day(day)


def is_holiday(day: date, country: str | None) -> bool:
    """Whether a day is a public holiday; nobody knows those of no country."""
    return country is not None and day in _listing(country)


def wall(instant: datetime, zone: ZoneInfo | None) -> datetime:
    """What the clock on the wall shows."""
    return instant.astimezone(zone or UTC).replace(tzinfo=None)


def is_open(
    window: Window, instant: datetime, zone: ZoneInfo | None, country: str | None = None
) -> bool:
    """Whether a window is open. After midnight it is yesterday's that may be open still."""
    return any(stretches(window, instant, zone, country))


def stretches(
    window: Window, instant: datetime, zone: ZoneInfo | None, country: str | None = None
) -> Iterator[tuple[date, int]]:
    """The stretches of a window that are open: the day and the minute at which each began."""
    shown = wall(instant, zone)
    minute = shown.hour * 60 + shown.minute
    for opens, closes in window.hours:
        if opens < closes:
            days = [shown.date()] if opens <= minute < closes else []
        else:
            days = [shown.date()] if minute >= opens else []
            days += [shown.date() - DAY] if minute < closes else []
        yield from ((day, opens) for day in days if _is_day_of(window, day, country))


def is_in_one_piece(
    window: Window, instant: datetime, zone: ZoneInfo | None, country: str | None, step: timedelta
) -> bool:
    """Whether a window is open, where its stretches stay whole when the clock is put back.

    What ends at 01:15 and has begun goes on until the second time that it is 01:15.
    """
    if is_open(window, instant, zone, country):
        return True
    if wall(instant + _TWO_HOURS, zone) - wall(instant - _TWO_HOURS, zone) >= 2 * _TWO_HOURS:
        return False
    before, later = (
        {
            stretch
            for number in range(1, _TWO_HOURS // step)
            for stretch in stretches(window, instant + way * number * step, zone, country)
        }
        for way in (-1, 1)
    )
    return bool(before & later)


def _is_day_of(window: Window, day: date, country: str | None) -> bool:
    if not window.days and window.holidays:
        return is_workday(day, country)
    if not window.days:
        return not (_listing(country).is_weekend(day) if country else not is_workday(day, None))
    is_off = window.holidays and is_holiday(day, country)
    return day.isoweekday() in window.days and not is_off


def first_open(
    window: Window, instant: datetime, zone: ZoneInfo | None, country: str | None = None
) -> datetime:
    """The first whole second from an instant on at which a window is open."""
    moment = instant if not instant.microsecond else instant.replace(microsecond=0) + MINUTE / 60
    while not is_open(window, moment, zone, country):
        moment = moment.replace(second=0) + MINUTE
    return moment


def after(
    start: datetime, amount: int, unit: str, zone: ZoneInfo | None, country: str | None
) -> datetime:
    """So many hours, days or business days after an instant."""
    if unit == "hours" or amount == 0:
        return start + amount * timedelta(hours=1)
    target = wall(start, zone)
    left = amount
    while left:
        target += DAY
        left -= unit == "days" or is_workday(target.date(), country)
    return first_showing(target, zone)


def landed(
    end: datetime, roll: str, at: str, window: Window, zone: ZoneInfo | None, country: str | None
) -> datetime:
    """The end of a wait, on a working day if it has to be, and at the window's first hour."""
    target = wall(end, zone)
    while roll == "to_business_day" and not is_workday(target.date(), country):
        target += DAY
    if at == "window_start":
        opens = min(opens for opens, _ in window.hours)
        target = datetime.combine(target, time(opens // 60, opens % 60))
    return end if target == wall(end, zone) else first_showing(target, zone)


def first_showing(target: datetime, zone: ZoneInfo | None) -> datetime:
    """The first instant at which the clock shows a time, or is past it for the first time."""
    moment = target.replace(second=0, microsecond=0, tzinfo=UTC) - FARTHEST
    while wall(moment + MINUTE, zone) <= target:
        moment += MINUTE
    exact = moment + (target - wall(moment, zone))
    return exact if wall(exact, zone) == target else moment + MINUTE
