"""Moments as the database keeps them: whole microseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stored(moment: datetime) -> int:
    """A moment as a number."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(number: int) -> datetime:
    """A number as a moment, in UTC."""
    return _EPOCH + number * _MICROSECOND
