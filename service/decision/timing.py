"""When something may go out: windows of the prospect's day, and the timing of an answer.

Pure: the moment of the question comes in. Everything is reckoned in UTC; only a `Timing`
says it on the prospect's clock, at a fixed offset, so that its times compare as instants.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

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


@dataclass(frozen=True, slots=True)
class Opening:
    """A stretch of a window, in UTC: from `start` until just before `end`.

    `start` is the instant that was found, perhaps in the midst of the stretch; `end` is None
    where the window never closes.
    """

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Timing:
    """When to do it, in whole seconds on the prospect's clock (UTC where no zone is known).

    `due`: the first moment from now on. `not_before`: the first moment at which it could have
    been done, perhaps past. `not_after`: when the window closes on `due`, None if never.
    `expires`: when to ask again, perhaps before it is due. `window` is its name.
    """

    due: datetime
    not_before: datetime
    not_after: datetime | None
    expires: datetime
    time_zone: str | None
    window: str

    def to_json(self) -> dict[str, str | None]:
        """The answer's `timing`, times as RFC 3339."""
        return {
            "due": self.due.isoformat(),
            "not_before": self.not_before.isoformat(),
            "not_after": None if self.not_after is None else self.not_after.isoformat(),
            "expires": self.expires.isoformat(),
            "time_zone": self.time_zone,
            "window": self.window,
        }


def schedule(
    as_of: datetime,
    ready_at: datetime,
    window: Window,
    calendar: Calendar,
    changes_at: datetime | None,
) -> Timing | None:
    """The timing of what is ready at `ready_at`, asked at `as_of`.

    It expires a week after it is due, or at `changes_at` where that comes first: then the
    passing of time may have changed the answer, be it due or not. None where the window does
    not open within a year.
    """
    since = first_opening(window, _whole_second(ready_at), calendar)
    asked = _whole_second(as_of)
    found = since
    if since is not None and since.start < asked:
        found = first_opening(window, asked, calendar)
    if since is None or found is None or as_of > LATEST:
        return None
    due, expires = found.start, found.start + _GOOD_FOR
    if changes_at is not None and changes_at > as_of:
        expires = min(expires, _whole_second(changes_at))
    return Timing(
        _said(due, calendar),
        _said(since.start, calendar),
        None if found.end is None else _said(found.end, calendar),
        _said(expires, calendar),
        None if calendar.zone is None else calendar.zone.key,
        window.name,
    )


def first_opening(window: Window, not_before: datetime, calendar: Calendar) -> Opening | None:
    """The first instant from `not_before` on that lies in the window.

    None where there is none within 366 days, or before the end of time.
    """
    if not window.hours or not_before > LATEST:
        return None
    moment = in_utc(not_before)
    if _never_closes(window):
        return Opening(moment, None)
    today = calendar.local(moment).date().toordinal()
    ahead: list[tuple[datetime, datetime]] = []
    # Yesterday's stretch may cross midnight and hold the moment still.
    for ordinal in range(today - 1, min(today + _FARTHEST_DAY + 1, _LAST_DAY)):
        day = date.fromordinal(ordinal)
        if _is_open_on(window, day, calendar):
            stretches = _stretches(window.hours, day, calendar.zone)
            ahead += [(max(start, moment), end) for start, end in stretches if end > moment]
        if ahead and ordinal >= today:
            start = min(start for start, _ in ahead)
            return Opening(start, max(end for begin, end in ahead if begin == start))
    return None


@lru_cache(maxsize=8192)
def _stretches(
    hours: tuple[tuple[int, int], ...], day: date, zone: ZoneInfo | None
) -> tuple[tuple[datetime, datetime], ...]:
    """The stretches of a window that start on `day`, but for those the clock skips whole."""
    midnight = datetime.combine(day, time())
    walls = (
        (midnight + _MINUTE * opens, midnight + _MINUTE * (closes + _WHOLE_DAY * (closes < opens)))
        for opens, closes in hours
    )
    stretches = ((opening(start, zone), closing(end, zone)) for start, end in walls)
    return tuple((start, end) for start, end in stretches if start < end)


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
    split = [(opens, closes if closes >= opens else _WHOLE_DAY) for opens, closes in window.hours]
    split += [(0, closes) for opens, closes in window.hours if closes < opens]
    reached = 0
    for opens, closes in sorted(split):
        reached = max(reached, closes) if opens <= reached else reached
    return reached >= _WHOLE_DAY


def _whole_second(instant: datetime) -> datetime:
    """`instant` in UTC, or the first whole second after it."""
    moment = in_utc(instant)
    return moment.replace(microsecond=0) + _SECOND if moment.microsecond else moment


def _said(instant: datetime, calendar: Calendar) -> datetime:
    """`instant` at the prospect's offset, in whole minutes as RFC 3339 wants it.

    Zones of long ago have seconds in their offsets; the instant is the same either way.
    """
    offset = calendar.local(instant).utcoffset() or timedelta()
    return instant.astimezone(timezone(timedelta(minutes=round(offset / _MINUTE))))
