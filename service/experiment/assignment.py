"""The arm of a unit, and why: the same unit has the same arm for as long as it lasts.

A row in the store holds first; the hash decides only for those who have none. What decides
besides is settled when a phase begins: weights, arms, seed. Other weights or arms are a new
phase with a new seed, and whoever was in an earlier one stays there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from service.experiment.buckets import (
    HASH_VERSION,
    Range,
    bucket_after,
    choose,
    code_units,
    fnv1a32,
    ranges,
    shares,
)
from service.experiment.experiment import Arm, Experiment
from service.experiment.units import Identity, Unit, units_of

#: Why a unit has its arm, or none. With an arm: `forced` (for testing; not counted), `sticky`
#: (it has a row), `assigned` (it is to get one). Without: the usual playbook decides.
Reason = Literal[
    "not_running",
    "forced",
    "sticky",
    "holdout",
    "not_in_audience",
    "other_experiment",
    "not_in_coverage",
    "stopped_arm",
    "assigned",
]


@dataclass(frozen=True)
class Phase:
    """A time in which weights and arms are the same.

    `seed` is drawn at random when it begins. `stopped` are arms that take nobody in any more:
    their places stay theirs, so nobody else moves.

    Raises:
        ValueError: the hash of that version is not known here.
    """

    number: int
    seed: str
    arms: tuple[Arm, ...]
    stopped: frozenset[str] = frozenset()
    hash_version: int = HASH_VERSION

    def __post_init__(self) -> None:
        """Another hash would move everybody, so it is not guessed at."""
        if self.hash_version != HASH_VERSION:
            message = f"phase {self.number} was hashed by version {self.hash_version}"
            raise ValueError(f"{message}, and only version {HASH_VERSION} is known")

    def arm(self, name: str | None) -> Arm | None:
        """The arm of a name; None where there is none."""
        return next((arm for arm in self.arms if arm.name == name), None)


class Standing(NamedTuple):
    """A row of the store: the arm that a unit was given."""

    unit: Unit
    phase: int
    arm: str
    bucket: float
    propensity: float


class Assignment(NamedTuple):
    """What an experiment says of a unit.

    `arm` is None where the usual playbook decides. `bucket` is its place among all units, None
    where nobody asked for it; `propensity` the chance that it had of this arm, None where chance
    did not decide. `unknown` are the facts for want of which it is `not_in_audience`.
    """

    experiment: str
    phase: int
    arm: Arm | None
    unit: Unit
    reason: Reason
    bucket: float | None = None
    propensity: float | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Running:
    """An experiment made ready. Everything that does not hang on the unit is worked out once.

    `phases` stand in order, the last is now. `coverage` is the one in force, which may have
    grown since the start. `is_enrolling` says whether units are still taken in.
    `holdout_seed` is the same for all experiments of a deployment, so that the same units
    stand outside of all, and whoever is held out by a smaller share is held out by a larger.
    """

    experiment: Experiment
    phases: tuple[Phase, ...]
    coverage: float
    holdout_seed: str
    is_enrolling: bool = True

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.experiment.name

    @property
    def phase(self) -> Phase:
        """The phase that takes units in."""
        return self.phases[-1]

    @cached_property
    def shares(self) -> tuple[float, ...]:
        """The chance of each arm, for a unit that takes part."""
        return shares([arm.weight for arm in self.phase.arms])

    @cached_property
    def ranges(self) -> tuple[Range, ...]:
        """The places of each arm."""
        return ranges(self.coverage, self.shares)

    @cached_property
    def seeded(self) -> tuple[int, int]:
        """The hashed seeds of the holdout and of the phase."""
        return fnv1a32(code_units(self.holdout_seed)), fnv1a32(code_units(self.phase.seed))

    def forced_arm(self, name: str | None) -> Arm | None:
        """The arm of a name, where it may be forced: in the present phase, stopped or not."""
        return self.phase.arm(name) if name and self.is_enrolling else None

    def standing_arm(self, row: Standing | None) -> Arm | None:
        """The arm of a row, in the phase of the row."""
        phases = self.phases if row else ()
        return next((p.arm(row.arm) for p in phases if row and p.number == row.phase), None)

    def without_arm(self, unit: Unit, reason: Reason, bucket: float | None = None) -> Assignment:
        """That the experiment leaves a unit to the usual playbook, and why."""
        return Assignment(self.name, self.phase.number, None, unit, reason, bucket)


def assign(
    running: Running,
    prospect: Mapping[str, object],
    unit: Unit,
    row: Standing | None = None,
    forced: str | None = None,
) -> Assignment:
    """What one experiment says of a unit, whatever the others say.

    `prospect` is that of the request, as it came; `row` what the store has of the unit;
    `forced` the name of the arm that somebody forced on it. In this order, the first that
    applies: forced, sticky, not running, holdout, audience, coverage. A row holds when the
    audience no longer does, when the coverage is 0 and when the arm is stopped, for what a unit
    is may change because of the arm it is in. Where a row or a forced name means no arm that
    there is, it counts for nothing.
    """
    now = running.phase
    if arm := running.forced_arm(forced):
        return Assignment(running.name, now.number, arm, unit, "forced")
    if (arm := running.standing_arm(row)) and row:
        return Assignment(
            running.name, row.phase, arm, row.unit, "sticky", row.bucket, row.propensity
        )
    if not running.is_enrolling:
        return running.without_arm(unit, "not_running")
    units = code_units(unit.key)
    held_out, seeded = running.seeded
    if bucket_after(held_out, units) < running.experiment.holdout:
        return running.without_arm(unit, "holdout")
    belongs, unknown = running.experiment.audience.judge(prospect)
    if not belongs:
        return running.without_arm(unit, "not_in_audience")._replace(unknown=unknown)
    place = bucket_after(seeded, units)
    number = choose(place, running.ranges)
    if number is None:
        return running.without_arm(unit, "not_in_coverage", place)
    arm = now.arms[number]
    if arm.name in now.stopped:
        return running.without_arm(unit, "stopped_arm", place)
    chance = running.shares[number]
    return Assignment(running.name, now.number, arm, unit, "assigned", place, chance)


def resolve(
    running: Sequence[Running],
    prospect: Mapping[str, object],
    identity: Identity,
    rows: Mapping[str, Standing],
    forced: Mapping[str, str],
) -> tuple[Assignment, ...]:
    """What each experiment of one namespace says; one of them at most gives an arm.

    `running` stand in the order of their start; `rows` and `forced` go by their names. An arm
    that is forced comes before all others, then one that stands in a row; else the first that
    takes the unit in has it. No experiment owns a part of the namespace: the first to start
    takes its share, and the next takes of the rest. That leaves the later one fair: whom it
    does not see is settled by the seed of the earlier, which knows nothing of its arms. With
    a coverage of 100 % the first leaves nobody of its audience.
    """
    holder = next((r for r in running if r.forced_arm(forced.get(r.name))), None) or next(
        (r for r in running if r.standing_arm(rows.get(r.name))), None
    )
    found: list[Assignment] = []
    is_taken = False
    for each in running:
        unit = units_of(each.experiment.unit, identity)[0]
        if is_taken or (holder is not None and each is not holder):
            found.append(each.without_arm(unit, "other_experiment"))
            continue
        name = each.name
        found.append(assign(each, prospect, unit, rows.get(name), forced.get(name)))
        is_taken = found[-1].arm is not None
    return tuple(found)
