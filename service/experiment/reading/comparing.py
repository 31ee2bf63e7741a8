"""One arm against the control: the reading that is good at any time, and the final look.

The chance of 5 % to be wrong is split: 1 % for looking whenever somebody likes, 4 % for one look at
the planned size. Either part alone holds whatever was done with the other (Bonferroni), and
looking at any time alone would cost a third of the power at the sizes of sales.
"""

from dataclasses import dataclass

from service.experiment.reading.anytime import AlwaysValid, always_valid
from service.experiment.reading.counts import ArmCounts, Interval, Look, Plan, Tally
from service.experiment.reading.fixed import equal_rates_p, holm, newcombe

ANYTIME_ALPHA = 0.01
FINAL_ALPHA = 0.04


@dataclass(frozen=True)
class FinalLook:
    """The arm against the control among the first `planned` units.

    `p` is corrected for the number of arms (Holm); `interval` is Newcombe's at 96 %.
    """

    control: Tally
    arm: Tally
    interval: Interval
    p: float

    @property
    def is_clear(self) -> bool:
        """Whether the arms differ: by the test, and by the interval that people see."""
        return self.p < FINAL_ALPHA and self.interval.excludes_zero()


def anytime_alpha(look: Look) -> float:
    """The chance of error of each always-valid interval: 1 %, shared among the comparisons."""
    return ANYTIME_ALPHA / len(look.treatments)


def any_time(plan: Plan, look: Look, arm: ArmCounts) -> AlwaysValid | None:
    """What the counts of this look say by themselves, at any time."""
    planned = plan.planned * (arm.share + look.control.share)
    return always_valid(look.control.mature, arm.mature, alpha=anytime_alpha(look), planned=planned)


def so_far(arm: ArmCounts, now: AlwaysValid | None) -> Interval | None:
    """What all looks together have told: where their intervals overlap.

    Where they do not overlap any more, which the truth does to them with a chance of 1 % at most,
    what was told first stands.
    """
    if arm.told is None or now is None:
        return arm.told or (now.interval if now else None)
    low, high = max(arm.told.low, now.interval.low), min(arm.told.high, now.interval.high)
    return Interval(low, high) if low <= high else arm.told


def final_looks(plan: Plan, look: Look) -> dict[str, FinalLook]:
    """By arm the final look; empty until the first `planned` units are mature."""
    tallies = [arm.at_horizon for arm in look.arms if arm.at_horizon and arm.at_horizon.units]
    if len(tallies) < len(look.arms) or sum(tally.units for tally in tallies) < plan.planned:
        return {}
    control, *others = tallies
    corrected = holm([equal_rates_p(control, other) for other in others])
    return {
        arm.name: FinalLook(control, other, newcombe(control, other, FINAL_ALPHA), p)
        for arm, other, p in zip(look.treatments, others, corrected, strict=True)
    }
