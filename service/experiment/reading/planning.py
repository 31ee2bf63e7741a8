"""How long an experiment takes, and what it can find: before it starts.

The size is that of a two-sided test of two rates (z for the normal quantiles, p the mean rate):

    n per arm = ((z[1-alpha/2] sqrt(2 p (1-p)) + z[1-beta] sqrt(p1 (1-p1) + p2 (1-p2))) / (p2-p1))^2

as statsmodels has it; alpha is the 4 % of the final look, shared among the arms that are compared
with the control; the power is 80 %. Units are what is drawn, so no allowance for clusters is due.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

from service.experiment.experiment import UnitKind
from service.experiment.reading.comparing import FINAL_ALPHA
from service.experiment.reading.sentences import UNITS

POWER = 0.80
#: Weeks differ from each other, and days of the week do more so.
LEAST_WEEKS = 2
#: Ten years; nobody waits longer for an answer.
MOST_WEEKS = 520
#: Smaller differences, as shares, nobody asks for, and no computer tells from none.
LEAST_EFFECT = 1e-6


@dataclass(frozen=True)
class Outlook:
    """What an experiment of a size can find, and when it answers.

    Attributes:
        units: units of all arms together that take part.
        rate: the present rate, which the control is expected to have.
        effect: the difference that is found in 80 of 100 such experiments; None: none can be.
        weeks: whole weeks in which units are assigned.
        answer_after: from the start to the final look: those weeks, the window and the grace.
    """

    units: int
    rate: float
    effect: float | None
    weeks: int
    answer_after: timedelta

    @property
    def answer_after_days(self) -> int:
        """The same in whole days."""
        return math.ceil(self.answer_after / timedelta(days=1))

    def to_json(self, unit: UnitKind) -> dict[str, object]:
        """The form in an answer."""
        return {
            "units": self.units,
            "rate": self.rate,
            "effect": self.effect,
            "weeks": self.weeks,
            "answer_after_days": self.answer_after_days,
            "text": self.text(unit),
        }

    def text(self, unit: UnitKind) -> str:
        """All of it in a sentence or two."""
        size = (
            f"{self.units:,} {UNITS[unit]} in {self.weeks} weeks, and a fair answer "
            f"{self.answer_after_days} days after the start. "
        )
        if self.effect is None:
            return size + "That is too few to find any difference: take longer, or let more join."
        found = (
            f"It would show, four times in five, that {(self.rate + self.effect) * 100:.3g} of 100 "
            f"convert instead of {self.rate * 100:.3g}."
        )
        if self.effect < self.rate:
            return size + found
        return (
            f"{size}{found} No follow-up is likely to do that much: take longer, count an outcome "
            "that is more frequent, or test a bolder change."
        )


def effect_within(
    *,
    weeks: int,
    units_per_week: float,
    rate: float,
    window: timedelta,
    coverage: float = 1.0,
    arms: int = 2,
) -> Outlook:
    """What can be found when units join for so many weeks.

    Args:
        weeks: whole weeks; fewer than two are taken for two.
        units_per_week: how many new units of the audience turn up.
        rate: the present rate of the primary outcome, 0 to 1.
        window: `within` and `grace` together.
        coverage: the share of the audience that takes part.
        arms: of equal weight, the control included.
    """
    weeks = max(weeks, LEAST_WEEKS)
    units = int(weeks * units_per_week * coverage)
    effect = findable(units / arms, units / arms, rate, arms - 1)
    return Outlook(units, rate, effect, weeks, timedelta(weeks=weeks) + window)


def weeks_for(
    *,
    effect: float,
    units_per_week: float,
    rate: float,
    window: timedelta,
    coverage: float = 1.0,
    arms: int = 2,
) -> Outlook:
    """How long it takes to find a difference; the arguments are those of `effect_within`.

    Raises:
        ValueError: if no units join, the effect leads to no rate between 0 and 1, or it would
            take more than ten years.
    """
    if units_per_week * coverage <= 0:
        raise ValueError("no units join: units per week and coverage have to be above 0")
    if abs(effect) < LEAST_EFFECT or not 0 <= rate + effect <= 1:
        raise ValueError(
            f"from a rate of {rate * 100:g} %, a difference of {effect * 100:g} % leads to no "
            "other rate from 0 to 100 %: ask for another; 3 % or 0.03 is 3 more in 100"
        )
    units = arms * units_per_arm(rate, effect, arms - 1)
    weeks = max(LEAST_WEEKS, math.ceil(units / (units_per_week * coverage)))
    if weeks > MOST_WEEKS:
        raise ValueError("that would take more than ten years: look for a larger difference")
    return Outlook(units, rate, effect, weeks, timedelta(weeks=weeks) + window)


def units_per_arm(rate: float, effect: float, comparisons: int = 1) -> int:
    """Units in each arm with which a difference is found, by the formula above."""
    from statsmodels.stats.proportion import (  # noqa: PLC0415 - loaded when asked for
        samplesize_proportions_2indep_onetail,
    )

    needed = samplesize_proportions_2indep_onetail(
        effect, rate, POWER, alpha=FINAL_ALPHA / comparisons
    )
    return math.ceil(float(needed))


def findable(control: float, arm: float, rate: float, comparisons: int = 1) -> float | None:
    """The smallest rise that so many units of two arms find; None where there is none.

    Args:
        control: units of the control; not whole where they are only expected.
        arm: units of the other arm.
        rate: the control's, 0 to 1.
        comparisons: the arms that are compared with the control.
    """
    from scipy.optimize import brentq  # noqa: PLC0415 - loaded when asked for
    from statsmodels.stats.proportion import power_proportions_2indep  # noqa: PLC0415

    if control < 1 or arm < 1:
        return None

    def surplus(effect: float) -> float:
        power = power_proportions_2indep(
            effect,
            rate,
            arm,
            ratio=control / arm,
            alpha=FINAL_ALPHA / comparisons,
            return_results=False,
        )
        return float(power) - POWER

    most = 1 - rate - 1e-9
    if most <= LEAST_EFFECT or surplus(most) < 0:
        return None
    if surplus(LEAST_EFFECT) >= 0:
        return LEAST_EFFECT
    return float(brentq(surplus, LEAST_EFFECT, most, xtol=1e-7))
