import json
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decision.calendar import LONGEST_WAIT, Calendar, calendar_for
from service.decision.clock import LATEST, closing, opening
from service.playbook.rules import WaitUnit

CORPUS = Path(__file__).parents[1] / "corpus" / "waits"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['case']}")
    for file in sorted(CORPUS.glob("*.json"))
    for case in json.loads(file.read_text(encoding="utf-8"))
]
NOWHERE = Calendar(None, None, None)
NEW_YEAR_1973 = datetime(1973, 1, 1, tzinfo=UTC)

zones = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
instants = st.integers(0, 127 * 365 * 86_400).map(lambda n: NEW_YEAR_1973 + timedelta(seconds=n))
places = st.sampled_from(
    [
        (None, None),
        ("US", "CA"),
        ("DE", "BY"),
        ("AE", None),
        ("SA", None),
        ("IN", None),
        ("CN", None),
    ]
)


def test_there_are_waits_to_test() -> None:
    """The corpus of waits is found."""
    assert len(CASES) > 0


@pytest.mark.parametrize("case", CASES)
def test_a_wait_ends_when_its_case_says(case: dict[str, Any]) -> None:
    """Each wait of the corpus ends at the instant and the offset it expects."""
    calendar, unknown = calendar_for(**case["place"])
    amount, unit = case["wait"]

    end = calendar.after(datetime.fromisoformat(case["start"]), amount, unit)

    assert unknown == ()
    assert end.utcoffset() == timedelta(0)
    assert calendar.local(end).isoformat() == case["expected"]


@pytest.mark.parametrize(
    ("country", "region", "day", "expected"),
    [
        ("US", None, "2026-11-26", True),
        ("US", None, "2026-11-27", False),
        ("GB", "ENG", "2026-12-28", True),
        ("GB", "SCT", "2026-11-30", True),
        ("GB", "ENG", "2026-11-30", False),
        ("DE", "BY", "2026-01-06", True),
        ("DE", None, "2026-01-06", False),
        ("US", None, "2100-12-24", True),
        ("US", None, "2101-12-26", False),
        (None, None, "2026-12-25", False),
        ("IN", None, "2050-08-15", True),
    ],
)
def test_holidays_are_those_of_the_place(
    country: str | None,
    region: str | None,
    day: str,
    expected: bool,
) -> None:
    """A day is a holiday where the country or the region says so, while listings reach."""
    calendar, _ = calendar_for(None, country, region)

    assert calendar.is_holiday(date.fromisoformat(day)) is expected


@pytest.mark.parametrize(
    ("country", "day", "expected"),
    [
        (None, "2026-11-20", False),
        (None, "2026-11-21", True),
        (None, "2026-11-22", True),
        ("AE", "2021-12-31", True),
        ("AE", "2022-01-07", False),
        ("SA", "2026-11-20", True),
        ("SA", "2026-11-22", False),
        ("IR", "2026-11-21", False),
        ("CN", "2024-02-04", False),
        ("SA", "2150-11-20", True),
        ("SA", "1900-11-22", True),
    ],
)
def test_weekends_are_those_of_the_country(
    country: str | None,
    day: str,
    expected: bool,
) -> None:
    """A weekend day is one by the country's week of that time, but for days worked instead."""
    calendar, _ = calendar_for(None, country, None)

    assert calendar.is_weekend(date.fromisoformat(day)) is expected


@pytest.mark.parametrize("name", ["Europe/Paris", "UTC", "EST5EDT", "Asia/Kolkata", "Etc/GMT+12"])
def test_a_zone_is_known_by_its_iana_name(name: str) -> None:
    """A name of IANA's gives the zone of that name."""
    assert calendar_for(name, None, None) == (Calendar(ZoneInfo(name), None, None), ())


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "UTC ", "UTC\0", "a\0b", "\ud800", "é", "x" * 64, "UTC/" * 1_000_000),
        *("+02:00", "UTC+2", "Factory", "localtime", "posixrules", "posix/UTC", "right/UTC"),
        *("europe/paris", "EUROPE/PARIS", "Europe", "Europe/Paris/", "Europe//Paris", "./UTC"),
        *("../etc/passwd", "Europe/../UTC", "/etc/localtime", "C:\\Windows"),
        *("tzdata.zi", "zone.tab", "__init__.py"),
    ],
    ids=lambda name: ascii(name[:20]),
)
def test_nothing_else_is_a_zone(name: str) -> None:
    """Offsets, paths, other cases and what the machine has besides IANA's zones are unknown."""
    assert calendar_for(name, None, None) == (NOWHERE, ("unknown-time-zone",))


@given(st.text(), st.text(), st.text())
def test_any_text_gives_a_calendar(time_zone: str, country: str, region: str) -> None:
    """Whatever is said of a place, there is a calendar that can be asked."""
    calendar, _ = calendar_for(time_zone, country, region)

    assert calendar.is_business_day(date(2026, 11, 20)) in {True, False}


@pytest.mark.parametrize(
    ("country", "region", "expected", "codes"),
    [
        (None, None, (None, None), ()),
        (None, "BY", (None, None), ()),
        ("DE", None, ("DE", None), ()),
        ("DE", "BY", ("DE", "BY"), ()),
        ("de", "de-by", ("DE", "BY"), ()),
        ("US", "California", ("US", "CA"), ()),
        ("UK", "GB-ENG", ("GB", "ENG"), ()),
        ("DE", "ZZ", ("DE", None), ("no-holiday-calendar",)),
        ("DE", "", ("DE", None), ("no-holiday-calendar",)),
        ("XX", "BY", (None, None), ("no-holiday-calendar",)),
        ("", None, (None, None), ("no-holiday-calendar",)),
        ("Germany", None, (None, None), ("no-holiday-calendar",)),
        ("ß", None, (None, None), ("no-holiday-calendar",)),
        ("os", None, (None, None), ("no-holiday-calendar",)),
    ],
)
def test_a_place_is_known_by_its_iso_code(
    country: str | None,
    region: str | None,
    expected: tuple[str | None, str | None],
    codes: tuple[str, ...],
) -> None:
    """A country is two letters, a region a code or its name; what is not known is said."""
    assert calendar_for(None, country, region) == (Calendar(None, *expected), codes)


def test_every_country_and_region_of_the_listings_is_known() -> None:
    """No place that `holidays` has is lost, and none makes it warn or fail."""
    lost = [
        (country, region)
        for country, regions in holidays.list_supported_countries(include_aliases=False).items()
        for region in (None, *regions)
        if calendar_for(None, country, region) != (Calendar(None, country, region), ())
    ]

    assert lost == []


@pytest.mark.filterwarnings("ignore:Requested Holidays are available only")
@given(places, st.dates(date(1969, 6, 1), date(2101, 6, 1)))
def test_days_are_as_the_listing_has_them(place: tuple[str | None, str | None], day: date) -> None:
    """A business day is a working day of `holidays` itself, within the years it lists."""
    calendar = Calendar(None, *place)
    if place[0] is None or day.year not in range(2001, 2036):
        expected = day.weekday() < 5 if place[0] is None else calendar.is_business_day(day)
    else:
        listing = holidays.country_holidays(place[0], subdiv=place[1], years=day.year, expand=False)
        expected = listing.is_working_day(day)

    assert calendar.is_business_day(day) == expected


@given(zones, places, instants, st.integers(1, 400))
def test_business_days_are_counted_one_by_one(
    zone: str, place: tuple[str | None, str | None], start: datetime, amount: int
) -> None:
    """So many business days later is where walking day by day arrives."""
    calendar = Calendar(ZoneInfo(zone), *place)
    day, left = calendar.local(start).date(), amount
    while left:
        day += timedelta(days=1)
        midnight = opening(datetime.combine(day, clock.min), calendar.zone)
        left -= calendar.is_business_day(day) and calendar.local(midnight).date() == day

    end = calendar.after(start, amount, "business_days")

    expected = datetime.combine(day, calendar.local(start).time())
    assert end == opening(expected, calendar.zone)


@given(zones, instants, st.integers(0, LONGEST_WAIT), st.sampled_from(["hours", "days"]))
def test_hours_are_exact_and_days_keep_the_clock(
    zone: str, start: datetime, amount: int, unit: WaitUnit
) -> None:
    """Hours are hours; days later the clock shows the same, or what follows a skip."""
    calendar = Calendar(ZoneInfo(zone), None, None)

    end = calendar.after(start, amount, unit)

    wall = calendar.local(start).replace(tzinfo=None) + timedelta(days=amount)
    shown = calendar.local(end).replace(tzinfo=None)
    if unit == "hours":
        assert end - start == timedelta(hours=amount)
    else:
        assert shown == wall or wall < shown <= wall + timedelta(days=1)


@given(zones, instants)
def test_the_first_instant_that_shows_a_time_is_not_after_any_other(
    zone: str, instant: datetime
) -> None:
    """What a clock shows now it showed first then or earlier, and last then or later."""
    place = ZoneInfo(zone)
    wall = instant.astimezone(place).replace(tzinfo=None)

    assert opening(wall, place) <= instant <= closing(wall + timedelta(seconds=1), place)
    assert opening(wall, place).astimezone(place).replace(tzinfo=None) == wall


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", None])
@pytest.mark.parametrize("unit", ["hours", "days", "business_days"])
def test_the_ends_of_time_are_no_error(year: int, zone: str | None, unit: WaitUnit) -> None:
    """The first and the last instants that can be written are within every calendar."""
    calendar, _ = calendar_for(zone, "US", None)
    edges = [datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 59, 999999, UTC)]

    ends = [calendar.after(edge, LONGEST_WAIT, unit) for edge in edges]

    assert all(begin <= end <= LATEST for begin, end in pairwise(ends))
    assert max(ends) <= LATEST


@pytest.mark.parametrize("place", [("US", "CA"), ("AE", None), (None, None)])
def test_no_wait_is_longer_than_ten_years_of_business_days(
    place: tuple[str | None, str | None],
) -> None:
    """Each year of a place costs a listing of its holidays, so nobody may ask for many."""
    calendar = Calendar(ZoneInfo("America/New_York"), *place)

    end = calendar.after(datetime(2026, 11, 20, tzinfo=UTC), LONGEST_WAIT, "business_days")

    assert end.year in (2036, 2037)


def test_junk_is_not_kept() -> None:
    """Long names that mean nothing do not fill the memory."""
    tracemalloc.start()
    for number in range(6000):
        calendar_for(f"{number}" + "z" * 10_000, f"{number}" + "c" * 10_000, None)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < 4_000_000
