"""Deciding: a prospect's facts and history go in, the next action comes out.

Pure: no clock, no disk, no network. The same request gives the same answer.

    facts at `as_of` → rules → candidates, best first → contact policy → timing → message
"""

from dataclasses import dataclass
from datetime import datetime

from service.decision.answer import Alternative, Decision, Reason
from service.decision.candidates import Candidate, candidates, plain_step
from service.decision.explanation import rules_behind, unknown_facts
from service.decision.facts import Reading, facts_at
from service.decision.message import Message, Notice, compose, offers
from service.decision.pacing import pace
from service.decision.policy import Verdict, opted_out, strictest, verdicts
from service.decision.prospect import Request
from service.decision.ready import Ready
from service.decision.reasoning import Reasoned, reason
from service.decision.timing import Timing
from service.playbook.rules import Step
from service.playbook.ruleset import CompiledRule

_REASONS: dict[str, Reason] = {"stop": "STOPPED", "ask_for_data": "NEEDS_DATA", "wait": "HELD"}
_ALL_CLOSED = "The contact policy closes every way that the playbook would take."
_DATA_FIRST = "Somebody must find these facts out before anyone may be contacted."


@dataclass(frozen=True)
class _Choice:
    """The candidate chosen, what the policy says of it, and what lost to what."""

    winner: Candidate
    policy: tuple[Verdict, ...]
    alternatives: tuple[Alternative, ...]


def decide(ready: Ready, request: Request) -> Decision:
    """The next action, its channel, timing and message, with the reasons."""
    given = facts_at(request.given, request.history, request.calendar)
    reasoned = reason(ready, Reading(given, request.history))
    choice = _choose(candidates(ready, reasoned), request)
    return _answer(ready, request, reasoned, choice)


def _choose(found: list[Candidate], request: Request) -> _Choice:
    """The first candidate that the contact policy lets through."""
    exit_ = opted_out(request)
    if exit_.ruling == "BAR":
        stop = Candidate(plain_step("stop", exit_.because))
        return _Choice(stop, (exit_,), _lost(found, stop, exit_.guard, {}))
    guards: dict[int, str] = {}
    policies: list[tuple[Verdict, ...]] = []
    for number, candidate in enumerate(found):
        policy = verdicts(candidate.step, request, exit_)
        policies.append(policy)
        verdict = strictest(policy)
        if verdict is None or verdict.ruling in ("ALLOW", "HOLD_UNTIL"):
            return _Choice(candidate, policy, _lost(found, candidate, candidate.label, guards))
        guards[number] = verdict.guard
    against = tuple(dict.fromkeys(v for many in policies for v in many if v.ruling != "ALLOW"))
    needed = tuple(sorted({fact for verdict in against for fact in verdict.facts}))
    step = (
        plain_step("ask_for_data", _DATA_FIRST, needed)
        if needed
        else plain_step("stop", _ALL_CLOSED)
    )
    return _Choice(Candidate(step), against, _lost(found, None, "", guards))


def _lost(
    found: list[Candidate], winner: Candidate | None, won: str, guards: dict[int, str]
) -> tuple[Alternative, ...]:
    """Every play that fired and was not chosen, with the guard or the play it lost to."""
    return tuple(
        Alternative(c.label, c.step.action, c.step.because, guards.get(number, won))
        for number, c in enumerate(found)
        if c.rule is not None and c is not winner
    )


def _answer(ready: Ready, request: Request, reasoned: Reasoned, choice: _Choice) -> Decision:
    winner, facts = choice.winner, reasoned.facts
    step, rule = winner.step, winner.rule
    held = [verdict.until for verdict in choice.policy if verdict.until is not None]
    timing = pace(ready, request, facts, winner, max(held, default=None))
    message, notices = _message(ready, request, reasoned, step, timing)
    if timing is None and step.channel is not None:
        notices = (*notices, _never_opens(step))
    return Decision(
        prospect_id=request.prospect_id,
        as_of=_written(request.as_of),
        action=step.action,
        channel=step.channel,
        timing=timing,
        message=message,
        checklist=step.checklist,
        facts_needed=step.facts_needed,
        reason=_reason(winner, choice.policy),
        because=step.because,
        rule=rule.name if rule else "",
        step=rule.step + 1 if rule and winner.play and winner.play.is_sequence else 0,
        rules=rules_behind(ready, reasoned, step, rule),
        policy=choice.policy,
        alternatives=choice.alternatives,
        unknown_facts=unknown_facts(ready, reasoned, _plays_above(ready, reasoned, winner)),
        playbook=ready.ruleset.name,
        digest=ready.ruleset.digest,
        warnings=(*request.warnings, *notices),
        facts=facts,
    )


def _reason(winner: Candidate, policy: tuple[Verdict, ...]) -> Reason:
    if winner.step.action in _REASONS:
        return _REASONS[winner.step.action]
    if any(verdict.ruling == "HOLD_UNTIL" for verdict in policy):
        return "HELD"
    return "MATCHED" if winner.rule else "FALLBACK"


def _plays_above(ready: Ready, reasoned: Reasoned, winner: Candidate) -> list[CompiledRule]:
    """The plays that would have won, had they fired."""
    limit = winner.rule.play if winner.rule else len(ready.ruleset.plays)
    fired = {rule.id for rule in reasoned.fired}
    return [rule for rule in ready.plays if rule.play < limit and rule.id not in fired]


def _message(
    ready: Ready, request: Request, reasoned: Reasoned, step: Step, timing: Timing | None
) -> tuple[Message | None, tuple[Notice, ...]]:
    if step.template is None or step.channel is None:
        return None, ()
    facts, calendar = reasoned.facts, request.calendar
    moments = ((name, facts.get(name)) for name in ready.instants)
    local = {name: calendar.local(at) for name, at in moments if isinstance(at, datetime)}
    variables = {"prospect": {**facts, **local}, "parameters": ready.ruleset.parameters}
    if ready.messages[step.template].offers_times:
        due = timing.due if timing else request.history.as_of
        variables["offer"] = offers(due, calendar)
    return compose(ready.messages, step.template, step.channel, variables)


def _never_opens(step: Step) -> Notice:
    return Notice(
        "window-never-opens",
        f"the window `{step.window}` does not open within a year",
        "widen the window, or let it ignore holidays",
    )


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")
