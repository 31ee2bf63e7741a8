"""Deciding: a prospect's facts and history go in, the next action comes out.

Pure: no clock, no disk, no network. The same request gives the same answer.

    facts at `as_of` → rules → candidates, best first → contact policy → timing → message
"""

from datetime import datetime
from itertools import zip_longest
from typing import NamedTuple

from service.decision.answer import Alternative, Decision, Reason
from service.decision.candidates import Candidate, candidates, plain_step
from service.decision.changes import next_change
from service.decision.explanation import rules_behind, unknown_facts
from service.decision.facts import Reading, facts_at
from service.decision.guards import Guards, Judged, Verdict, judge, opted_out
from service.decision.guards.gates import window_gate
from service.decision.message import Message, Notice, compose, offers
from service.decision.pacing import ready_at
from service.decision.prospect import Request
from service.decision.ready import Ready
from service.decision.reasoning import Reasoned, reason
from service.decision.timing import Timing, schedule, whole_second
from service.playbook.rules import Step, Window

_REASONS: dict[str, Reason] = {"stop": "STOPPED", "ask_for_data": "NEEDS_DATA", "wait": "HELD"}
_ALL_CLOSED = "The contact policy closes every way that the playbook would take."
_DATA_FIRST = "Somebody must find these facts out before anyone may be contacted."


class _Choice(NamedTuple):
    """The candidate chosen, its timing, what the policy says of it, and what lost to what."""

    winner: Candidate
    timing: Timing | None
    policy: tuple[Verdict, ...]
    alternatives: tuple[Alternative, ...]


def decide(ready: Ready, guards: Guards, request: Request) -> Decision:
    """The next action, its channel, timing and message, with the reasons.

    `guards` are the contact policy, which stands above the playbook.
    """
    given = facts_at(request.given, request.history, request.calendar)
    reasoned = reason(ready, Reading(given, request.history))
    found = candidates(ready, reasoned)
    exit_ = opted_out(request)
    if exit_.ruling == "BAR":
        stop = Candidate(plain_step("stop", exit_.because))
        ended = [Judged((exit_,), None)] * len(found)
        choice = _Choice(stop, None, (exit_,), _lost(found, stop, ended))
    else:
        changes_at = next_change(ready.clockwork, reasoned.facts, request.history, request.calendar)
        choice = _Choosing(ready, guards, request, reasoned, exit_, changes_at).choose(found)
    return _answer(ready, request, reasoned, choice)


class _Choosing(NamedTuple):
    """All that choosing between candidates needs; `changes_at` is the next test on time."""

    ready: Ready
    guards: Guards
    request: Request
    reasoned: Reasoned
    exit_: Verdict
    changes_at: datetime | None

    def choose(self, found: list[Candidate]) -> _Choice:
        """The first candidate that the contact policy lets through."""
        turned_away: list[Judged] = []
        for candidate in found:
            ready_at, judged = self.judge(candidate)
            verdict = judged.verdict
            if verdict is None or verdict.ruling in ("ALLOW", "HOLD_UNTIL"):
                timing = self.timing(candidate, ready_at, [*turned_away, judged])
                alternatives = _lost(found, candidate, turned_away)
                return _Choice(candidate, timing, judged.verdicts, alternatives)
            turned_away.append(judged)
        return self._nothing(turned_away, _lost(found, None, turned_away))

    def judge(self, candidate: Candidate) -> tuple[datetime | None, Judged]:
        """From when on a candidate could be done, and what the policy says of it."""
        at = ready_at(self.ready, self.request, self.reasoned.facts, candidate, self.changes_at)
        if at is None:
            return None, Judged((), None)
        start = whole_second(max(at, self.request.history.as_of))
        window = self._window(candidate)
        return at, judge(self.guards, self.exit_, candidate, window, start, self.request)

    def timing(
        self, candidate: Candidate, at: datetime | None, judged: list[Judged]
    ) -> Timing | None:
        """The timing of the last that was judged; those before it may change their minds."""
        allowed = judged[-1].due
        if at is None or allowed is None:
            return None
        turns = [self.changes_at, *[each.turns_at for each in judged]]
        as_of = self.request.history.as_of
        changes_at = min([turn for turn in turns if turn and turn > as_of], default=None)
        window, request = self._window(candidate), self.request
        clocks = request.clocks if candidate.step.channel else (request.calendar,)
        opens = window_gate(window, clocks)
        return schedule(as_of, at, window, request.calendar, changes_at, allowed, opens)

    def _window(self, candidate: Candidate) -> Window:
        return self.ready.ruleset.windows[candidate.step.window]

    def _nothing(self, judged: list[Judged], lost: tuple[Alternative, ...]) -> _Choice:
        """Every way is closed: ask for what could open one, or wait until time does, or stop."""
        against = tuple(
            dict.fromkeys(v for each in judged for v in each.verdicts if v.ruling != "ALLOW")
        )
        needed = tuple(sorted({fact for verdict in against for fact in verdict.facts}))
        as_of = self.request.history.as_of
        turns = [each.turns_at for each in judged if each.turns_at and each.turns_at > as_of]
        if needed:
            step = plain_step("ask_for_data", _DATA_FIRST, needed)
        else:
            opens = any(each.opens_at and each.opens_at > as_of for each in judged)
            step = plain_step("wait" if opens else "stop", _ALL_CLOSED)
        candidate = Candidate(step)
        moments = [moment for moment in (self.changes_at, *turns) if moment]
        later = self._replace(changes_at=min(moments, default=None))
        at, judged_last = later.judge(candidate)
        return _Choice(candidate, later.timing(candidate, at, [judged_last]), against, lost)


def _lost(
    found: list[Candidate], winner: Candidate | None, turned_away: list[Judged]
) -> tuple[Alternative, ...]:
    """Every play that fired and was not chosen, with the guard or the play it lost to.

    `turned_away` is what was said of the first of those that were found.
    """
    won = winner.label if winner else ""
    return tuple(
        [
            _alternative(candidate, won, judged)
            for candidate, judged in zip_longest(found, turned_away)
            if candidate.rule is not None and candidate is not winner
        ]
    )


def _alternative(lost: Candidate, won: str, judged: Judged | None) -> Alternative:
    verdict = None if judged is None else judged.verdict
    lost_to = won if verdict is None else verdict.guard
    return Alternative(lost.label, lost.step.action, lost.step.because, lost_to, judged)


def _answer(ready: Ready, request: Request, reasoned: Reasoned, choice: _Choice) -> Decision:
    winner, timing, facts = choice.winner, choice.timing, reasoned.facts
    step, rule = winner.step, winner.rule
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
        unknown_facts=unknown_facts(ready, reasoned, rule),
        playbook=ready.ruleset.name,
        digest=ready.ruleset.digest,
        warnings=(*request.warnings, *notices),
        facts=facts,
    )


def _reason(winner: Candidate, policy: tuple[Verdict, ...]) -> Reason:
    if winner.step.action in _REASONS:
        return _REASONS[winner.step.action]
    if "HOLD_UNTIL" in [verdict.ruling for verdict in policy]:
        return "HELD"
    return "MATCHED" if winner.rule else "FALLBACK"


def _message(
    ready: Ready, request: Request, reasoned: Reasoned, step: Step, timing: Timing | None
) -> tuple[Message | None, tuple[Notice, ...]]:
    if step.template is None or step.channel is None:
        return None, ()
    template, calendar = ready.messages[step.template], request.calendar
    known = [(name, reasoned.facts.get(name)) for name in template.facts]
    prospect = {
        name: calendar.local(value) if isinstance(value, datetime) else value
        for name, value in known
    }
    variables = {"prospect": prospect, "parameters": ready.ruleset.parameters}
    if template.offers_times:
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
