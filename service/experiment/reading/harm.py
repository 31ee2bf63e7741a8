"""Guardrails: what must not become more, and when an arm is paused for it.

Harm counts as it happens, in units with at least one such event, mature or not: an alarm that
waits thirty days is none.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

from service.experiment.experiment import Guardrail
from service.experiment.reading.anytime import e_value, log_excess_e
from service.experiment.reading.counts import ArmCounts, Look, Tally
from service.experiment.reading.fixed import newcombe, wilson

#: The e-value from which on an arm is paused: a false alarm has a chance of 1 in 20 at most.
PAUSES_AT = 20
#: How sure the bet is that harm is shared as the units are.
CONCENTRATION = 20
#: Upper bounds are one-sided, at 95 %: one end of an interval at 90 %.
_ALPHA = 0.10


class Alarm(NamedTuple):
    """The bets against "no harm" in one arm, as logarithms of their e-values.

    `log_against_control` is None in the control, `log_against_limit` where the guardrail has no
    limit.
    """

    guardrail: Guardrail
    log_against_control: float | None
    log_against_limit: float | None

    @property
    def rings(self) -> bool:
        """Whether one of them is won."""
        logs = (self.log_against_control, self.log_against_limit)
        return any(log is not None and log >= math.log(PAUSES_AT) for log in logs)


@dataclass(frozen=True)
class Bound:
    """How one guardrail stands in one arm.

    Attributes:
        units, events: units assigned, and those of them with the outcome.
        e_value: of more than the control's share of events; None in the control.
        limit_e_value: of more than the limit; None without one.
        upper: of the mature units, the one-sided 95 % upper bound of what is bounded: with a margin
            the difference to the control, with a limit the rate. None without mature units.
        state: `crossed` pauses the arm; `within` has `upper` below the bound.
    """

    arm: str
    outcome: str
    units: int
    events: int
    margin: float | None
    limit: float | None
    e_value: float | None
    limit_e_value: float | None
    upper: float | None
    state: Literal["within", "crossed", "not_clear"]


def listen(guardrail: Guardrail, look: Look, arm: ArmCounts) -> Alarm:
    """The alarm of a guardrail in an arm, at any time."""
    events = arm.harmed(guardrail.outcome).so_far
    against_control = None
    if arm is not look.control:
        share = arm.share / (arm.share + look.control.share)
        others = look.control.harmed(guardrail.outcome).so_far
        against_control = log_excess_e(events, others, share, CONCENTRATION)
    against_limit = None
    if limit := guardrail.limit:
        # Who has not complained yet counts as who never will: that errs on the quiet side. The
        # prior is worth one event, so that it is as wide as the limit is small.
        quiet = max(0, arm.funnel.assigned - events)
        against_limit = log_excess_e(events, quiet, limit, 1 / limit)
    return Alarm(guardrail, against_control, against_limit)


def upper_bound(guardrail: Guardrail, look: Look, arm: ArmCounts) -> float | None:
    """The highest that the bounded number may well be; None where nothing can be said."""
    outcome = guardrail.outcome
    here = Tally(arm.funnel.mature, arm.harmed(outcome).mature)
    there = Tally(look.control.funnel.mature, look.control.harmed(outcome).mature)
    if guardrail.limit is not None:
        found = wilson(here, _ALPHA)
        return found.high if found else None
    return newcombe(there, here, _ALPHA).high if here.units and there.units else None


def is_within(guardrail: Guardrail, look: Look, arm: ArmCounts) -> bool:
    """Whether it can be ruled out that an arm is beyond a guardrail's bound."""
    upper = upper_bound(guardrail, look, arm)
    bound = guardrail.margin if guardrail.limit is None else guardrail.limit
    return upper is not None and bound is not None and upper < bound


def bounds(look: Look, guardrails: tuple[Guardrail, ...]) -> tuple[Bound, ...]:
    """How all guardrails stand: in each arm those with a limit, else in all but the control."""
    return tuple(
        _bound(guardrail, look, arm)
        for guardrail in guardrails
        for arm in (look.arms if guardrail.limit else look.treatments)
    )


def _bound(guardrail: Guardrail, look: Look, arm: ArmCounts) -> Bound:
    alarm = listen(guardrail, look, arm)
    control, limit = alarm.log_against_control, alarm.log_against_limit
    state: Literal["within", "crossed", "not_clear"] = "not_clear"
    if alarm.rings or arm.paused_by == guardrail.outcome:
        state = "crossed"
    elif is_within(guardrail, look, arm):
        state = "within"
    return Bound(
        arm.name,
        guardrail.outcome,
        arm.funnel.assigned,
        arm.harmed(guardrail.outcome).so_far,
        guardrail.margin,
        guardrail.limit,
        None if control is None else e_value(control),
        None if limit is None else e_value(limit),
        upper_bound(guardrail, look, arm),
        state,
    )
