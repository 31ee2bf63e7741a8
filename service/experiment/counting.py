"""From what became of each unit to the counts of a look, at any moment. Pure.

A unit counts in the arm it was given, whatever was done with it. Its time begins when it was
assigned. What happened inside the window counts if it was told before the grace was over: so
nothing that is told later changes a unit that is mature, and two readings of one moment agree.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from service.experiment.buckets import shares
from service.experiment.experiment import Experiment
from service.experiment.reading import ArmCounts, Funnel, Harmed, Interval, Look, Tally, judge

#: So many earlier looks are gone through at most, evenly over the time of a phase.
_MOST_LOOKS = 120
_A_DAY = timedelta(days=1)


class Happened(NamedTuple):
    """An outcome of somebody who belongs to a unit: when it was, and when it was told."""

    outcome: str
    at: datetime
    told_at: datetime


@dataclass(frozen=True)
class UnitStory:
    """What is known of one unit.

    `exposed_at`: when it first had a decision; `diverged_at`: the first that another arm would
    have answered differently; `arms`: those that its people met, in this unit or in another.
    """

    arm: str
    assigned_at: datetime
    exposed_at: datetime | None = None
    diverged_at: datetime | None = None
    happened: tuple[Happened, ...] = ()
    arms: frozenset[str] = frozenset()


class Stopped(NamedTuple):
    """Since when an arm takes nobody in, and the guardrail outcome for which, if for one."""

    at: datetime
    guardrail: str | None = None


@dataclass(frozen=True)
class PhaseStory:
    """One phase: its units, the first assigned first, and what was done to its arms.

    `takes_new` says whether the phase takes units in; `forced` counts, by arm, the units that
    somebody put there by hand.
    """

    started_at: datetime
    units: tuple[UnitStory, ...]
    takes_new: bool
    stopped: Mapping[str, Stopped]
    forced: Mapping[str, int]


def looks(experiment: Experiment, story: PhaseStory, as_of: datetime) -> Iterator[Look]:
    """A look a day from the start on, and one at the moment; each knows what those before told."""
    counted = _Counted(experiment, story)
    told: dict[str, Interval | None] = {}
    for moment in _moments(story.started_at, as_of):
        look = counted.look(moment, told)
        yield look
        told = {each.arm: each.so_far for each in judge(experiment, look).comparisons}


def look_at(experiment: Experiment, story: PhaseStory, as_of: datetime) -> Look:
    """One look that knows of none before."""
    return _Counted(experiment, story).look(as_of, {})


def _moments(started_at: datetime, as_of: datetime) -> Iterator[datetime]:
    days = max(0, (as_of - started_at) // _A_DAY)
    step = -(-days // _MOST_LOOKS) or 1
    for day in range(step, days, step):
        yield started_at + day * _A_DAY
    yield as_of


class _Course:
    """The numbers of some units over time; everything is sorted, so a look is a few bisections."""

    def __init__(self, experiment: Experiment, units: Sequence[UnitStory]) -> None:
        primary = experiment.primary
        self._until_mature = primary.within + primary.grace
        self._assigned = [unit.assigned_at for unit in units]
        self._exposed = sorted(unit.exposed_at for unit in units if unit.exposed_at)
        self._diverged = sorted(unit.diverged_at for unit in units if unit.diverged_at)
        self._converted = _summed(units, experiment, primary.outcome)
        outcomes = [guardrail.outcome for guardrail in experiment.guardrails]
        self._harmed = {outcome: _first_told(units, outcome) for outcome in outcomes}
        self._harmed_mature = {each: _summed(units, experiment, each) for each in outcomes}

    def mature(self, as_of: datetime) -> int:
        """How many units are mature."""
        return bisect_right(self._assigned, as_of - self._until_mature)

    def funnel(self, as_of: datetime) -> Funnel:
        """How many units got how far."""
        return Funnel(
            bisect_right(self._assigned, as_of),
            bisect_right(self._exposed, as_of),
            bisect_right(self._diverged, as_of),
            self.mature(as_of),
        )

    def tally(self, units: int) -> Tally:
        """Of so many of the first units, who converted."""
        return Tally(units, self._converted[units])

    def guardrails(self, as_of: datetime) -> Mapping[str, Harmed]:
        """By outcome, the units that it happened to."""
        mature = self.mature(as_of)
        return {
            outcome: Harmed(bisect_right(times, as_of), self._harmed_mature[outcome][mature])
            for outcome, times in self._harmed.items()
        }


class _Counted:
    """A phase, counted so that a look at any moment is quick."""

    def __init__(self, experiment: Experiment, story: PhaseStory) -> None:
        self._experiment = experiment
        self._story = story
        of_arm = {
            arm.name: [u for u in story.units if u.arm == arm.name] for arm in experiment.arms
        }
        first = story.units[: experiment.planned]
        self._filled_at = first[-1].assigned_at if len(first) == experiment.planned else None
        self._at_horizon = {name: sum(u.arm == name for u in first) for name in of_arm}
        self._courses = {name: _Course(experiment, units) for name, units in of_arm.items()}
        self._first_stop = min((stopped.at for stopped in story.stopped.values()), default=None)
        self._together = {
            name: _Course(experiment, [u for u in units if u.assigned_at < self._first_stop])
            for name, units in of_arm.items()
            if self._first_stop
        }
        self._crossed = sorted(unit.assigned_at for unit in story.units if len(unit.arms) > 1)

    def look(self, as_of: datetime, told: Mapping[str, Interval | None]) -> Look:
        """The counts at a moment."""
        experiment = self._experiment
        parts = shares([arm.weight for arm in experiment.arms])
        arms = tuple(
            self._arm(arm.name, part, as_of, told)
            for arm, part in zip(experiment.arms, parts, strict=True)
        )
        filled_at = self._filled_at if self._filled_at and self._filled_at <= as_of else None
        crossed = bisect_right(self._crossed, as_of)
        return Look(as_of, self._story.started_at, arms, filled_at, crossed)

    def _arm(
        self, name: str, share: float, as_of: datetime, told: Mapping[str, Interval | None]
    ) -> ArmCounts:
        course, stopped = self._courses[name], self._story.stopped.get(name)
        is_stopped = stopped is not None and stopped.at <= as_of
        return ArmCounts(
            name,
            share,
            course.funnel(as_of),
            course.tally(course.mature(as_of)).converted,
            course.guardrails(as_of),
            course.tally(self._at_horizon[name]) if self._is_due(as_of) else None,
            self._together[name].funnel(as_of) if self._is_parted(as_of) else None,
            self._story.takes_new and not is_stopped,
            stopped.guardrail if stopped and is_stopped else None,
            told.get(name),
            self._story.forced.get(name, 0),
        )

    def _is_due(self, as_of: datetime) -> bool:
        """Whether all of the first `planned` units are mature."""
        primary = self._experiment.primary
        wait = primary.within + primary.grace
        return self._filled_at is not None and self._filled_at + wait <= as_of

    def _is_parted(self, as_of: datetime) -> bool:
        return self._first_stop is not None and self._first_stop <= as_of


def _summed(units: Sequence[UnitStory], experiment: Experiment, outcome: str) -> list[int]:
    """After none, one, two and so on of the units: how many of them had an outcome in time."""
    return list(accumulate((_had(unit, experiment, outcome) for unit in units), initial=0))


def _had(unit: UnitStory, experiment: Experiment, outcome: str) -> int:
    """1 if it happened inside the window and was told before the grace was over, else 0."""
    begins, primary = unit.assigned_at, experiment.primary
    ends = begins + primary.within
    return int(
        any(
            each.outcome == outcome
            and begins <= each.at <= ends
            and each.told_at <= ends + primary.grace
            for each in unit.happened
        )
    )


def _first_told(units: Sequence[UnitStory], outcome: str) -> list[datetime]:
    """When an outcome was first known of each unit that had it after it was assigned."""
    known = (
        [max(e.at, e.told_at) for e in u.happened if e.outcome == outcome and e.at >= u.assigned_at]
        for u in units
    )
    return sorted(min(times) for times in known if times)
