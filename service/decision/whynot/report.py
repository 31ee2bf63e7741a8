"""Why not something else, as an answer tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from service.decision.answer import Alternative, Decision
from service.decision.candidates import Candidate, plain_step
from service.decision.decide import decide
from service.decision.explanation import plain
from service.decision.guards import Guards, Verdict
from service.decision.guards.verdict import STRICTNESS
from service.decision.prospect import Request
from service.decision.ready import Ready
from service.decision.whynot import words
from service.decision.whynot.again import Again
from service.decision.whynot.changes import Changes
from service.decision.whynot.course import Won, by_time_alone, carried_out
from service.decision.whynot.missing import OpenTest, open_tests
from service.decision.whynot.sight import Sight, next_rule
from service.decision.whynot.words import Change
from service.playbook.ruleset import END, CompiledRule

Status = Literal["not_met", "unknown", "lost"]

#: What one question may cost, see `Again`: 1,500 decisions with a large playbook, a second.
BUDGET = 240_000
#: The part of it that the doctrine carried out may cost, and time alone.
_PART_OF_COURSE = 0.6
_PART_OF_TIME = 0.15


@dataclass(frozen=True)
class WouldWin:
    """What would make a play win; None where nothing of the kind does, and `in_words` why.

    `facts`: each fact to change, with the value it has and the value it needs, as a request
    writes them. `on_course`: while the doctrine is carried out in silence. `at`: by time alone.
    """

    facts: tuple[Change, ...] | None
    on_course: Mapping[str, object] | None
    at: datetime | None
    in_words: Mapping[str, str]

    def to_json(self) -> dict[str, object]:
        """The form in an answer's `why_not`."""
        return {
            "facts": None if self.facts is None else [dict(change) for change in self.facts],
            "on_course": None if self.on_course is None else dict(self.on_course),
            "at": None if self.at is None else _written(self.at),
            "in_words": dict(self.in_words),
        }


@dataclass(frozen=True)
class NotChosen:
    """A play that did not win; of a sequence its next step (`step` from 1; 0: no step).

    `not_met`: a test of it failed; `unknown`: it hangs on what is not known; `lost`: it fitted
    and lost to `lost_to`, a play that stood above it or a guard of the contact policy. Then
    `policy` is what every guard said that stood against it, the strictest first.
    """

    rule: str
    step: int
    line: int
    action: str
    channel: str | None
    status: Status
    lost_to: str | None
    policy: tuple[Verdict, ...]
    tests: tuple[OpenTest, ...]
    would_win: WouldWin

    def to_json(self) -> dict[str, object]:
        """The form in an answer's `why_not`."""
        return {
            "rule": self.rule,
            "step": self.step or None,
            "line": self.line,
            "action": self.action,
            "channel": self.channel,
            "status": self.status,
            "lost_to": self.lost_to,
            "policy": [verdict.to_json() for verdict in self.policy],
            "tests": [test.to_json() for test in self.tests],
            "would_win": self.would_win.to_json(),
        }


@dataclass(frozen=True)
class WhyNot:
    """Every play that did not win, in the order of preference, and whether all was searched."""

    searched: Literal["complete", "cut_short"]
    plays: tuple[NotChosen, ...]

    def to_json(self) -> dict[str, object]:
        """The form in an answer's `explanation.why_not`."""
        return {"searched": self.searched, "plays": [play.to_json() for play in self.plays]}


def why_not(
    ready: Ready,
    guards: Guards,
    body: Mapping[str, Any],
    request: Request,
    decision: Decision,
    *,
    budget: int = BUDGET,
) -> WhyNot:
    """Why every other play did not win, and what would make it.

    `decision` is that of `request`, read from `body`, with the playbook `ready` under the
    contact policy `guards`. `budget` is what the searches may cost, see `Again`.
    """
    return WhyNot(*_Report(ready, guards, body, request, decision, budget).parts())


class _Report:
    """The searches of one question, and what they found."""

    def __init__(
        self,
        ready: Ready,
        guards: Guards,
        body: Mapping[str, Any],
        request: Request,
        decision: Decision,
        budget: int,
    ) -> None:
        again = Again(ready, partial(decide, ready, guards), budget)
        self._ready, self._request, self._decision = ready, request, decision
        self._lost = {lost.rule: lost for lost in decision.alternatives}
        self._numbers = [
            n for n, play in enumerate(ready.ruleset.plays) if play.name != decision.rule
        ]
        again.reserve = budget - int(budget * _PART_OF_COURSE)
        self._course = carried_out(ready, body, request, again)
        again.reserve = again.left - int(budget * _PART_OF_TIME)
        self._by_time = by_time_alone(ready, request, decision, again)
        self._changes = Changes(ready, guards, body, request, decision, again)
        self._changes.search(self._numbers)

    def parts(self) -> tuple[Literal["complete", "cut_short"], tuple[NotChosen, ...]]:
        """Whether all was searched, and the plays."""
        sight = Sight(self._ready, self._decision.facts, self._request.history)
        plays = tuple(self._not_chosen(number, sight) for number in self._numbers)
        searched = self._changes.found.keys() >= {*self._numbers}
        followed = self._course.end is not None and self._by_time.end is not None
        return "complete" if searched and followed else "cut_short", plays

    def _not_chosen(self, number: int, sight: Sight) -> NotChosen:
        play = self._ready.ruleset.plays[number]
        rule = next_rule(self._ready, number, sight)
        step = plain_step("stop", play.because) if rule.step == END else play.steps[rule.step]
        truth = sight.truth(rule.when)
        lost = self._lost.get(Candidate(step, rule, play).label) if truth else None
        return NotChosen(
            rule=play.name,
            step=rule.step + 1 if play.is_sequence else 0,
            line=rule.line,
            action=step.action,
            channel=step.channel,
            status=_status(truth),
            lost_to=lost.lost_to if lost else None,
            policy=_against(lost),
            tests=open_tests(self._ready, rule, sight),
            would_win=self._would_win(number, rule),
        )

    def _would_win(self, number: int, rule: CompiledRule) -> WouldWin:
        won, won_by_time = self._course.won.get(rule.name), self._by_time.won.get(rule.name)
        changed = self._changes.found.get(number)
        facts = None if changed is None else self._differences(changed)
        return WouldWin(
            facts=facts,
            on_course=None if won is None else self._on_course(won),
            at=None if won_by_time is None else self._local(won_by_time.at),
            in_words={
                "facts": self._facts_in_words(number, facts),
                "on_course": self._course_in_words(won),
                "at": self._time_in_words(won_by_time),
            },
        )

    def _differences(self, changed: Mapping[str, object]) -> tuple[Change, ...]:
        facts = self._decision.facts
        return tuple(
            {"fact": name, "seen": plain(facts.get(name)), "needed": value}
            for name, value in changed.items()
        )

    def _on_course(self, won: Won) -> Mapping[str, object]:
        return {
            "at": _written(self._local(won.at)),
            "due": None if won.due is None else won.due.isoformat(),
            "touches": won.touches,
            "days": self._days(won.at),
        }

    def _local(self, moment: datetime) -> datetime:
        return self._request.calendar.local(moment)

    def _days(self, moment: datetime) -> int:
        """Days of the prospect's calendar from the question to a moment."""
        return (self._local(moment).date() - self._local(self._request.as_of).date()).days

    # ---- in words -------------------------------------------------------------------

    def _facts_in_words(self, number: int, facts: tuple[Change, ...] | None) -> str:
        if facts:
            return words.of_facts(facts, self._local_due(self._changes.due(number)), self._local)
        if number not in self._changes.found:
            return words.CUT_SHORT
        if self._request.history.opt_out is not None:
            return words.THEY_SAID_SO
        return words.HISTORY if self._changes.is_hopeless(number) else words.NO_CHANGE

    def _course_in_words(self, won: Won | None) -> str:
        if won is None:
            return words.never("while they are silent", self._course.end)
        at, due = self._local(won.at), self._local_due(won.due)
        return words.of_course(won.touches, self._days(won.at), at, due)

    def _time_in_words(self, won: Won | None) -> str:
        if won is None:
            return words.never("by time alone", self._by_time.end)
        return words.of_time(self._local(won.at), self._local_due(won.due))

    def _local_due(self, due: datetime | None) -> datetime | None:
        return None if due is None else self._local(due)


def _against(lost: Alternative | None) -> tuple[Verdict, ...]:
    """What the contact policy has against a play that it turned away."""
    verdicts = lost.judged.verdicts if lost and lost.judged else ()
    against = (verdict for verdict in verdicts if verdict.ruling != "ALLOW")
    return tuple(sorted(against, key=lambda verdict: -STRICTNESS[verdict.ruling]))


def _status(truth: bool | None) -> Status:  # noqa: FBT001 - three values, not an option
    if truth is None:
        return "unknown"
    return "lost" if truth else "not_met"


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")
