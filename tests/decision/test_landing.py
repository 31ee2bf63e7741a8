from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decision.calendar import Calendar
from service.decision.clock import LATEST
from service.decision.landing import landed
from service.playbook.diagnostics import Place
from service.playbook.meaning.windows import BUILT_IN_WINDOWS
from service.playbook.rules import Roll, TimeOfDay, Wait, Window

DAY = timedelta(days=1)
zones = st.none() | st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
calendars = st.builds(
    lambda zone, country: Calendar(ZoneInfo(zone) if zone else None, country, None),
    zones,
    st.sampled_from([None, "US", "DE", "AE", "SA"]),
)
instants = st.datetimes(datetime(2001, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001
    lambda wall: wall.replace(tzinfo=UTC)
)
windows = st.sampled_from([*BUILT_IN_WINDOWS.values(), Window("own", (), ((1320, 120),), False)])


def wait(roll: Roll, at: TimeOfDay) -> Wait:
    """A wait that ends so; the rest of it does not matter here."""
    return Wait(1, "days", "last_touch", Place(1, 1), roll, at)


@given(instants, windows, calendars)
def test_nothing_moves_unless_it_is_said(end: datetime, window: Window, calendar: Calendar) -> None:
    """A wait that says nothing ends when it ends."""
    assert landed(end, wait("none", "same_time"), window, calendar) == end


@given(instants, windows, calendars)
def test_a_roll_goes_to_the_next_business_day(
    end: datetime, window: Window, calendar: Calendar
) -> None:
    """It passes over days off only, and keeps the time of day but where the clock skips it."""
    found = landed(end, wait("to_business_day", "same_time"), window, calendar)

    before, after = calendar.local(end), calendar.local(found)
    assert calendar.is_business_day(after.date())
    passed = (before.date() + DAY * n for n in range((after.date() - before.date()).days))
    assert all(not calendar.is_business_day(day) or _skipped(calendar, day) for day in passed)
    expected = datetime.combine(after.date(), before.time())
    assert expected <= after.replace(tzinfo=None) <= expected + timedelta(hours=2)


def _skipped(calendar: Calendar, day: object) -> bool:
    """Whether the clock never shows a day, at whichever hour one looks."""
    noon = datetime.fromisoformat(f"{day} 12:00").replace(tzinfo=calendar.zone or UTC)
    return calendar.local(noon.astimezone(UTC)).date() != day


@given(instants, windows, calendars)
def test_a_start_is_the_first_of_that_day(
    end: datetime, window: Window, calendar: Calendar
) -> None:
    """The clock shows the hour at which the window opens first, or what follows a skip."""
    found = landed(end, wait("none", "window_start"), window, calendar)

    first = min(opens for opens, _ in window.hours)
    midnight = datetime.combine(calendar.local(end).date(), datetime.min.time())
    expected = midnight + timedelta(minutes=first)
    assert expected <= calendar.local(found).replace(tzinfo=None) <= expected + timedelta(hours=2)


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", None])
def test_the_ends_of_time_are_no_error(year: int, zone: str | None) -> None:
    """The first and the last day that can be written are within every calendar."""
    calendar = Calendar(ZoneInfo(zone) if zone else None, "US", None)
    early = BUILT_IN_WINDOWS["early"]

    for moment in (datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC)):
        end = calendar.after(moment, 1, "days")
        found = landed(end, wait("to_business_day", "window_start"), early, calendar)
        assert found <= LATEST
