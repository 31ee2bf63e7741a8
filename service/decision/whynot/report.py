"""Why not something else, as an answer tells it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from service.decision.answer import Decision
from service.decision.candidates import Candidate, plain_step
from service.decision.explanation import plain
from service.decision.prospect import Request
from service.decision.ready import Ready
from service.decision.whynot.again import Again, Decider
from service.decision.whynot.changes import MOST_FACTS, Changes
from service.decision.whynot.course import Course, Won, by_time_alone, carried_out
from service.decision.whynot.missing import OpenTest, open_tests
from service.decision.whynot.sight import Sight, next_rule
from service.playbook.ruleset import END, CompiledRule

Status = Literal["not_met", "unknown", "lost"]

#: What one question may cost, see `Again`: 1,500 decisions with a large playbook, a second.
BUDGET = 240_000
#: The part of it that the doctrine carried out may cost, and time alone.
_PART_OF_COURSE = 0.6
_PART_OF_TIME = 0.15
_CUT_SHORT = "The search was cut short, so nobody knows."


@dataclass(frozen=True)
class WouldWin:
    """What would make a play win; None where nothing of the kind does, and `in_words` why.

    `facts`: each fact to change, with the value it has and the value it needs, as a request
    writes them. `on_course`: while the doctrine is carried out in silence. `at`: by time alone.
    """

    facts: tuple[Mapping[str, object], ...] | None
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
    and lost to `lost_to`, a play that stood above it or a guard of the contact policy.
    """

    rule: str
    step: int
    line: int
    action: str
    channel: str | None
    status: Status
    lost_to: str | None
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
    decider: Decider,
    body: Mapping[str, Any],
    request: Request,
    decision: Decision,
    *,
    budget: int = BUDGET,
) -> WhyNot:
    """Why every other play did not win, and what would make it.

    `decision` is that of `request`, read from `body` with the playbook `ready`; `decider`
    decides a request with that playbook. `budget` is what the searches may cost, see `Again`.
    """
    return WhyNot(*_Report(ready, decider, body, request, decision, budget).parts())


class _Report:
    """The searches of one question, and what they found."""

    def __init__(
        self,
        ready: Ready,
        decider: Decider,
        body: Mapping[str, Any],
        request: Request,
        decision: Decision,
        budget: int,
    ) -> None:
        again = Again(ready, decider, budget)
        self._ready, self._request, self._decision = ready, request, decision
        self._lost_to = {lost.rule: lost.lost_to for lost in decision.alternatives}
        self._numbers = [
            n for n, play in enumerate(ready.ruleset.plays) if play.name != decision.rule
        ]
        again.reserve = budget - int(budget * _PART_OF_COURSE)
        self._course = carried_out(ready, body, request, again)
        again.reserve = again.left - int(budget * _PART_OF_TIME)
        self._by_time = by_time_alone(ready, request, decision, again)
        self._changes = Changes(ready, body, request, decision, again)
        self._changes.search(self._numbers)
        self._again = again

    def parts(self) -> tuple[Literal["complete", "cut_short"], tuple[NotChosen, ...]]:
        """Whether all was searched, and the plays."""
        sight = Sight(self._ready, self._decision.facts, self._request.history)
        plays = tuple(self._not_chosen(number, sight) for number in self._numbers)
        return "cut_short" if self._again.was_refused else "complete", plays

    def _not_chosen(self, number: int, sight: Sight) -> NotChosen:
        play = self._ready.ruleset.plays[number]
        rule = next_rule(self._ready, number, sight)
        step = plain_step("stop", play.because) if rule.step == END else play.steps[rule.step]
        truth = sight.truth(rule.when)
        label = Candidate(step, rule, play).label
        return NotChosen(
            rule=play.name,
            step=rule.step + 1 if play.is_sequence else 0,
            line=rule.line,
            action=step.action,
            channel=step.channel,
            status=_status(truth),
            lost_to=self._lost_to.get(label) if truth else None,
            tests=open_tests(self._ready, rule, sight),
            would_win=self._would_win(number, rule),
        )

    def _would_win(self, number: int, rule: CompiledRule) -> WouldWin:
        won, won_by_time = self._course.won.get(rule.name), self._by_time.won.get(rule.name)
        changed = self._changes.found.get(number)
        facts = None if changed is None else tuple(self._differences(changed))
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

    # ---- in words -------------------------------------------------------------------

    def _differences(self, changed: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        for name, value in changed.items():
            now = plain(self._decision.facts.get(name))
            yield {"fact": name, "seen": now, "needed": value}

    def _facts_in_words(self, number: int, facts: tuple[Mapping[str, object], ...] | None) -> str:
        if facts:
            told = [f"`{each['fact']}` {_value(each['needed'])}" for each in facts]
            return f"It would win with {' and '.join(told)}."
        if number not in self._changes.found:
            return _CUT_SHORT
        if self._changes.is_hopeless(number):
            return "No: what stands against it comes from the history, and no fact changes that."
        return f"No change of {MOST_FACTS} facts or fewer makes it win."

    def _on_course(self, won: Won) -> Mapping[str, object]:
        return {
            "at": _written(self._local(won.at)),
            "due": None if won.due is None else won.due.isoformat(),
            "touches": won.touches,
            "days": self._days(won.at),
        }

    def _course_in_words(self, won: Won | None) -> str:
        if won is None:
            return _never("while they are silent", self._course)
        touches = "1 touch" if won.touches == 1 else f"{won.touches} touches"
        days = self._days(won.at)
        due = "" if won.due is None else f", due {self._local(won.due):%Y-%m-%d}"
        away = "1 day" if days == 1 else f"{days} days"
        return f"{touches} and {away} away: earliest {self._local(won.at):%Y-%m-%d}{due}."

    def _time_in_words(self, won: Won | None) -> str:
        if won is None:
            return _never("by time alone", self._by_time)
        return f"By time alone from {self._local(won.at):%Y-%m-%d %H:%M} on."

    def _local(self, moment: datetime) -> datetime:
        return self._request.calendar.local(moment)

    def _days(self, moment: datetime) -> int:
        """Days of the prospect's calendar from the question to a moment."""
        return (self._local(moment).date() - self._local(self._request.as_of).date()).days


def _never(how: str, course: Course) -> str:
    return _CUT_SHORT if course.end is None else f"Never {how}: {course.end}."


def _status(truth: bool | None) -> Status:  # noqa: FBT001 - three values, not an option
    if truth is None:
        return "unknown"
    return "lost" if truth else "not_met"


def _value(value: object) -> str:
    match value:
        case None:
            return "not known"
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{', '.join(map(str, value))}]"
    return str(value)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")
