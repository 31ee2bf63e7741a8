"""Moments as requests write them: many at once are read as one alone is."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from service.playbook.values import read_instant, read_moments

_SOUND = st.from_regex(
    r"(1899|1900|2026|2999|3000)-(02|12)-(01|28|29|31)[Tt ](00|23|24):59:(00|59|60)"
    r"(\.[0-9]{1,9})?([Zz]|[+-](00:00|05:30|14:59|23:59|24:00))",
    fullmatch=True,
)
#: What Python reads as a moment, and RFC 3339 does not, and other ways to be nearly one.
_NEARLY = [
    *("2026-11-18", "2026-11-18T10:00:00", "2026-11-18T10Z", "2026-11-18T10:00Z"),
    *("20261118T100000Z", "2026-W47-3T10:00:00Z", "2026-11-18_10:00:00Z"),
    *("2026-11-18T10:00:00,5Z", "2026-11-18T10:00:00.0123456789Z", "2026-11-18T10:00:00 Z"),
    *("2026-11-18T10:00:00+0500", "2026-11-18T10:00:00+05", "2026-11-18T10:00:00+05:00:01"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", ""),
    *("\uff12026-11-18T10:00:00Z", "2026-11-18T10:00:00Z\n2026-11-18T10:00:00Z"),
]
_CHARACTERS = "0123456789-+:TtZzW., \n\u0663\uff10"
_STRANGE = st.sampled_from(_NEARLY) | st.text(st.sampled_from(_CHARACTERS), max_size=30)


def _alone(text: str) -> datetime | None:
    moment = read_instant(text)
    return None if moment is None else moment.astimezone(UTC)


@given(st.lists(_SOUND | _STRANGE, max_size=3))
@example(["1899-12-31T23:59:59-00:01", "2999-12-31T23:59:59+00:01"])
@example(["2026-11-18T10:00:00Z", "2999-12-31T23:59:59-00:01"])
@example(["2026-11-18T10:00:00Z", "1900-01-01T00:00:00+00:01"])
@example(["2026-11-18t10:00:00.5z", "2026-11-18 10:00:00-06:00"])
def test_many_moments_are_read_as_each_alone(texts: list[str]) -> None:
    """Every one is the moment that it is alone, in UTC; where one is none, there is an error."""
    alone = [_alone(text) for text in texts]

    try:
        found = read_moments(texts)
    except (ValueError, OverflowError):
        assert None in alone
        return

    assert alone == found
    assert all(moment.tzinfo is UTC for moment in found)
