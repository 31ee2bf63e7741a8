"""When something may go out: windows of the prospect's day, and the timing of an answer.

Pure: the moment of the question comes in. Everything is reckoned in UTC; only a `Timing`
says it on the prospect's clock, at a fixed offset, so that its times compare as instants.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from service.decision.calendar import Calendar
from service.decision.clock import LATEST, closing, in_utc, opening
from service.playbook.rules import Window

_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
_WHOLE_DAY = 1440

#: An answer is good for this long, if nothing changes it sooner.
_GOOD_FOR = timedelta(days=7)
_FARTHEST_DAY = 366
_LAST_DAY = LATEST.toordinal() - 1
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Opening(NamedTuple):
    """A stretch of a window, in UTC: from `start` until just before `end`.

    `start` is the instant that was found, perhaps in the midst of the stretch; `end` is None
    where the window never closes.
    """

    start: datetime
    end: datetime | None


class Timing(NamedTuple):
    """When to do it, in whole seconds on the prospect's clock (UTC where no zone is known).

    `due`: the first moment from now on. `not_before`: the first moment at which it could have
    been done, perhaps past; then `overdue_by` says how long ago that was. `not_after`: when the
    window, or a guard, closes on `due`, None if never. `expires`: when to ask again, perhaps
    before it is due. `window` is its name.
    """

    due: datetime
    not_before: datetime
    not_after: datetime | None
    expires: datetime
    time_zone: str | None
    window: str
    overdue_by: timedelta | None

    def to_json(self) -> dict[str, str | None]:
        """The answer's `timing`: times as RFC 3339, `overdue_by` as a duration of ISO 8601."""
        return {
            "due": self.due.isoformat(),
            "not_before": self.not_before.isoformat(),
            "not_after": None if self.not_after is None else self.not_after.isoformat(),
            "expires": self.expires.isoformat(),
            "overdue_by": None if self.overdue_by is None else duration(self.overdue_by),
            "time_zone": self.time_zone,
            "window": self.window,
        }


def schedule(
    as_of: datetime,
    ready_at: datetime,
    window: Window,
    calendar: Calendar,
    changes_at: datetime | None,
    allowed: Opening | None = None,
    opens: Callable[[datetime], Opening | None] | None = None,
) -> Timing | None:
    """The timing of what is ready at `ready_at`, asked at `as_of`.

    `allowed` is when the contact policy lets it be done, from now on; left out, whenever the
    window is open. `opens` says when that is on every clock that may be the prospect's; left
    out, or where it never is, the clock of `calendar` counts. It expires a week after it is
    due, or at `changes_at` where that comes first: then the passing of time may have changed
    the answer, be it due or not. None where the window does not open within a year.
    """
    asked = whole_second(as_of)
    since = allowed if ready_at >= asked else None
    if since is None and opens is not None:
        since = opens(whole_second(ready_at))
    since = since or first_opening(window, whole_second(ready_at), calendar)
    found = allowed or since
    if found is not None and found.start < asked:
        found = first_opening(window, asked, calendar)
    if since is None or found is None or as_of > LATEST:
        return None
    due, expires = found.start, found.start + _GOOD_FOR
    if changes_at is not None and changes_at > as_of:
        expires = min(expires, whole_second(changes_at))
    said_due = said(due, calendar)
    is_overdue = since.start < asked
    return Timing(
        due=said_due,
        not_before=said(since.start, calendar) if is_overdue else said_due,
        not_after=None if found.end is None else said(found.end, calendar),
        expires=said(expires, calendar),
        time_zone=None if calendar.zone is None else calendar.zone.key,
        window=window.name,
        overdue_by=asked - since.start if is_overdue else None,
    )


def duration(span: timedelta) -> str:
    """A length of time as ISO 8601 writes it: `P3DT4H`. Days are of 24 hours."""
    minutes, seconds = divmod(span // _SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    clock = "".join(f"{number}{letter}" for number, letter in parts if number)
    if not days:
        return f"PT{clock or '0S'}"
    return f"P{days}DT{clock}" if clock else f"P{days}D"


def first_opening(window: Window, moment: datetime, calendar: Calendar) -> Opening | None:
    """The first instant from `moment` on, in UTC as it is, that lies in the window.

    None where there is none within 366 days, or before the end of time.
    """
    if not window.hours or moment > LATEST:
        return None
    if _never_closes(window):
        return Opening(moment, None)
    today = moment.astimezone(calendar.zone or UTC).toordinal()
    for ordinal in range(today, min(today + _FARTHEST_DAY + 1, _LAST_DAY)):
        stretches = _stretches(window, ordinal, calendar)
        ends = [end for start, end in stretches if start <= moment < end]
        if ends:
            return Opening(moment, max(ends))
        ahead = [stretch for stretch in stretches if stretch[0] > moment]
        if ahead:
            return Opening(*ahead[0])
    return None


@lru_cache(maxsize=8192)
def _stretches(
    window: Window, ordinal: int, calendar: Calendar
) -> tuple[tuple[datetime, datetime], ...]:
    """The stretches of a window that start on a day or the day before, in order.

    Those of the day before may cross midnight. Those that the clock skips whole are left out,
    and of those with one start all but the longest.
    """
    days = (date.fromordinal(ordinal - 1), date.fromordinal(ordinal))
    open_days = (datetime.combine(d, time()) for d in days if _is_open_on(window, d, calendar))
    walls = (
        (midnight + _MINUTE * opens, midnight + _MINUTE * (closes + _WHOLE_DAY * (closes < opens)))
        for midnight in open_days
        for opens, closes in window.hours
    )
    zone = calendar.zone
    stretches = sorted((opening(start, zone), closing(end, zone)) for start, end in walls)
    longest = {start: end for start, end in stretches if start < end}
    return tuple(longest.items())


def _is_open_on(window: Window, day: date, calendar: Calendar) -> bool:
    if window.days:
        return day.isoweekday() in window.days and not (
            window.holidays and calendar.is_holiday(day)
        )
    return calendar.is_business_day(day) if window.holidays else not calendar.is_weekend(day)


def _never_closes(window: Window) -> bool:
    """Whether the window is open all day, every day."""
    if window.holidays or len(set(window.days)) < len(_EVERY_DAY):
        return False
    return _fill_a_day(window.hours)


@lru_cache(maxsize=1024)
def _fill_a_day(hours: tuple[tuple[int, int], ...]) -> bool:
    """Whether the hours of every day leave no minute out."""
    split = [(opens, closes if closes >= opens else _WHOLE_DAY) for opens, closes in hours]
    split += [(0, closes) for opens, closes in hours if closes < opens]
    reached = 0
    for opens, closes in sorted(split):
        reached = max(reached, closes) if opens <= reached else reached
    return reached >= _WHOLE_DAY


def whole_second(instant: datetime) -> datetime:
    """`instant` in UTC, or the first whole second after it."""
    moment = in_utc(instant)
    return moment.replace(microsecond=0) + _SECOND if moment.microsecond else moment


def said(instant: datetime, calendar: Calendar) -> datetime:
    """`instant`, within what its zone can say, at the prospect's offset."""
    here = instant.astimezone(calendar.zone or UTC)
    return instant.astimezone(_offset(here.utcoffset() or timedelta()))


@lru_cache(maxsize=1024)
def _offset(of_zone: timedelta) -> timezone:
    """A zone's offset in whole minutes, as RFC 3339 wants it.

    Zones of long ago have seconds in their offsets; the instant is the same either way.
    """
    return timezone(timedelta(minutes=round(of_zone / _MINUTE)))
