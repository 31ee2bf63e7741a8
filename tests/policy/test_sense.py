"""Rules that ask for nothing or exclude one another, against a count through the whole week."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.playbook.diagnostics import START
from service.playbook.rules import Window
from service.policy.policy import Hours, Row, Seller
from service.policy.sense import check_hours_agree, check_rows_hold

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
#: The hours below begin and end on half hours, so that between two of these nothing changes.
WEEK = [MONDAY + timedelta(minutes=30 * n) for n in range(7 * 24 * 2)]


def is_open(window: Window, moment: datetime) -> bool:
    """Whether a wall clock's moment lies in a window, said as plainly as can be."""
    minute, today = moment.hour * 60 + moment.minute, moment.isoweekday()
    yesterday = 7 if today == 1 else today - 1
    for opens, closes in window.hours:
        if today in window.days and opens <= minute and (minute < closes or closes < opens):
            return True
        if yesterday in window.days and closes < opens and minute < closes:
            return True
    return False


def open_stretches(rows: list[Row]) -> int:
    """How many half hours of a week are open in every row."""
    demands = [row.demand for row in rows if isinstance(row.demand, Hours)]
    return sum(
        all(any(is_open(w, moment) for w in (d.window, *d.or_on)) for d in demands)
        for moment in WEEK
    )


HOURS = st.tuples(st.integers(0, 47), st.integers(1, 47)).map(
    lambda pair: (pair[0] * 30, (pair[0] + pair[1]) % 48 * 30)
)
WINDOWS = st.builds(
    Window,
    st.just(""),
    st.lists(st.integers(1, 7), min_size=1, unique=True).map(lambda days: tuple(sorted(days))),
    st.lists(HOURS, min_size=1, max_size=2).map(tuple),
    st.just(value=False),
)
DEMANDS = st.builds(Hours, WINDOWS, st.just(()), st.lists(WINDOWS, max_size=1).map(tuple))


@given(st.lists(DEMANDS, min_size=1, max_size=3))
def test_hours_exclude_each_other_exactly_where_no_minute_is_left(demands: list[Hours]) -> None:
    """There is a diagnostic just where counting finds nothing open; never for one row."""
    rows = [Row(f"r{n}", (), demand, "B.", 1) for n, demand in enumerate(demands)]
    places = {row.name: START for row in rows}

    found = list(check_hours_agree(rows, places))

    assert bool(found) == (open_stretches(rows) == 0)


@given(DEMANDS)
def test_a_row_never_holds_exactly_where_every_minute_is_open(demand: Hours) -> None:
    """There is a diagnostic just where counting finds the whole week open."""
    row = Row("r", (), demand, "B.", 1)

    found = list(check_rows_hold([row], {"r": START}, Seller()))

    assert bool(found) == (open_stretches([row]) == len(WEEK))
