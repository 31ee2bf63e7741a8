import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.decision.calendar import Calendar, calendar_for
from service.decision.timing import Opening, duration, first_opening, schedule, whole_second
from service.playbook.meaning.windows import BUILT_IN_WINDOWS
from service.playbook.rules import Window

CORPUS = Path(__file__).parents[1] / "corpus" / "timing"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['case']}")
    for file in sorted(CORPUS.glob("*.json"))
    for case in json.loads(file.read_text(encoding="utf-8"))
]
FIRST, LAST = (edge.replace(tzinfo=UTC) for edge in (datetime.min, datetime.max))  # noqa: DTZ901
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NEW_YEAR_1973 = datetime(1973, 1, 1, tzinfo=UTC)
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)

zones = st.none() | st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
places = st.sampled_from([(None, None), ("US", "CA"), ("DE", "BY"), ("AE", None), ("SA", None)])
instants = st.integers(0, 127 * 365 * 86_400).map(lambda n: NEW_YEAR_1973 + timedelta(seconds=n))
minutes = st.integers(0, 47).map(lambda half_hours: 30 * half_hours) | st.integers(0, 1439)
windows = st.sampled_from(list(BUILT_IN_WINDOWS.values())) | st.builds(
    Window,
    st.just("own"),
    st.just(())
    | st.sets(st.sampled_from(EVERY_DAY), min_size=1).map(lambda days: (*sorted(days),)),
    st.lists(st.tuples(minutes, minutes | st.just(1440)), min_size=1, max_size=3).map(tuple),
    st.booleans(),
)


def minute_of(text: str) -> int:
    """The minute of the day that `HH:MM` is."""
    hours, _, rest = text.partition(":")
    return 60 * int(hours) + int(rest)


def window_of(written: str | dict[str, Any]) -> Window:
    """The window that a case writes, by name or in full."""
    if isinstance(written, str):
        return BUILT_IN_WINDOWS[written]
    days = () if written["days"] == "business_days" else tuple(written["days"])
    hours = tuple((minute_of(opens), minute_of(closes)) for opens, closes in written["hours"])
    return Window("own", days, hours, written["holidays"] == "skip")


def read_utc(text: str) -> datetime:
    """A moment as the product reckons with it."""
    return datetime.fromisoformat(text).astimezone(UTC)


def test_there_are_timings_to_test() -> None:
    """The corpus of timings is found."""
    assert len(CASES) > 0


@pytest.mark.parametrize("case", CASES)
def test_a_timing_is_as_its_case_says(case: dict[str, Any]) -> None:
    """Each case of the corpus is timed as it expects, on the prospect's clock."""
    calendar, _ = calendar_for(**case["place"])
    window = window_of(case["window"])
    changes_at = datetime.fromisoformat(case["changes_at"]) if "changes_at" in case else None
    as_of, ready_at = (datetime.fromisoformat(case[name]) for name in ("as_of", "ready_at"))

    allowed = Opening(*map(read_utc, case["allowed"])) if "allowed" in case else None

    timing = schedule(as_of, ready_at, window, calendar, changes_at, allowed)

    place = {"time_zone": case["place"]["time_zone"], "window": window.name}
    expected = None if case["expected"] is None else case["expected"] | place
    assert (None if timing is None else timing.to_json()) == expected


# ---- an oracle that only reads the clock, minute by minute --------------------------------


def is_open_on(window: Window, day: date, calendar: Calendar) -> bool:
    """Whether stretches of the window start on `day`."""
    if window.days:
        return day.isoweekday() in window.days and not (
            window.holidays and calendar.is_holiday(day)
        )
    return not calendar.is_weekend(day) and not (window.holidays and calendar.is_holiday(day))


def stretches_shown(
    window: Window, wall: datetime, calendar: Calendar
) -> Iterator[tuple[date, tuple[int, int]]]:
    """The stretches in which a wall time lies, by the day that they belong to."""
    minute = 60 * wall.hour + wall.minute
    for hours in window.hours:
        opens, closes = hours
        for day, shown in ((wall.date(), minute), (wall.date() - DAY, minute + 1440)):
            holds = opens <= shown < closes + 1440 * (closes < opens)
            if holds and is_open_on(window, day, calendar):
                yield day, hours


def open_stretches(
    window: Window, begin: datetime, end: datetime, calendar: Calendar
) -> set[tuple[datetime, datetime]]:
    """From the first minute of each stretch to the end of its last, between two instants.

    A stretch is in one piece: between its first and last minute it is open, whatever the
    clock shows when it is put back.
    """
    seen: dict[tuple[date, tuple[int, int]], list[datetime]] = {}
    moment = begin
    while moment < end:
        wall = moment.astimezone(calendar.zone or UTC).replace(tzinfo=None)
        for stretch in stretches_shown(window, wall, calendar):
            seen.setdefault(stretch, []).append(moment)
        moment += MINUTE
    return {(minutes[0], minutes[-1] + MINUTE) for minutes in seen.values()}


@settings(max_examples=150)
@given(zones, places, windows, instants)
@example("America/St_Johns", (None, None), Window("w", (7,), ((0, 60),), holidays=False),
         datetime(2010, 11, 7, 3, 0, tzinfo=UTC))  # fmt: skip
@example("Pacific/Apia", (None, None), Window("w", (5,), ((1320, 360),), holidays=False),
         datetime(2011, 12, 29, 12, 0, tzinfo=UTC))  # fmt: skip
@example("Pacific/Kwajalein", (None, None), Window("w", EVERY_DAY, ((600, 900),), holidays=False),
         datetime(1993, 8, 20, 12, 0, tzinfo=UTC))  # fmt: skip
def test_an_opening_is_the_first_minute_in_the_window(
    zone: str | None, place: tuple[str | None, str | None], window: Window, moment: datetime
) -> None:
    """What is found lies in the window, nothing before it does, and it ends where it should."""
    calendar = Calendar(ZoneInfo(zone) if zone else None, *place)
    found = first_opening(window, moment, calendar)
    horizon = moment + 5 * DAY if found is None else found.start + DAY
    begin = moment.replace(second=0, microsecond=0) - 2 * DAY

    stretches = open_stretches(window, begin, horizon + 2 * DAY, calendar)

    ahead = [(max(start, moment), end) for start, end in stretches if end > moment]
    first = min((start for start, _ in ahead), default=None)
    last = max((end for start, end in ahead if start == first), default=None)
    if found is not None and found.end is None:
        assert found.start == first == moment
    else:
        assert found == (None if first is None or last is None else Opening(first, last))


def changes(zone: ZoneInfo, year: int) -> Iterator[datetime]:
    """The quarters of an hour of a year before which the zone's offset changed."""
    quarters = [datetime(year, 1, 1, tzinfo=UTC) + 15 * MINUTE * n for n in range(96 * 365)]
    offsets = [quarter.astimezone(zone).utcoffset() for quarter in quarters]
    for (before, _), (after, quarter) in pairwise(zip(offsets, quarters, strict=True)):
        if before != after:
            yield quarter


@pytest.mark.parametrize(
    ("zone", "year"),
    [("America/New_York", 2026), ("Australia/Lord_Howe", 2026), ("America/Havana", 2026),
     ("Asia/Beirut", 2026), ("Africa/Casablanca", 2026), ("America/Nuuk", 2025),
     ("America/St_Johns", 2010), ("Antarctica/Troll", 2026), ("Pacific/Apia", 2011)],
)  # fmt: skip
def test_openings_are_right_around_every_change(zone: str, year: int) -> None:
    """Around changes of the clock, windows of every half hour open and close as they should."""
    calendar = Calendar(ZoneInfo(zone), None, None)
    found = list(changes(ZoneInfo(zone), year))
    hours = [(opens, (opens + length) % 1440) for opens in (0, 30, 60, 90, 120, 150, 1380, 1410)
             for length in (30, 60, 90, 150)]  # fmt: skip

    wrong = []
    for change in found:
        for span in hours:
            window = Window("w", EVERY_DAY, (span,), holidays=False)
            stretches = open_stretches(window, change - 27 * 60 * MINUTE, change + DAY, calendar)
            asked = change - 200 * MINUTE
            while asked < change + 200 * MINUTE:
                ahead = [(max(start, asked), end) for start, end in stretches if end > asked]
                expected = min(ahead, default=None)
                opening = first_opening(window, asked, calendar)
                if expected is None or expected[1] >= change + 22 * 60 * MINUTE:
                    pass  # the minutes that were read do not reach far enough to say
                elif opening != Opening(*expected):
                    wrong.append((change, span, asked))
                asked += 50 * MINUTE

    assert len(found) >= 2
    assert wrong == []


@given(zones, places, windows, instants, st.integers(-(10**7), 10**7), st.integers(-(10**6), 10**6))
def test_a_timing_is_in_order(
    zone: str | None,
    place: tuple[str | None, str | None],
    window: Window,
    as_of: datetime,
    ready_in: int,
    changes_in: int,
) -> None:
    """Nothing is due before it is asked or ready, or expires before, and seconds are whole.

    What could have been done before it was asked is overdue by just that; what is not overdue
    could not have been done before it is due.
    """
    calendar = Calendar(ZoneInfo(zone) if zone else None, *place)
    ready_at, changes_at = (as_of + timedelta(seconds=s) for s in (ready_in, changes_in))

    timing = schedule(as_of, ready_at, window, calendar, changes_at)

    if timing is None:
        assert first_opening(window, ready_at, calendar) is None
    else:
        assert ready_at <= timing.not_before <= timing.due
        assert as_of <= min(timing.due, timing.expires)
        late = whole_second(as_of) - timing.not_before
        assert timing.overdue_by == (late if late > timedelta() else None)
        assert timing.overdue_by is not None or timing.not_before == timing.due
        assert timing.not_after is None or timing.due < timing.not_after
        assert timing.expires <= timing.due + 7 * DAY
        assert timing.due.microsecond == timing.expires.microsecond == 0
        assert timing.due.utcoffset() == calendar.local(timing.due).utcoffset()


@given(
    zones, windows, st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones())
)
def test_no_instant_is_an_error(
    zone: str | None, window: Window, as_of: datetime, ready_at: datetime
) -> None:
    """From year 1 to 9999 there is a timing, or none; and it can be read back."""
    calendar = Calendar(ZoneInfo(zone) if zone else None, "US", None)

    timing = schedule(as_of, ready_at, window, calendar, ready_at)

    if timing is not None:
        assert datetime.fromisoformat(timing.to_json()["due"] or "") == timing.due
        assert len(timing.to_json()["due"] or "") == len("2026-11-20T14:00:00-06:00")


@pytest.mark.parametrize("moment", [FIRST, LAST])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", None])
@pytest.mark.parametrize("window", BUILT_IN_WINDOWS.values(), ids=BUILT_IN_WINDOWS)
def test_the_ends_of_time_are_no_error(moment: datetime, zone: str | None, window: Window) -> None:
    """The first instant has a timing, the last has none."""
    calendar, _ = calendar_for(zone, "US", None)

    timing = schedule(moment, moment, window, calendar, moment)

    assert (timing is None) == (moment == LAST)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "PT0S"), (59, "PT59S"), (60, "PT1M"), (3601, "PT1H1S"), (86_399, "PT23H59M59S"),
     (86_400, "P1D"), (86_401, "P1DT1S"), (100 * 86_400 + 7_200, "P100DT2H")],
)  # fmt: skip
def test_a_duration_is_written_as_iso_8601_wants_it(seconds: int, written: str) -> None:
    """Parts that are nought are left out; there are no weeks, months or years."""
    assert duration(timedelta(seconds=seconds)) == written


def test_the_built_in_windows_are_those_of_the_language() -> None:
    """Every playbook has these five windows, under their own names."""
    hours = {name: window.hours for name, window in BUILT_IN_WINDOWS.items()}

    assert hours == {
        "business_hours": ((540, 1020),),
        "early": ((450, 540),),
        "after_hours": ((1020, 1170),),
        "early_or_after_hours": ((450, 540), (1020, 1170)),
        "any_time": ((0, 1440),),
    }
    assert [window.name for window in BUILT_IN_WINDOWS.values()] == list(BUILT_IN_WINDOWS)
