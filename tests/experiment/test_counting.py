"""From what became of units to the counts of a look: held against counting one by one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from service.experiment import Experiment, Primary, load_experiment
from service.experiment.counting import Happened, PhaseStory, Stopped, UnitStory, look_at, looks
from service.experiment.reading import ArmCounts, Look

VALID = Path(__file__).parents[1] / "corpus" / "experiments" / "valid"
START = datetime(2026, 9, 1, 12, tzinfo=UTC)
WITHIN, GRACE = timedelta(days=10), timedelta(days=2)
ARMS = ("control", "break-up")
OUTCOMES = ("meeting_booked", "opted_out", "complained", "won")


def days(number: float) -> datetime:
    """So many days after the start."""
    return START + timedelta(days=number)


def the_experiment(planned: int = 6) -> Experiment:
    """Two arms, a window of ten days and two of grace, two guardrails."""
    found = load_experiment((VALID / "every-word.yaml").read_bytes()).experiment
    assert found is not None
    primary = Primary("meeting_booked", WITHIN, GRACE)
    return replace(found, primary=primary, planned=planned)


def phase(*units: UnitStory, stopped: dict[str, Stopped] | None = None) -> PhaseStory:
    """A phase that takes units in."""
    in_order = tuple(sorted(units, key=lambda unit: unit.assigned_at))
    return PhaseStory(START, in_order, True, stopped or {}, {"control": 3})


def by_arm(look: Look) -> dict[str, ArmCounts]:
    """The arms of a look by name."""
    return {arm.name: arm for arm in look.arms}


# ---- one by one ---------------------------------------------------------------------


def converted(unit: UnitStory, outcome: str = "meeting_booked") -> bool:
    """Whether an outcome came inside the window, and was told before the grace was over."""
    ends = unit.assigned_at + WITHIN
    return any(
        e.outcome == outcome and unit.assigned_at <= e.at <= ends and e.told_at <= ends + GRACE
        for e in unit.happened
    )


def known(unit: UnitStory, outcome: str, as_of: datetime) -> bool:
    """Whether it was known by then that an outcome came at any time after the start."""
    return any(
        e.outcome == outcome and e.at >= unit.assigned_at and max(e.at, e.told_at) <= as_of
        for e in unit.happened
    )


def mature(units: Sequence[UnitStory], as_of: datetime) -> list[UnitStory]:
    """Those whose window and grace are over."""
    return [unit for unit in units if unit.assigned_at + WITHIN + GRACE <= as_of]


moments = st.floats(0, 30).map(days)
happenings = st.builds(Happened, st.sampled_from(OUTCOMES), moments, moments)
stories = st.builds(
    UnitStory,
    st.sampled_from(ARMS),
    moments,
    st.none() | moments,
    st.none() | moments,
    st.lists(happenings, max_size=3).map(tuple),
    st.sets(st.sampled_from(ARMS)).map(frozenset),
)
stops = st.dictionaries(st.sampled_from(ARMS), st.builds(Stopped, moments, st.just("opted_out")))


@given(st.lists(stories, max_size=12), stops, st.floats(0, 60).map(days))
def test_a_look_counts_as_one_by_one(
    units: list[UnitStory], stopped: dict[str, Stopped], as_of: datetime
) -> None:
    """Every number of a look, at any moment."""
    experiment, story = the_experiment(), phase(*units, stopped=stopped)
    look = look_at(experiment, story, as_of)
    joined = [unit for unit in story.units if unit.assigned_at <= as_of]
    first = story.units[: experiment.planned]
    is_full = len(first) == experiment.planned and first[-1].assigned_at <= as_of
    stops_so_far = [stop.at for stop in stopped.values() if stop.at <= as_of]

    assert look.filled_at == (first[-1].assigned_at if is_full else None)
    assert look.crossover == sum(len(unit.arms) > 1 for unit in joined)
    for name, arm in by_arm(look).items():
        mine = [unit for unit in joined if unit.arm == name]
        done = mature(mine, as_of)
        assert arm.funnel.assigned == len(mine)
        assert arm.funnel.exposed == sum(u.arm == name and _by(u.exposed_at, as_of) for u in units)
        assert arm.funnel.diverged == sum(
            u.arm == name and _by(u.diverged_at, as_of) for u in units
        )
        assert arm.funnel.mature == len(done)
        assert arm.converted == sum(map(converted, done))
        for outcome, harmed in arm.guardrails.items():
            of_all = [u for u in units if u.arm == name and known(u, outcome, as_of)]
            assert harmed.so_far == len(of_all)
            assert harmed.mature == sum(converted(u, outcome) for u in done)
        if is_full and len(mature(first, as_of)) == experiment.planned:
            of_first = [unit for unit in first if unit.arm == name]
            assert arm.at_horizon == (len(of_first), sum(map(converted, of_first)))
        else:
            assert arm.at_horizon is None
        if stops_so_far:
            together = [u for u in mine if u.assigned_at < min(s.at for s in stopped.values())]
            assert arm.together is not None
            assert arm.together.assigned == len(together)
        else:
            assert arm.together is None
        assert arm.takes_new == (name not in stopped or stopped[name].at > as_of)


def _by(moment: datetime | None, as_of: datetime) -> bool:
    return moment is not None and moment <= as_of


@given(st.lists(stories, min_size=1, max_size=8), happenings, st.data())
def test_what_is_told_too_late_changes_no_mature_unit(
    units: list[UnitStory], late: Happened, data: st.DataObject
) -> None:
    """Nor does what came before the unit was assigned, or after its window."""
    experiment, as_of = the_experiment(), days(60)
    number = data.draw(st.integers(0, len(units) - 1))
    unit = units[number]
    ends = unit.assigned_at + WITHIN
    shift = data.draw(
        st.sampled_from(
            [
                {"at": unit.assigned_at - timedelta(seconds=1)},
                {"at": ends + timedelta(seconds=1)},
                {"told_at": ends + GRACE + timedelta(seconds=1)},
            ]
        )
    )
    told = replace(unit, happened=(*unit.happened, late._replace(**shift)))
    before = look_at(experiment, phase(*units), as_of)
    after = look_at(experiment, phase(*units[:number], told, *units[number + 1 :]), as_of)

    assert [arm.converted for arm in before.arms] == [arm.converted for arm in after.arms]
    assert [arm.at_horizon for arm in before.arms] == [arm.at_horizon for arm in after.arms]


@given(st.lists(stories, max_size=6))
def test_twice_is_once_and_order_is_nothing(units: list[UnitStory]) -> None:
    """An outcome that is told again, or in another order, counts as before."""
    experiment, as_of = the_experiment(), days(60)
    again = [replace(u, happened=(*reversed(u.happened), *u.happened)) for u in units]

    assert look_at(experiment, phase(*units), as_of) == look_at(experiment, phase(*again), as_of)


def test_there_is_a_look_a_day_and_one_at_the_moment() -> None:
    """Each knows what the one before has told."""
    found = list(looks(the_experiment(), phase(UnitStory("control", START)), days(4.5)))

    assert [look.as_of for look in found] == [days(1), days(2), days(3), days(4.5)]
    assert len(list(looks(the_experiment(), phase(), days(3000)))) <= 121


def test_what_looks_have_told_only_narrows() -> None:
    """Over a hundred units a week that do differ."""
    units = [
        UnitStory(
            ARMS[n % 2],
            days(n / 15),
            happened=(Happened("meeting_booked", days(n / 15 + 1), days(n / 15 + 1)),)
            if n % 10 in (1, 3, 5, 0)
            else (),
        )
        for n in range(400)
    ]
    told = [look.arms[1].told for look in looks(the_experiment(400), phase(*units), days(45))]
    spans = [each for each in told if each is not None]

    assert len(spans) > 5
    assert all(a.low <= b.low and b.high <= a.high for a, b in pairwise(spans))
