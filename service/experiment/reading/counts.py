"""What is counted: the numbers that a reading is made from, and nothing else.

The unit is what was drawn for an arm, by default an account with all its contacts. A unit counts
in its arm whatever was done with it (intention to treat), as converted or not, once: so contacts
of one account may depend on each other as they like.

Window: a unit is mature when the primary outcome's `within` and `grace` have passed since it
was assigned. Before that it counts neither as converted nor as not: whoever is quick to answer
would count twice as much.

Horizon: the final look is at the first `planned` units in the order they were assigned, once
all of them are mature. What is assigned later, and what happens after a unit's window, changes
nothing in it; so the size of the sample never depends on what was seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from service.experiment.experiment import Guardrail, Primary, UnitKind


class Plan(Protocol):
    """What a reading takes from the experiment's document; `Experiment` has all of it."""

    @property
    def unit(self) -> UnitKind:
        """What is drawn for an arm."""

    @property
    def primary(self) -> Primary:
        """The outcome that decides, and how long is waited for it."""

    @property
    def guardrails(self) -> tuple[Guardrail, ...]:
        """The outcomes that must not become more."""

    @property
    def planned(self) -> int:
        """Units in all arms together that the final look is made with."""


class Tally(NamedTuple):
    """Mature units, and how many of them converted."""

    units: int
    converted: int

    @property
    def rate(self) -> float | None:
        """The share that converted, 0 to 1; None without units."""
        return self.converted / self.units if self.units else None


class Funnel(NamedTuple):
    """How many units got how far.

    Attributes:
        assigned: drawn for the arm.
        exposed: of those, for whom a decision was answered.
        diverged: of those, for whom another arm would have answered something else.
        mature: of the assigned, whose window and grace are over.
    """

    assigned: int
    exposed: int
    diverged: int
    mature: int


class Harmed(NamedTuple):
    """Units with at least one guardrail outcome: of all so far, and of the mature ones."""

    so_far: int
    mature: int


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, shares of 1 or differences between them."""

    low: float
    high: float

    def excludes_zero(self) -> bool:
        """Whether all of it lies on one side of zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class ArmCounts:
    """What was counted in one arm in one phase. Forced units are in no number but `forced`.

    Attributes:
        name: the arm's.
        share: what part of the assigned units it should get, 0 to 1; of all arms they add to 1.
        funnel: how many units got how far.
        converted: mature units with the primary outcome inside their window.
        guardrails: by outcome; one that is left out has happened to nobody.
        at_horizon: the arm's part of the first `planned` units; None until all of those are mature.
        together: the funnel of units assigned while all arms took new ones, where one stopped; it
            is what the split is checked with. None: no arm has stopped.
        takes_new: whether units are still assigned to it.
        paused_by: the guardrail outcome for which it was paused earlier.
        told: what readings before this one told of `Comparison.so_far`. Kept, a reading narrows and
            never takes back; None: there was none.
        forced: units that somebody put into the arm by hand.
    """

    name: str
    share: float
    funnel: Funnel
    converted: int
    guardrails: Mapping[str, Harmed] = field(default_factory=dict)
    at_horizon: Tally | None = None
    together: Funnel | None = None
    takes_new: bool = True
    paused_by: str | None = None
    told: Interval | None = None
    forced: int = 0

    @property
    def mature(self) -> Tally:
        """The units that count by now."""
        return Tally(self.funnel.mature, self.converted)

    def harmed(self, outcome: str) -> Harmed:
        """How many units had a guardrail outcome."""
        return self.guardrails.get(outcome, Harmed(0, 0))


@dataclass(frozen=True)
class Look:
    """One look at one phase of an experiment.

    Attributes:
        as_of: the moment up to which was counted.
        started_at: when the phase began.
        arms: at least two; the first is the control.
        filled_at: when the last of the first `planned` units was assigned; None: not yet.
        crossover: units that met more than one arm, as after two accounts were merged.

    Raises:
        ValueError: if there are fewer than two arms, or their shares do not add up to 1.
    """

    as_of: datetime
    started_at: datetime
    arms: tuple[ArmCounts, ...]
    filled_at: datetime | None = None
    crossover: int = 0

    def __post_init__(self) -> None:
        total = sum(arm.share for arm in self.arms)
        if len(self.arms) < 2 or abs(total - 1) > 1e-6:  # noqa: PLR2004 - two, and rounding
            raise ValueError(
                f"{len(self.arms)} arms have shares that add up to {total:g}: a look needs two or "
                "more arms, and shares that add up to 1"
            )

    @property
    def control(self) -> ArmCounts:
        """The arm that the others are compared with."""
        return self.arms[0]

    @property
    def treatments(self) -> tuple[ArmCounts, ...]:
        """The other arms."""
        return self.arms[1:]

    @property
    def assigned(self) -> int:
        """Units in all arms."""
        return sum(arm.funnel.assigned for arm in self.arms)
