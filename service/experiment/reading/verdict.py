"""The verdict: one code, one sentence, what to do about it, and when there is a fair answer.

Of each arm is judged, in this order: harm, the final look where it is clear, what any look before
has told, the final look where it is not. The experiment's verdict is that of the arm that matters
most to who decides. Unhealthy numbers get no other verdict.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from service.experiment.experiment import Guardrail
from service.experiment.reading import health, sentences
from service.experiment.reading.anytime import AlwaysValid
from service.experiment.reading.comparing import FinalLook, any_time, final_looks, so_far
from service.experiment.reading.counts import ArmCounts, Interval, Look, Plan, Tally
from service.experiment.reading.harm import is_within, listen
from service.experiment.reading.planning import findable
from service.playbook.vocabulary import OutcomeWord

Code = Literal[
    "unhealthy",
    "early_winner",
    "winner",
    "winner_guardrail_open",
    "collecting",
    "inconclusive",
    "no_meaningful_difference",
    "loser",
    "early_loser",
    "stopped_for_harm",
]
#: Of several arms, the one whose verdict stands first here speaks for the experiment.
_FIRST: tuple[Code, ...] = (
    "winner",
    "early_winner",
    "winner_guardrail_open",
    "collecting",
    "inconclusive",
    "no_meaningful_difference",
    "loser",
    "early_loser",
    "stopped_for_harm",
)
#: Before that nothing is said of who is ahead: each day of the week twice, and enough
#: conversions for the always-valid interval, which is one for large samples.
LEAST_TIME = timedelta(days=14)
LEAST_CONVERTED = 20

_TODO: dict[Code, str] = {
    "unhealthy": "Find out why before anything else: look for requests that fail in one arm only, "
    "and for a filter that acts after the draw. Then begin a new phase.",
    "early_winner": "You may stop now and make {arm} the playbook of new {units}; to go on only "
    "gives a closer number.",
    "winner": "Make {arm} the playbook of new {units}.",
    "winner_guardrail_open": "Weigh it: keep {control}, or make {arm} the playbook of new {units} "
    "and watch it.",
    "collecting": "Leave it alone.",
    "inconclusive": "Keep {control}. Do not prolong this experiment: test a bolder change in a new "
    "one.",
    "no_meaningful_difference": "Keep whichever is less work.",
    "loser": "Keep {control}.",
    "early_loser": "Stop {arm} for new {units}, and keep {control}.",
    "stopped_for_harm": "Keep {control}; find out what in {arm} people object to.",
}


@dataclass(frozen=True)
class Verdict:
    """What came of it so far. `earliest` is the day of the first fair answer, where one is due."""

    code: Code
    text: str
    todo: str
    earliest: date | None = None


@dataclass(frozen=True)
class Comparison:
    """One arm against the control.

    Attributes:
        now: what this look's counts say by themselves; None while there is no spread in them.
        so_far: what all looks together have told; it is to be kept for the next (`ArmCounts.told`).
        final: the final look, once the planned size is mature.
    """

    arm: str
    now: AlwaysValid | None
    so_far: Interval | None
    final: FinalLook | None
    verdict: Verdict


@dataclass(frozen=True)
class Judgement:
    """The verdict of an experiment, and of each arm; `pause` names the arms to be paused now."""

    verdict: Verdict
    comparisons: tuple[Comparison, ...]
    pause: tuple[str, ...]


def judge(plan: Plan, look: Look) -> Judgement:
    """The verdict on the counts of one look."""
    finals = final_looks(plan, look) if _is_long_enough(look) else {}
    comparisons = tuple(_compare(plan, look, arm, finals.get(arm.name)) for arm in look.treatments)
    pause = tuple(
        arm.name for arm in look.treatments if arm.takes_new and _harm(plan, look, arm) is not None
    )
    verdict = _unhealthy(plan, look) or _leading(comparisons)
    return Judgement(verdict, comparisons, pause)


def earliest_answer(plan: Plan, look: Look) -> date | None:
    """The day of the final look, if units go on joining as they did; None if none join."""
    wait = plan.primary.within + plan.primary.grace
    if look.filled_at:
        answer = look.filled_at + wait
    elif look.assigned and any(arm.takes_new for arm in look.arms):
        pace = (look.as_of - look.started_at) / look.assigned
        answer = look.started_at + max(pace * plan.planned, look.as_of - look.started_at) + wait
    else:
        return None
    return max(answer, look.started_at + LEAST_TIME, look.as_of).date()


def _is_long_enough(look: Look) -> bool:
    return look.as_of - look.started_at >= LEAST_TIME


def _leading(comparisons: tuple[Comparison, ...]) -> Verdict:
    def place(comparison: Comparison) -> tuple[int, float]:
        told = comparison.final.interval if comparison.final else comparison.so_far
        return _FIRST.index(comparison.verdict.code), -(told.low + told.high if told else 0)

    return min(comparisons, key=place).verdict


def _unhealthy(plan: Plan, look: Look) -> Verdict | None:
    text = None
    if stage := health.broken_split(look):
        split = health.split_at(look, stage)
        text = sentences.bad_split(plan, look, stage, split.observed, split.expected)
    elif health.is_crossed(look):
        text = sentences.mixed_up(plan, look)
    return _verdict("unhealthy", text, plan, look, look.control) if text else None


def _harm(plan: Plan, look: Look, arm: ArmCounts) -> OutcomeWord | None:
    """The guardrail outcome for which an arm is to be paused, or was."""
    for guardrail in plan.guardrails:
        if arm.paused_by == guardrail.outcome or listen(guardrail, look, arm).rings:
            return guardrail.outcome
    return None


def _compare(plan: Plan, look: Look, arm: ArmCounts, final: FinalLook | None) -> Comparison:
    now = any_time(plan, look, arm)
    converted = look.control.converted + arm.converted
    # The final look ends it: what comes in later is not tried once more.
    counts = _is_long_enough(look) and converted >= LEAST_CONVERTED and not final
    told = so_far(arm, now) if counts else arm.told
    if outcome := _harm(plan, look, arm):
        text = sentences.harmed(outcome, plan, look, arm)
        verdict = _verdict("stopped_for_harm", text, plan, look, arm)
    elif final and final.is_clear:
        verdict = _final_verdict(plan, look, arm, final)
    elif told and told.excludes_zero():
        verdict = _early_verdict(plan, look, arm, told)
    elif final:
        verdict = _undecided(plan, look, arm, final)
    else:
        verdict = _waiting(plan, look, arm, few=converted < LEAST_CONVERTED)
    return Comparison(arm.name, now, told, final, verdict)


def _final_verdict(plan: Plan, look: Look, arm: ArmCounts, final: FinalLook) -> Verdict:
    text = sentences.differs(plan, arm, _rates(final.control, final.arm), final.interval)
    if final.interval.high < 0:
        return _verdict("loser", f"{text}.", plan, look, arm)
    if guardrail := _open_guardrail(plan, look, arm):
        text = f"{text}, {sentences.not_ruled_out(guardrail, look, arm)}"
        return _verdict("winner_guardrail_open", text, plan, look, arm)
    text = f"{text}.{sentences.within_bounds(plan.guardrails)}"
    return _verdict("winner", text, plan, look, arm)


def _open_guardrail(plan: Plan, look: Look, arm: ArmCounts) -> Guardrail | None:
    return next((each for each in plan.guardrails if not is_within(each, look, arm)), None)


def _early_verdict(plan: Plan, look: Look, arm: ArmCounts, told: Interval) -> Verdict:
    rates = _rates(look.control.mature, arm.mature)
    text = sentences.differs(plan, arm, rates, told, " so far")
    code: Code = "early_winner" if told.low > 0 else "early_loser"
    text += ". This reading stays good however often you look."
    return _verdict(code, text, plan, look, arm)


def _undecided(plan: Plan, look: Look, arm: ArmCounts, final: FinalLook) -> Verdict:
    control = final.control
    rate = max(control.converted, 1) / control.units
    least = findable(control.units, final.arm.units, rate, len(look.treatments))
    spread = max(abs(final.interval.low), abs(final.interval.high))
    if least is not None and spread < least:
        text = sentences.is_the_same(plan, final.interval)
        return _verdict("no_meaningful_difference", text, plan, look, arm)
    text = sentences.cannot_tell(plan, arm, look.control, (control, final.arm), least)
    return _verdict("inconclusive", text, plan, look, arm)


def _waiting(plan: Plan, look: Look, arm: ArmCounts, *, few: bool) -> Verdict:
    closed = not any(each.takes_new for each in look.arms)
    immature = any(each.funnel.mature < each.funnel.assigned for each in look.arms)
    if closed and not immature and look.assigned < plan.planned:
        return _verdict("inconclusive", sentences.ended_early(plan, look), plan, look, arm)
    answer = earliest_answer(plan, look)
    text = sentences.too_early(plan, look, answer, few=few)
    return _verdict("collecting", text, plan, look, arm, answer)


def _rates(control: Tally, arm: Tally) -> tuple[float, float]:
    return control.rate or 0.0, arm.rate or 0.0


def _verdict(
    code: Code, text: str, plan: Plan, look: Look, arm: ArmCounts, earliest: date | None = None
) -> Verdict:
    units = sentences.UNITS[plan.unit]
    todo = _TODO[code].format(arm=arm.name, control=look.control.name, units=units)
    return Verdict(code, text, todo, earliest)
