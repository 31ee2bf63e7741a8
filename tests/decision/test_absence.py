from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decision.absence import Absence, end_of_hold, end_of_wait
from service.decision.calendar import Calendar
from service.decision.clock import LATEST, opening
from service.playbook.rules import WaitUnit

CHICAGO = Calendar(ZoneInfo("America/Chicago"), "US", None)
RIYADH = Calendar(ZoneInfo("Asia/Riyadh"), "SA", None)
CAIRO = Calendar(ZoneInfo("Africa/Cairo"), "EG", None)
NOWHERE = Calendar(None, None, None)
DAY = timedelta(days=1)

zones = st.none() | st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
calendars = st.builds(
    lambda zone, country: Calendar(ZoneInfo(zone) if zone else None, country, None),
    zones,
    st.sampled_from([None, "US", "DE", "AE", "SA"]),
)
units: st.SearchStrategy[WaitUnit] = st.sampled_from(["hours", "days", "business_days"])
instants = st.datetimes(datetime(2001, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001
    lambda wall: wall.replace(tzinfo=UTC, microsecond=0)
)


@pytest.mark.parametrize(
    ("calendar", "back", "expected"),
    [
        pytest.param(CHICAGO, "2026-11-17", "2026-11-18T00:00:00-06:00", id="the next day"),
        pytest.param(CHICAGO, "2026-11-20", "2026-11-23T00:00:00-06:00", id="over the weekend"),
        pytest.param(CHICAGO, "2026-11-22", "2026-11-23T00:00:00-06:00", id="back on a Sunday"),
        pytest.param(CHICAGO, "2026-11-25", "2026-11-27T00:00:00-06:00", id="over Thanksgiving"),
        pytest.param(RIYADH, "2026-11-19", "2026-11-22T00:00:00+03:00", id="a weekend on Friday"),
        pytest.param(CAIRO, "2024-04-25", "2024-04-28T00:00:00+03:00", id="a skip in the weekend"),
        pytest.param(
            Calendar(ZoneInfo("Africa/Cairo"), None, None),
            "2024-04-25",
            "2024-04-26T01:00:00+03:00",
            id="a day without a midnight begins after the skip",
        ),
        pytest.param(NOWHERE, "2026-11-20", "2026-11-23T00:00:00+00:00", id="nobody knows where"),
    ],
)
def test_a_hold_ends_with_the_first_business_day_after_the_return(
    calendar: Calendar, back: str, expected: str
) -> None:
    """It ends at the first instant of that day, on the clock and by the calendar there."""
    end = end_of_hold(date.fromisoformat(back), calendar)

    assert calendar.local(end).isoformat() == expected


@given(calendars, st.dates(date(2001, 1, 1), date(2035, 1, 1)))
def test_no_business_day_is_passed_over(calendar: Calendar, back: date) -> None:
    """All whole days between the return and the end of the hold are off, and that one is not."""
    end = calendar.local(end_of_hold(back, calendar))

    day = back + DAY
    while day < end.date():
        midnight = opening(datetime.combine(day, datetime.min.time()), calendar.zone)
        assert not calendar.is_business_day(day) or calendar.local(midnight).date() != day
        day += DAY
    assert calendar.is_business_day(end.date())
    assert calendar.local(end - timedelta(seconds=1)).date() < end.date()


#: Monday the 2nd of November 2026, ten o'clock in Chicago; away until the 17th, free on the 18th.
ANCHOR, BACK = "2026-11-02T10:00:00-06:00", date(2026, 11, 17)


@pytest.mark.parametrize(
    ("amount", "unit", "began", "expected"),
    [
        pytest.param(72, "hours", "2026-11-03T10:00:00-06:00", "2026-11-20T00:00:00-06:00"),
        pytest.param(7, "days", "2026-11-04T10:00:00-06:00", "2026-11-23T00:00:00-06:00"),
        pytest.param(7, "days", "2026-11-04T16:00:00-06:00", "2026-11-22T18:00:00-06:00"),
        pytest.param(5, "business_days", "2026-11-04T09:59:59-06:00", "2026-11-24T00:00:00-06:00"),
        pytest.param(5, "business_days", "2026-11-04T10:00:00-06:00", "2026-11-23T00:00:00-06:00"),
        pytest.param(5, "business_days", "2026-11-08T12:00:00-06:00", "2026-11-19T00:00:00-06:00"),
        pytest.param(7, "days", "2026-10-30T10:00:00-05:00", "2026-11-25T00:00:00-06:00"),
        pytest.param(2, "business_days", "2026-10-30T10:00:00-05:00", "2026-11-20T00:00:00-06:00"),
        pytest.param(2, "days", "2026-11-04T10:00:00-06:00", "2026-11-18T00:00:00-06:00"),
        pytest.param(2, "days", None, "2026-11-18T00:00:00-06:00"),
        pytest.param(30, "days", None, "2026-12-02T10:00:00-06:00"),
        pytest.param(7, "days", "2026-11-19T10:00:00-06:00", "2026-11-18T00:00:00-06:00"),
        pytest.param(30, "days", "2026-11-19T10:00:00-06:00", "2026-12-02T10:00:00-06:00"),
        pytest.param(0, "days", "2026-11-02T10:00:00-06:00", "2026-11-18T00:00:00-06:00"),
    ],
)
def test_what_was_left_of_a_wait_is_waited_after_the_hold(
    amount: int, unit: WaitUnit, began: str | None, expected: str
) -> None:
    """The rest of a wait, as time or as business days, begins when the hold ends."""
    since = datetime.fromisoformat(began) if began else None
    absence = Absence(end_of_hold(BACK, CHICAGO), since)

    end = end_of_wait(datetime.fromisoformat(ANCHOR), amount, unit, CHICAGO, absence)

    assert CHICAGO.local(end).isoformat() == expected


def test_days_are_left_on_the_clock() -> None:
    """A rest of whole days ends at midnight, though the clock is changed within it."""
    berlin = Calendar(ZoneInfo("Europe/Berlin"), "DE", None)
    anchor, began = (datetime(2026, 10, day, tzinfo=berlin.zone) for day in (1, 3))
    free = end_of_hold(date(2026, 10, 22), berlin)

    end = end_of_wait(anchor, 7, "days", berlin, Absence(free, began))

    assert berlin.local(end).isoformat() == "2026-10-28T00:00:00+01:00"


@given(instants, st.integers(0, 400), units, calendars, instants)
def test_a_hold_that_was_over_changes_nothing(
    anchor: datetime, amount: int, unit: WaitUnit, calendar: Calendar, began: datetime
) -> None:
    """Who was back before the wait began is waited for as anybody, and so is who never went."""
    free = end_of_hold(calendar.local(anchor).date() - timedelta(days=30), calendar)
    without = calendar.after(anchor, amount, unit)

    assert end_of_wait(anchor, amount, unit, calendar, None) == without
    assert end_of_wait(anchor, amount, unit, calendar, Absence(free, began)) == without
    assert end_of_wait(anchor, amount, unit, calendar, Absence(free, None)) == without


@given(instants, st.integers(0, 400), units, calendars, st.integers(-20, 500), st.integers(0, 90))
def test_a_hold_does_not_spend_a_wait(
    anchor: datetime,
    amount: int,
    unit: WaitUnit,
    calendar: Calendar,
    days: int,
    length: int,
) -> None:
    """Time spent before the absence and after the hold is the wait, and none of it is lost."""
    began = anchor + DAY * days
    back = calendar.local(began).date() + DAY * length
    free, due = end_of_hold(back, calendar), calendar.after(anchor, amount, unit)

    end = end_of_wait(anchor, amount, unit, calendar, Absence(free, began))

    if began >= due:
        assert end == max(due, free)
    elif free <= anchor:
        assert end == due
    elif unit == "hours":
        assert end - free == due - max(began, anchor)
    elif unit == "days":
        left = _wall(due, calendar) - _wall(max(began, anchor), calendar)
        expected = _wall(free, calendar) + left
        assert expected <= _wall(end, calendar) <= expected + DAY  # later where that is skipped
    else:
        before = _business_days(calendar, max(began, anchor), due)
        after = _business_days(calendar, free, end)
        assert after in {before, before + 1}  # the day it began on counts if it was unspent


def _wall(instant: datetime, calendar: Calendar) -> datetime:
    return calendar.local(instant).replace(tzinfo=None)


def _business_days(calendar: Calendar, begin: datetime, end: datetime) -> int:
    """How many business days come after the first day, up to the last."""
    first, last = (calendar.local(moment).date() for moment in (begin, end))
    days = (first + DAY * n for n in range(1, (last - first).days + 1))
    return sum(map(calendar.is_business_day, days))


@pytest.mark.parametrize("unit", ["hours", "days", "business_days"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", None])
@pytest.mark.parametrize("back", [date.min, date.max])
def test_the_ends_of_time_are_no_error(unit: WaitUnit, zone: str | None, back: date) -> None:
    """The first and the last day that can be written are within every calendar."""
    calendar = Calendar(ZoneInfo(zone) if zone else None, "US", None)
    anchor, began = (datetime(year, 1, 2, tzinfo=UTC) for year in (2, 9990))

    ends = [
        end_of_wait(moment, 100_000, unit, calendar, Absence(end_of_hold(back, calendar), since))
        for moment in (anchor, began)
        for since in (anchor, began, None)
    ]

    assert max(ends) <= LATEST
