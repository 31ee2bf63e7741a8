"""What a zone's clock shows, and when: between wall times and instants.

Instants are aware, and in UTC wherever they are compared or added: two times of one zone
subtract as wall clocks do, an hour off around a change. Wall times are naive. Where no zone
is known the clock is UTC's.
"""

from bisect import bisect_right
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

#: The instants within which every zone can say the time, with room for a search.
EARLIEST = datetime(1, 1, 10, tzinfo=UTC)
LATEST = datetime(9999, 12, 20, tzinfo=UTC)

_SECOND = timedelta(seconds=1)


def in_utc(instant: datetime) -> datetime:
    """The aware `instant` in UTC, kept between `EARLIEST` and `LATEST`."""
    if instant <= EARLIEST:
        return EARLIEST
    return LATEST if instant >= LATEST else instant.astimezone(UTC)


def local(instant: datetime, zone: ZoneInfo | None) -> datetime:
    """`instant` on the zone's clock, kept between `EARLIEST` and `LATEST`."""
    return in_utc(instant).astimezone(zone or UTC)


def shown(instant: datetime, zone: ZoneInfo | None) -> datetime:
    """What the zone's clock shows at `instant`, kept between `EARLIEST` and `LATEST`."""
    here = local(instant, zone)
    return datetime.combine(here, here.time())


def opening(wall: datetime, zone: ZoneInfo | None) -> datetime:
    """The first instant, in UTC, at which the clock shows `wall`.

    Where the clock skips `wall`, the first instant after the skip.
    """
    return _passes(wall, zone)[0]


def closing(wall: datetime, zone: ZoneInfo | None) -> datetime:
    """The last instant, in UTC, just before which the clock shows less than `wall`.

    It is of the second pass only where the time before `wall` passes twice.
    """
    first, last = _passes(wall, zone)
    return last if shown(last - _SECOND, zone) == wall - _SECOND else first


def _passes(wall: datetime, zone: ZoneInfo | None) -> tuple[datetime, datetime]:
    """The first and the last instant that show `wall`; the skip's end twice if none does."""
    place = zone or UTC
    first, last = _instant(wall, place, 0), _instant(wall, place, 1)
    return (first, last) if first <= last else (_change(place, last, first),) * 2


def _instant(wall: datetime, zone: tzinfo, fold: int) -> datetime:
    # Put together of its parts: that takes a third of the time of `wall.replace`.
    clock = time(wall.hour, wall.minute, wall.second, wall.microsecond, zone, fold=fold)
    return datetime.combine(wall, clock).astimezone(UTC)


def _change(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """When the clock is put forward, after `before` and not after `after`."""

    def offset(second: int) -> timedelta:
        return (start + _SECOND * second).astimezone(zone).utcoffset() or timedelta()

    start = before.replace(microsecond=0)
    seconds = range((after - start) // _SECOND + 1)
    return start + _SECOND * bisect_right(seconds, offset(0), key=offset)
