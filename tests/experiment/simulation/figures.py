"""The figures that the reading of experiments is held to, each with its bound.

Names: a false verdict is any that says one arm is better where none is.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from service.experiment.buckets import bucket, choose, ranges, shares
from service.experiment.reading import effect_within
from service.experiment.reading.health import split_at
from tests.experiment.simulation.worlds import World, count, endings, look_on, naive

EARLY = ("early_winner", "early_loser")
FALSE = (*EARLY, "winner", "winner_guardrail_open", "loser")
RIGHT = ("early_winner", "winner")
#: Accounts of three contacts who are alike: a variance 1.6 times that of strangers.
CLUSTERS = {"contacts": 3, "correlation": 0.3}
NULLS = {
    "A/A, 5 % convert": World((0.05, 0.05)),
    "A/A, 20 % convert": World((0.20, 0.20)),
    "A/A, 2 % convert, 2,000 units": World((0.02, 0.02), planned=2000, per_day=50),
    "A/A/A, 8 % convert, 1,200 units": World((0.08,) * 3, planned=1200, per_day=30),
}


@dataclass(frozen=True)
class Figure:
    """One measured share, and what it has to be: at least `least`, at most `most`."""

    name: str
    share: float
    least: float = 0.0
    most: float = 1.0

    @property
    def is_met(self) -> bool:
        return self.least <= self.share <= self.most

    @property
    def bound(self) -> str:
        if self.least and self.most < 1:
            return f"{self.least:.1%} to {self.most:.1%}"
        if self.least:
            return f"at least {self.least:.1%}"
        return f"at most {self.most:.1%}" if self.most < 1 else "shown only"


def error(share: float, experiments: int) -> float:
    """Three standard errors of a share that was found in so many experiments."""
    return 3 * math.sqrt(share * (1 - share) / experiments)


def figures(experiments: int, seed: int, slack: float = 0.0) -> Iterator[Figure]:
    """All figures; `slack` is how many times the error a bound on false verdicts is widened by."""
    rng = np.random.default_rng(seed)
    yield from _weights(500 * experiments, seed)

    def most(bound: float) -> float:
        return bound + slack * error(bound, experiments)

    for name, world in NULLS.items():
        ends = endings(world, experiments, rng)
        yield Figure(f"{name}: false verdicts in all", _share(ends, *FALSE), most=most(0.05))
        yield Figure("    of these early ones", _share(ends, *EARLY), most=most(0.01))
        yield Figure("    called unhealthy", _share(ends, "unhealthy"), most=most(0.01))
    yield from _clusters(experiments, rng, most(0.05))
    yield from _power(experiments, rng)
    yield from _faults(experiments, rng)
    yield from _harm(experiments, rng, most(0.05))


def _weights(units: int, seed: int) -> Iterator[Figure]:
    """Units fall to the arms as their weights say, within five standard deviations."""
    parts = shares((1, 2, 7))
    of = ranges(1.0, parts)
    found = Counter(choose(bucket(f"{seed}", f"a-{unit}"), of) for unit in range(units))
    for number, part in enumerate(parts):
        spread = 5 * math.sqrt(part * (1 - part) / units)
        name = f"{units:,} units: in the arm that gets {part:.0%}"
        yield Figure(name, found[number] / units, part - spread, part + spread)


def _clusters(experiments: int, rng: np.random.Generator, most: float) -> Iterator[Figure]:
    world = World((0.05, 0.05), **CLUSTERS)
    ends = endings(world, experiments, rng)
    yield Figure(
        "A/A, 3 contacts per account, correlated 0.3: false", _share(ends, *FALSE), most=most
    )
    apart = naive(world, experiments, rng)
    yield Figure("    a test of contacts, one look, would say 5 %: false", apart)


def _power(experiments: int, rng: np.random.Generator) -> Iterator[Figure]:
    for rate, weekly, weeks in ((0.05, 250, 8), (0.20, 200, 6)):
        window = timedelta(days=16)
        outlook = effect_within(weeks=weeks, units_per_week=weekly, rate=rate, window=window)
        assert outlook.effect is not None
        better = rate + outlook.effect
        world = World((rate, better), planned=outlook.units, per_day=weekly // 5)
        ends = endings(world, experiments, rng)
        around = error(0.80, experiments)
        yield Figure(
            f"{rate:.0%} against {better:.1%}, {outlook.units:,} units: found; 80 % promised",
            _share(ends, *RIGHT),
            0.80 - around,
            0.80 + around,
        )
        yield Figure("    of these early ones", _share(ends, "early_winner"))
        yield Figure("    the wrong way round", _share(ends, "early_loser", "loser"), most=0.001)


def _faults(experiments: int, rng: np.random.Generator) -> Iterator[Figure]:
    world = World((0.05, 0.05), planned=500, drawn=(0.6, 0.4))
    counts = count(world, experiments, rng)
    last = [look_on(world, counts, number, world.joining - 1, {}) for number in range(experiments)]
    noticed = sum(split_at(look, "assigned").verdict != "ok" for look in last) / experiments
    yield Figure("60/40 instead of half and half, at 500 units: noticed", noticed, 0.85)
    blocked = _share(endings(world, experiments, rng), "unhealthy")
    yield Figure("    looked at daily: verdict blocked", blocked, 0.80)


def _harm(experiments: int, rng: np.random.Generator, most: float) -> Iterator[Figure]:
    quiet = World((0.05, 0.05), planned=2000, per_day=50, opt_outs=(0.01, 0.01))
    ends = endings(quiet, experiments, rng)
    yield Figure(
        "opt-outs 1 % in both arms: paused for nothing", _share(ends, "stopped_for_harm"), most=most
    )
    loud = World((0.05, 0.05), planned=2000, per_day=50, opt_outs=(0.01, 0.03))
    ends = endings(loud, experiments, rng)
    yield Figure(
        "opt-outs 1 % against 3 %, 2,000 units: paused", _share(ends, "stopped_for_harm"), 0.60
    )


def _share(ends: Counter[str], *codes: str) -> float:
    return sum(ends[code] for code in codes) / ends.total()
