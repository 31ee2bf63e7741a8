"""What an experiment says: the arms, who takes part, and what is counted."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from service.experiment.audience import Audience
from service.playbook.diagnostics import Place
from service.playbook.vocabulary import OutcomeWord

UnitKind = Literal["account", "email_domain", "prospect"]


@dataclass(frozen=True)
class Arm:
    """One of the playbooks that are compared. `version` is None for whichever is active."""

    name: str
    playbook: str
    version: int | None = None
    weight: int = 1


@dataclass(frozen=True)
class Primary:
    """What decides: an outcome within a time of joining; `grace` is waited for late news of it."""

    outcome: OutcomeWord
    within: timedelta
    grace: timedelta


@dataclass(frozen=True)
class Guardrail:
    """An outcome that nobody wants, with one of two bounds, both shares of all units.

    `margin`: at most so much more than in the first arm; `limit`: at most so much in any arm.
    """

    outcome: OutcomeWord
    margin: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Namespace:
    """A way to share out the units: of its places those from `from_` (included) to `to`.

    Experiments of one namespace that count by the same unit, and whose slices do not overlap,
    never take in the same one.
    """

    name: str
    from_: float = 0.0
    to: float = 1.0

    def holds(self, place: float) -> bool:
        """Whether a place from 0 to 0.9999 lies within."""
        return self.from_ <= place < self.to


@dataclass(frozen=True)
class Experiment:
    """An experiment as it was written down. The first of its arms is the control.

    `coverage` and `holdout` are shares from 0 to 1; `planned` counts units in all arms
    together. `digest` is that of everything that decides or counts: same words, same digest.
    `places` are where the playbook of each arm stands in the text.
    """

    name: str
    title: str
    hypothesis: str
    arms: tuple[Arm, ...]
    audience: Audience
    unit: UnitKind
    coverage: float
    holdout: float
    namespace: Namespace
    primary: Primary
    guardrails: tuple[Guardrail, ...]
    planned: int
    digest: str
    places: tuple[Place, ...]
