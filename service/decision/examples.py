"""The cases inside a playbook: each is decided, and what was expected is compared.

The same run serves `unghost test`, the web page and publishing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from service.decision.answer import Decision
from service.decision.calendar import Calendar
from service.decision.clock import opening
from service.decision.decide import decide
from service.decision.explanation import plain
from service.decision.facts import Reading, facts_at
from service.decision.guards import Guards
from service.decision.prospect import InvalidRequest, Request, Words, placed, read_request
from service.decision.ready import Ready
from service.decision.reasoning import reason
from service.playbook.ruleset import END
from service.playbook.values import read_date, read_instant
from service.playbook.vocabulary import CHANNELS

_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}")
#: A day without a time stands for this hour, where the prospect is.
_HOUR_OF_A_DAY = time(9)
_CLOCKLESS = datetime(1970, 1, 1, tzinfo=UTC)  # every example says its own `as_of`
#: Whoever writes an example meant another word.
_SLIPS = ("unknown-fact", "computed-fact", "unknown-action")


@dataclass(frozen=True)
class Check:
    """One thing that was expected, and what came."""

    what: str
    expected: object
    actual: object
    passed: bool


@dataclass(frozen=True)
class ExampleResult:
    """One example run, and what was decided, as JSON. `problems` are slips in the example itself.

    `decision` is None where they keep it from being decided at all.
    """

    example: str
    number: int
    checks: tuple[Check, ...]
    decision: dict[str, Any] | None
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it was decided as expected."""
        return not self.problems and all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, object]:
        """What was expected and what came, as plain JSON."""
        return {
            "example": self.example,
            "passed": self.passed,
            "checks": [asdict(check) for check in self.checks],
            "problems": list(self.problems),
        }


@dataclass(frozen=True)
class ExamplesReport:
    """All examples of a file, and the rules, steps, tables or laws that none of them reached."""

    results: tuple[ExampleResult, ...]
    unreached: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every example passed."""
        return all(result.passed for result in self.results)


def run_examples(
    ready: Ready, guards: Guards, examples: Sequence[Mapping[str, Any]]
) -> ExamplesReport:
    """Run the examples of a playbook whose shape is right, under a contact policy."""
    reached: set[str] = set()
    results = []
    for number, example in enumerate(examples):
        results.append(_run(ready, guards, example, number, reached))
    unreached = tuple(name for name in _reachable(ready) if name not in reached)
    return ExamplesReport(tuple(results), unreached)


def _run(
    ready: Ready, guards: Guards, example: Mapping[str, Any], number: int, reached: set[str]
) -> ExampleResult:
    title = str(example["example"])
    request, problems = read_example(example, ready.words)
    if request is None:
        return ExampleResult(title, number, (), None, problems)
    decision = decide(ready, guards, request)
    reached.update(_reached(ready, request, decision))
    checks = tuple(_checks(example["expect"], decision, request.calendar))
    return ExampleResult(title, number, checks, decision.to_json(), problems)


def _reached(ready: Ready, request: Request, decision: Decision) -> set[str]:
    """The rules and tables that had a say, and the play that answered."""
    facts = facts_at(request.given, request.history, request.calendar)
    reasoned = reason(ready, Reading(facts, request.history))
    names = {rule.name for rule in reasoned.effective if rule.role != "refute"}
    last = ready.ruleset.otherwise
    if decision.rule:
        names |= {decision.rule, f"{decision.rule}/{decision.step or 'end'}"}
    elif last and (decision.action, decision.because) == (last.action, last.because):
        names.add("otherwise")
    return names


def _reachable(ready: Ready) -> list[str]:
    """The rules and tables, and of sequences every step and the end."""
    names: dict[str, None] = {}
    for rule in ready.rules:
        if rule.role != "play" or not ready.ruleset.plays[rule.play].is_sequence:
            names[rule.name] = None
        else:
            names[f"{rule.name}/{'end' if rule.step == END else rule.step + 1}"] = None
    if ready.ruleset.otherwise is not None:
        names["otherwise"] = None
    return list(names)


# ---- the request --------------------------------------------------------------------


def read_example(
    example: Mapping[str, Any], words: Words
) -> tuple[Request | None, tuple[str, ...]]:
    """The request of an example, and the slips in it; None where it cannot be read for them."""
    try:
        request = read_request(request_of(example), words, _CLOCKLESS)
    except InvalidRequest as invalid:
        return None, tuple(f"{error.path[1:]} {error.message}" for error in invalid.errors)
    return request, tuple(note.message for note in request.warnings if note.code in _SLIPS)


def request_of(example: Mapping[str, Any]) -> dict[str, Any]:
    """The request that an example stands for, its shorthand written out."""
    given = {"id": "example", **example.get("prospect", {})}
    calendar = placed(given).calendar
    as_of = _moment(example["as_of"], calendar)
    written = as_of.isoformat() if isinstance(as_of, datetime) else as_of
    request = {"prospect": given, "history": [], "as_of": written}
    for name in ("history", "account_history"):
        if example.get(name):
            request[name] = [_touch(item, calendar, as_of) for item in example[name]]
    return request


def _moment(text: object, calendar: Calendar) -> datetime | str:
    """A full moment, a local one, or a day, as a moment; any other text as it is."""
    written = str(text)
    full, day = read_instant(written), read_date(written)
    if full is not None:
        return full
    if day is not None:
        return opening(datetime.combine(day, _HOUR_OF_A_DAY), calendar.zone)
    if _LOCAL.fullmatch(written):
        try:
            return opening(datetime.fromisoformat(written), calendar.zone)
        except ValueError:
            return written
    return written


def _touch(item: Mapping[str, Any], calendar: Calendar, as_of: datetime | str) -> dict[str, Any]:
    touch = {key: item[key] for key in ("action", "template", "outcome", "id") if item.get(key)}
    if "days_ago" in item:
        at = _days_before(as_of, item["days_ago"], calendar)
    else:
        at = _moment(item.get("at", ""), calendar)
    touch["at"] = at.isoformat() if isinstance(at, datetime) else at
    if "inbound" in item:
        return {**touch, "direction": "inbound", "channel": item["inbound"]}
    for channel in CHANNELS:
        if channel in item:
            action = {"action": item[channel]} if item[channel] else {}
            return {**touch, **action, "direction": "outbound", "channel": channel}
    return {**touch, "direction": item.get("direction", "outbound"), "channel": item.get("channel")}


def _days_before(as_of: datetime | str, days: int, calendar: Calendar) -> datetime | str:
    """The same time of day, that many days before, where the prospect is."""
    if isinstance(as_of, str):
        return as_of
    wall = calendar.local(as_of).replace(tzinfo=None) - timedelta(days=days)
    return opening(wall, calendar.zone)


# ---- what was expected --------------------------------------------------------------


def _checks(expect: Mapping[str, Any], decision: Decision, calendar: Calendar) -> list[Check]:
    message = decision.message
    actual = {
        "action": decision.action,
        "channel": decision.channel,
        "rule": decision.rule or None,
        "step": decision.step or None,
        "reason": decision.reason,
        "template": message.template if message else None,
    }
    checks = [
        Check(what, expect[what], found, expect[what] == found)
        for what, found in actual.items()
        if what in expect
    ]
    if "due" in expect:
        due = decision.timing.due if decision.timing else None
        checks.append(check_moment("due", expect["due"], due, calendar))
    for name, value in (expect.get("facts") or {}).items():
        checks.append(_fact(name, value, decision.facts.get(name)))
    text = f"{(message.subject or '')}\n{message.body}" if message else ""
    for key, wanted in (("message_has", True), ("message_lacks", False)):
        written = expect.get(key) or ()
        phrases = [written] if isinstance(written, str) else written
        checks += [Check(key, phrase, text, (phrase in text) is wanted) for phrase in phrases]
    return checks


def _fact(name: str, expected: object, found: object) -> Check:
    """A moment is compared with the moment, however its offset is written; `null` is unknown."""
    moment = read_instant(expected)
    same = moment == found if moment else expected == plain(found)
    truths = isinstance(expected, bool), isinstance(found, bool)  # to Python, True is 1
    return Check(name, expected, plain(found), same and truths[0] is truths[1])


def check_moment(what: str, expected: object, found: datetime | None, calendar: Calendar) -> Check:
    """A day is compared with the day, a moment with the moment; `null` is no time at all."""
    if found is None or expected is None:
        return Check(
            what, expected, found and found.isoformat(), found is None and expected is None
        )
    day: date | None = read_date(expected)
    same = (
        found == _moment(expected, calendar) if day is None else calendar.local(found).date() == day
    )
    return Check(what, expected, found.isoformat(), same)
