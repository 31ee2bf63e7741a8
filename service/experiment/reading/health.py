"""Whether the numbers may be used at all: did units fall to the arms as they should?

A split that chance does not explain (sample-ratio mismatch) means that units got lost, or came
twice, depending on the arm; no statistics mends that.
"""

import math
from dataclasses import dataclass
from typing import Literal

from service.experiment.reading.anytime import e_value, log_split_e
from service.experiment.reading.counts import Look
from service.experiment.reading.fixed import LEAST_EXPECTED, split_p

Stage = Literal["assigned", "exposed", "diverged", "mature"]
STAGES: tuple[Stage, ...] = ("assigned", "exposed", "diverged", "mature")
#: The e-value from which on no verdict is given.
BLOCKS_AT = 100
#: The p value of the chi-square test below which the split is worth a look.
WARNS_BELOW = 0.001
#: How sure the bet is of the shares: with 100 a 60/40 split is found among 500 units; with
#: the 10,000 of the published library it never is.
CONCENTRATION = 100
#: Fewer units than this say nothing about a split.
LEAST_UNITS = 100
#: From this share of units in more than one arm on, the arms are no longer apart.
MOST_CROSSOVER = 0.01


@dataclass(frozen=True)
class Split:
    """How the units that got as far as `stage` fell to the arms, in the look's order.

    `p` is None where they are too few for the chi-square test.
    """

    stage: Stage
    observed: tuple[int, ...]
    expected: tuple[float, ...]
    p: float | None
    e_value: float
    verdict: Literal["ok", "warn", "blocked"]


@dataclass(frozen=True)
class Health:
    """The splits at all stages, the units in more than one arm, and whether a verdict is given."""

    splits: tuple[Split, ...]
    crossover: int
    forced: int
    verdict: Literal["ok", "warn", "blocked"]


def broken_split(look: Look) -> Stage | None:
    """The first stage whose split blocks a verdict."""
    return next((stage for stage in STAGES if _log_e(look, stage) >= math.log(BLOCKS_AT)), None)


def is_crossed(look: Look) -> bool:
    """Whether too many units met more than one arm."""
    return look.crossover > MOST_CROSSOVER * look.assigned


def check(look: Look) -> Health:
    """All there is to say about the health of an experiment."""
    splits = tuple(split_at(look, stage) for stage in STAGES)
    worst = {split.verdict for split in splits}
    blocked = "blocked" in worst or is_crossed(look)
    verdict: Literal["ok", "warn", "blocked"] = (
        "blocked" if blocked else "warn" if "warn" in worst else "ok"
    )
    return Health(splits, look.crossover, sum(arm.forced for arm in look.arms), verdict)


def split_at(look: Look, stage: Stage) -> Split:
    """How the units fell to the arms at one stage."""
    observed = _observed(look, stage)
    total = sum(observed)
    expected = tuple(total * arm.share for arm in look.arms)
    enough = total >= LEAST_UNITS and min(expected) >= LEAST_EXPECTED
    p = split_p(observed, [arm.share for arm in look.arms]) if enough else None
    log_e = _log_e(look, stage)
    verdict: Literal["ok", "warn", "blocked"] = "ok"
    if log_e >= math.log(BLOCKS_AT):
        verdict = "blocked"
    elif p is not None and p < WARNS_BELOW:
        verdict = "warn"
    return Split(stage, observed, expected, p, e_value(log_e), verdict)


def _log_e(look: Look, stage: Stage) -> float:
    shares = [arm.share for arm in look.arms]
    return log_split_e(_observed(look, stage), shares, [CONCENTRATION * share for share in shares])


def _observed(look: Look, stage: Stage) -> tuple[int, ...]:
    return tuple(getattr(arm.together or arm.funnel, stage) for arm in look.arms)
