"""Made-up experiments whose truth is known, and what the product says of them day by day.

Units join on each day, fall to the arms by chance, and convert or not within the window; the
product's own `judge` looks at the counts every day until it has an answer. All counts of a day are
made at once for all experiments; nothing is calculated here that the product calculates.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from service.experiment.experiment import Guardrail, Primary, UnitKind
from service.experiment.reading import ArmCounts, Funnel, Harmed, Interval, Look, Tally, judge
from service.experiment.reading.fixed import equal_rates_p

START = datetime(2026, 1, 5, tzinfo=UTC)
_PRIMARY = Primary("meeting_booked", timedelta(days=14), timedelta(days=2))


@dataclass(frozen=True)
class World:
    """What is true of a kind of experiment, and how it was planned.

    Attributes:
        rates: the primary outcome's, by arm; of single contacts where there are several.
        planned: units of all arms together.
        per_day: how many of them join on each day.
        drawn: the shares by which units really fall to the arms; planned are equal ones.
        opt_outs: the rate of opting out, by arm; empty: nobody looks.
        contacts: how many people there are in each account.
        correlation: of two contacts of one account (intraclass correlation).
    """

    rates: tuple[float, ...]
    planned: int = 1000
    per_day: int = 25
    drawn: tuple[float, ...] = ()
    opt_outs: tuple[float, ...] = ()
    contacts: int = 1
    correlation: float = 0.0
    unit: UnitKind = "account"
    primary: Primary = _PRIMARY

    @property
    def guardrails(self) -> tuple[Guardrail, ...]:
        return (Guardrail("opted_out", margin=0.01),) if self.opt_outs else ()

    @property
    def names(self) -> str:
        """The arms': A, B, and so on."""
        return "ABCDEF"[: len(self.rates)]

    @property
    def joining(self) -> int:
        """Days on which units join."""
        return self.planned // self.per_day

    @property
    def waiting(self) -> int:
        """Days from joining to being mature."""
        return (self.primary.within + self.primary.grace).days


class Counts(NamedTuple):
    """What was counted up to the end of each day: experiments, in them arms, in them days.

    `contacts` that converted are counted at the end only.
    """

    assigned: list[list[list[int]]]
    converted: list[list[list[int]]]
    opted_out: list[list[list[int]]]
    contacts: list[list[int]]


def count(world: World, experiments: int, rng: np.random.Generator) -> Counts:
    """Let so many experiments happen."""
    arms = len(world.rates)
    shape = (experiments, world.joining * world.per_day)
    drawn = world.drawn or (1 / arms,) * arms
    arm = rng.choice(arms, size=shape, p=drawn)
    contacts = _contacts(world, np.asarray(world.rates)[arm], rng)
    opted = rng.random(shape) < np.asarray(world.opt_outs or (0.0,) * arms)[arm]

    def by_day(what: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        parts = [np.where(arm == number, what, 0) for number in range(arms)]
        days = [part.reshape(experiments, -1, world.per_day).sum(axis=2) for part in parts]
        return np.cumsum(np.stack(days, axis=1), axis=2)

    return Counts(
        by_day(np.ones(shape, dtype=np.int64)).tolist(),
        by_day(contacts > 0).tolist(),
        by_day(opted).tolist(),
        by_day(contacts)[:, :, -1].tolist(),
    )


def _contacts(
    world: World, rate: np.ndarray[Any, Any], rng: np.random.Generator
) -> np.ndarray[Any, Any]:
    """How many contacts of each account convert; accounts differ, by the beta distribution."""
    if world.correlation:
        spread = (1 - world.correlation) / world.correlation
        rate = rng.beta(rate * spread, (1 - rate) * spread)
    return rng.binomial(world.contacts, rate)


def endings(world: World, experiments: int, rng: np.random.Generator) -> Counter[str]:
    """The first answers of experiments that somebody looks at every day, until there is one."""
    counts = count(world, experiments, rng)
    return Counter(_ending(world, counts, number) for number in range(experiments))


def look_on(
    world: World, counts: Counts, number: int, day: int, told: Mapping[str, Interval | None]
) -> Look:
    """What the store would count of one experiment in the evening of a day, 0 being the first."""
    last = world.joining - 1
    now, mature = min(day, last), min(day - world.waiting, last)
    arms = []
    for arm, name in enumerate(world.names):
        joined, opted = counts.assigned[number][arm], counts.opted_out[number][arm]
        done = Tally(joined[mature], counts.converted[number][arm][mature])
        if mature < 0:
            done = Tally(0, 0)
        arms.append(
            ArmCounts(
                name,
                1 / len(world.rates),
                Funnel(joined[now], joined[now], joined[now], done.units),
                done.converted,
                {"opted_out": Harmed(opted[now], opted[mature] if mature >= 0 else 0)},
                done if mature == last else None,
                told=told.get(name),
            )
        )
    filled = START + timedelta(days=world.joining) if now == last else None
    return Look(START + timedelta(days=day + 1), START, tuple(arms), filled)


def _ending(world: World, counts: Counts, number: int) -> str:
    told: dict[str, Interval | None] = {}
    for day in range(world.joining + world.waiting):
        judged = judge(world, look_on(world, counts, number, day, told))
        if judged.verdict.code != "collecting":
            return judged.verdict.code
        told = {each.arm: each.so_far for each in judged.comparisons}
    return "collecting"


def naive(world: World, experiments: int, rng: np.random.Generator) -> float:
    """The share of experiments in which contacts, tested as if each were drawn, differ at 5 %."""
    counts = count(world, experiments, rng)
    wrong = 0
    for joined, hits in zip(counts.assigned, counts.contacts, strict=True):
        control, arm = (
            Tally(days[-1] * world.contacts, found)
            for days, found in zip(joined, hits, strict=True)
        )
        wrong += equal_rates_p(control, arm) < 0.05
    return wrong / experiments
