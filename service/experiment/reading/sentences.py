"""What a verdict says to a manager: counts and rates per hundred, in words that need no course.

Never a chance to win, and never "significant": both are taken for what they are not.
"""

from datetime import date

from service.experiment.experiment import Guardrail
from service.experiment.reading.counts import ArmCounts, Interval, Look, Plan, Tally
from service.playbook.vocabulary import OutcomeWord

UNITS = {"account": "accounts", "email_domain": "companies", "prospect": "prospects"}
_GAINS: dict[OutcomeWord, str] = {
    "replied": "gets {} replies",
    "positive_reply": "gets {} positive replies",
    "meeting_booked": "books {} meetings",
    "won": "wins {} deals",
}
_CONVERTED: dict[OutcomeWord, str] = {
    "replied": "replied",
    "positive_reply": "replied positively",
    "meeting_booked": "booked a meeting",
    "won": "became customers",
}
_HARMS: dict[OutcomeWord, str] = {
    "lost": "lost deals",
    "opted_out": "opt-outs",
    "complained": "complaints",
}


def day(when: date) -> str:
    """A date as people write it: 12 March 2027."""
    return f"{when.day} {when:%B %Y}"


def per_hundred(*shares: float) -> list[str]:
    """Shares as numbers per hundred, all with as many decimals as the smallest needs."""
    least = min((abs(share) for share in shares if share), default=1)
    decimals = next((n for n in range(3) if least >= 0.005 / 10**n), 3)
    return [f"{share * 100:.{decimals}f}" for share in shares]


def differs(
    plan: Plan, arm: ArmCounts, rates: tuple[float, float], interval: Interval, so: str = ""
) -> str:
    """B books more meetings: 8 instead of 5 per 100 accounts, between 1 and 5 more.

    Args:
        plan: says what is counted.
        arm: B.
        rates: the control's and the arm's.
        interval: of their difference, all of it on one side of zero.
        so: what is said after the rates, as in " so far".
    """
    more = "more" if interval.low > 0 else "fewer"
    nearest, farthest = sorted((abs(interval.low), abs(interval.high)))
    gap = rates[1] - rates[0]
    before, after, low, high, _ = per_hundred(*rates, nearest, farthest, gap)
    return (
        f"{arm.name} {_GAINS[plan.primary.outcome].format(more)}: {after} instead of {before} per "
        f"100 {UNITS[plan.unit]}{so}, between {low} and {high} {more}"
    )


def too_early(plan: Plan, look: Look, answer: date | None, *, few: bool) -> str:
    """How far the experiment is, and when it answers."""
    mature = sum(arm.funnel.mature for arm in look.arms)
    units, days = UNITS[plan.unit], plan.primary.within.days
    time = "day" if days == 1 else f"{days} days"
    text = (
        f"Too early to tell. {min(mature, plan.planned):,} of {plan.planned:,} planned {units} "
        f"have had their full {time}."
    )
    if few and mature:
        text += f" {_few(plan, look)}"
    if answer:
        text += f" First fair answer about {day(answer)}."
    return text


def _few(plan: Plan, look: Look) -> str:
    converted = sum(arm.converted for arm in look.arms)
    return f"Only {converted:,} of them {_CONVERTED[plan.primary.outcome]}: too few to compare."


def is_the_same(plan: Plan, interval: Interval) -> str:
    """The arms do not differ by anything that the plan could find."""
    (most,) = per_hundred(max(abs(interval.low), abs(interval.high)))
    return (
        f"No difference worth caring about: less than {most} per 100 {UNITS[plan.unit]} either way."
    )


def cannot_tell(
    plan: Plan,
    arm: ArmCounts,
    control: ArmCounts,
    tallies: tuple[Tally, Tally],
    least: float | None,
) -> str:
    """The final look was made, and did not answer."""
    there, here = (tally.converted / tally.units for tally in tallies)
    before, after = per_hundred(there, here)
    text = (
        f"We could not tell: {after} per 100 {UNITS[plan.unit]} in {arm.name}, {before} in "
        f"{control.name}."
    )
    if least is None:
        return f"{text} With so few, no difference would have shown."
    (shows,) = per_hundred(least)
    return f"{text} Only a difference of {shows} per 100 or more would have shown."


def ended_early(plan: Plan, look: Look) -> str:
    """No arm takes new units, and the planned size is not reached."""
    return (
        f"We could not tell: the experiment ended with {look.assigned:,} of {plan.planned:,} "
        f"planned {UNITS[plan.unit]}."
    )


def within_bounds(guardrails: tuple[Guardrail, ...]) -> str:
    """What is said of guardrails that held; nothing where there are none."""
    if not guardrails:
        return ""
    words = " and ".join(_HARMS[guardrail.outcome] for guardrail in guardrails)
    return f" {words.capitalize()} stayed under your limit."


def not_ruled_out(guardrail: Guardrail, look: Look, arm: ArmCounts) -> str:
    """What a guardrail leaves open."""
    word = _HARMS[guardrail.outcome]
    events = arm.harmed(guardrail.outcome).so_far
    if guardrail.limit is not None:
        (limit,) = per_hundred(guardrail.limit)
        what = f"{word} are above your limit of {limit} per 100"
        counts = f"{events:,} of {arm.funnel.assigned:,}"
    else:
        (margin,) = per_hundred(guardrail.margin or 0)
        what = f"{word} rise by {margin} per 100 or more"
        counts = f"{events:,} against {look.control.harmed(guardrail.outcome).so_far:,}"
    return f"but we cannot rule out that {what} ({counts}). Your call."


def harmed(outcome: OutcomeWord, plan: Plan, look: Look, arm: ArmCounts) -> str:
    """An arm was paused."""
    there, here = (each.harmed(outcome).so_far for each in (look.control, arm))
    return (
        f"{arm.name} is paused for new {UNITS[plan.unit]}: {here:,} {_HARMS[outcome]} among "
        f"{arm.funnel.assigned:,} {UNITS[plan.unit]}, against {there:,} among "
        f"{look.control.funnel.assigned:,} in {look.control.name}."
    )


def bad_split(
    plan: Plan, look: Look, stage: str, observed: tuple[int, ...], expected: tuple[float, ...]
) -> str:
    """Units did not fall to the arms as they should."""
    names = [arm.name for arm in look.arms]
    got = ", ".join(f"{count:,} in {name}" for count, name in zip(observed, names, strict=True))
    due = ", ".join(f"{count:,.0f}" for count in expected)
    return (
        f"Do not use these numbers: of the {UNITS[plan.unit]} that are {stage} there are {got}, "
        f"where {due} would be fair."
    )


def mixed_up(plan: Plan, look: Look) -> str:
    """Too many units met more than one arm."""
    return (
        f"Do not use these numbers: {look.crossover:,} of {look.assigned:,} {UNITS[plan.unit]} met "
        "more than one arm."
    )
