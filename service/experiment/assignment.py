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
#: (it has a row), `assigned` (it is to get one), `shipped` (the arm that was chosen in the end;
#: no row, not counted). Without: the usual playbook decides.
Reason = Literal[
    "not_running",
    "forced",
    "sticky",
    "holdout",
    "not_in_audience",
    "not_in_namespace",
    "other_experiment",
    "not_in_coverage",
    "stopped_arm",
    "assigned",
    "shipped",
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


class Seeds(NamedTuple):
    """The hashed seeds: of the holdout, of the namespace, and of the phase."""

    holdout: int
    namespace: int
    phase: int


@dataclass(frozen=True)
class Running:
    """An experiment made ready. Everything that does not hang on the unit is worked out once.

    `phases` stand in order, the last is now. `coverage` is the one in force, which may have
    grown since the start. `is_enrolling` says whether units are still taken in, `is_decided`
    whether somebody has ended it. `shipped` is the arm that was chosen in the end: from then on
    nobody is taken in, and all of the audience that is not held out gets it, whatever the slice
    and the coverage were.
    `deployment_seed` is the same for all experiments of a deployment, so that the same units
    stand outside of all, whoever is held out by a smaller share is held out by a larger, and
    slices of one namespace part the units.
    """

    experiment: Experiment
    phases: tuple[Phase, ...]
    coverage: float
    deployment_seed: str
    is_enrolling: bool = True
    is_decided: bool = False
    shipped: Arm | None = None

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
    def seeded(self) -> Seeds:
        """What is hashed; each of the deployment's seeds has a salt of its own."""
        name, seed = self.experiment.namespace.name, self.deployment_seed
        salted = (f"{seed}/holdout", f"{seed}/namespace/{name}", self.phase.seed)
        return Seeds(*(fnv1a32(code_units(each)) for each in salted))

    def forced_arm(self, name: str | None) -> Arm | None:
        """The arm of a name, where it may be forced: in the present phase, stopped or not."""
        may_be = self.is_enrolling and self.shipped is None
        return self.phase.arm(name) if name and may_be else None

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
    applies: forced, sticky, not running, holdout, audience, shipped, namespace, coverage. A row
    holds when the audience no longer does, when the coverage is 0 and when the arm is stopped,
    for what a unit is may change because of the arm it is in. Where a row or a forced name
    means no arm that there is, it counts for nothing.
    """
    if arm := running.forced_arm(forced):
        return Assignment(running.name, running.phase.number, arm, unit, "forced")
    if (arm := running.standing_arm(row)) and row:
        return Assignment(
            running.name, row.phase, arm, row.unit, "sticky", row.bucket, row.propensity
        )
    if not running.is_enrolling and running.shipped is None:
        return running.without_arm(unit, "not_running")
    units = code_units(unit.key)
    if bucket_after(running.seeded.holdout, units) < running.experiment.holdout:
        return running.without_arm(unit, "holdout")
    belongs, unknown = running.experiment.audience.judge(prospect)
    if not belongs:
        return running.without_arm(unit, "not_in_audience")._replace(unknown=unknown)
    if running.shipped is not None:
        return Assignment(running.name, running.phase.number, running.shipped, unit, "shipped")
    return _drawn(running, unit, units)


def _drawn(running: Running, unit: Unit, units: Sequence[int]) -> Assignment:
    """What the hash says of a unit of the audience; `units` are the code units of its key."""
    if not running.experiment.namespace.holds(bucket_after(running.seeded.namespace, units)):
        return running.without_arm(unit, "not_in_namespace")
    place, phase = bucket_after(running.seeded.phase, units), running.phase
    number = choose(place, running.ranges)
    if number is None:
        return running.without_arm(unit, "not_in_coverage", place)
    arm = phase.arms[number]
    if arm.name in phase.stopped:
        return running.without_arm(unit, "stopped_arm", place)
    chance = running.shares[number]
    return Assignment(running.name, phase.number, arm, unit, "assigned", place, chance)


def resolve(
    running: Sequence[Running],
    prospect: Mapping[str, object],
    identity: Identity,
    rows: Mapping[str, Standing],
    forced: Mapping[str, str],
) -> tuple[Assignment, ...]:
    """What each experiment says; one of them at most gives an arm.

    Every experiment chooses the playbook of a decision, so a unit is in one at most, whatever
    their namespaces. `running` stand in the order in which they are to be asked: those that run
    or are stopped, the first to start first, then those that were decided, the last to be decided
    first, so that what is shipped gives way to whoever takes the unit in. `rows` and `forced` go
    by their names.

    An arm that is forced comes before all others, then one that stands in a row of an experiment
    that was not decided; else the first that takes the unit in has it. What stands in a row of a
    decided one holds until another experiment takes the unit in. Where slices overlap the first
    to start takes its share, and the next takes of the rest. That leaves the later one fair: whom
    it does not see is settled by the seed of the earlier, which knows nothing of its arms. With a
    coverage of 100 % and no slice the first leaves nobody of its audience.
    """
    holder = next((r for r in running if r.forced_arm(forced.get(r.name))), None) or next(
        (r for r in running if not r.is_decided and r.standing_arm(rows.get(r.name))), None
    )
    found: list[Assignment] = []
    is_taken = False
    for each in running:
        unit = next(units_of(each.experiment.unit, identity))
        if is_taken or (holder is not None and each is not holder):
            found.append(each.without_arm(unit, "other_experiment"))
            continue
        name = each.name
        found.append(assign(each, prospect, unit, rows.get(name), forced.get(name)))
        is_taken = found[-1].arm is not None
    return tuple(found)
