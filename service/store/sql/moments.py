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


def moment_if_any(number: int | None) -> datetime | None:
    """The same of what may not have happened."""
    return None if number is None else moment_of(number)
