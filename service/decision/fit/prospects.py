"""A prospect made up for a play: the facts and the history that its `when` asks for.

A sketch and no proof: whether the play really wins for them is found out by trying it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from service.playbook.rules import All, AnyOf, Condition, Done, Not, Playbook, Ref, Test
from service.playbook.vocabulary import CHANNELS, Fact

#: A clock that never changes, in no country: every day from Monday to Friday is a business day.
_CLOCK = "Etc/UTC"
_SAMPLES: Mapping[str, object] = {
    "boolean": True,
    "integer": 1,
    "number": 1,
    "text": "something",
    "date": "2025-12-01",
    "instant": "2025-12-01T09:00:00Z",
    "list": [],
}
_STEPS = {"more_than": 1, "less_than": -1}
#: More touches than a sketch needs: who asks for more before it begins has a play of its own.
_MOST = 50


def prospect_for(playbook: Playbook, when: Condition, start: datetime) -> dict[str, Any]:
    """A decision request, as of `start`, for which a condition is likely to hold."""
    sketch = _Sketch(playbook)
    sketch.suit(when)
    return {
        "prospect": {"time_zone": _CLOCK, **sketch.facts, "id": "made-up"},
        "history": sketch.history(start),
    }


class _Sketch:
    """What is known so far: the facts given, what came in, and what we did."""

    def __init__(self, playbook: Playbook) -> None:
        self._playbook = playbook
        self.facts: dict[str, object] = {}
        self._came_in: list[dict[str, object]] = []
        self._went_out: list[dict[str, object]] = []
        self._last: dict[str, object] = {}
        self._days = 0

    def history(self, start: datetime) -> list[dict[str, object]]:
        """What came in, then what went out, all of it as long ago as the silence is to be."""
        out = [{"direction": "outbound", "channel": "email", **each} for each in self._went_out]
        if self._last:
            plain = {"direction": "outbound", "channel": "email", "action": "follow_up"}
            out[-1:] = [{**(out[-1] if out else plain), **self._last}]
        found = [*self._came_in, *out]
        first = start - timedelta(days=self._days, minutes=len(found))
        return [
            {**each, "at": (first + timedelta(minutes=number)).isoformat()}
            for number, each in enumerate(found)
        ]

    def suit(self, condition: Condition) -> None:
        """Add what lets the condition hold."""
        match condition:
            case All(parts):
                for part in parts:
                    self.suit(part)
            case AnyOf(parts):
                self.suit(parts[0])
            case Not(part):
                self._avoid(part)
            case Done():
                self._do(condition)
            case Test():
                self._test(condition)

    def _avoid(self, condition: Condition) -> None:
        """Add what keeps the condition from holding, where leaving things out is not enough."""
        match condition:
            case All(parts) | AnyOf(parts):
                for part in parts:
                    self._avoid(part)
            case Not(part):
                self.suit(part)
            case Test(name, "is" | "in", value):
                fact = self._playbook.facts[name]
                words = (True, False) if fact.type == "boolean" else fact.values
                others = [word for word in words if word not in _several(value)]
                if fact.origin == "caller" and others:
                    self.facts.setdefault(name, others[0])

    def _test(self, test: Test) -> None:
        fact, value = self._playbook.facts[test.fact], self._constant(test.value)
        if fact.origin == "conclusion":
            self._conclude(test.fact, value)
        elif value is None:
            return
        elif fact.origin == "history":
            self._happened(fact, test.operator, value)
        elif test.operator != "known" or value:
            self.facts[fact.name] = _sample(fact, test.operator, value)

    def _constant(self, value: object) -> object:
        if not isinstance(value, Ref):
            return value
        parameter = self._playbook.parameters.get(value.name)
        return None if parameter is None else parameter.value

    def _conclude(self, name: str, value: object) -> None:
        """Let the first rule or row hold that concludes a value."""
        for rule in self._playbook.conclusions:
            if name in rule.then and rule.then[name] in _several(value):
                self.suit(rule.when)
                return
        for table in self._playbook.tables:
            if name in table.outputs:
                at = table.outputs.index(name)
                row = next((r for r in table.rows if r.values[at] in _several(value)), None)
                for cell in row.cells if row else ():
                    self.suit(cell or All(()))
                return

    def _happened(self, fact: Fact, operator: str, value: object) -> None:
        first = _several(value)[0]
        if fact.name in ("last_action", "last_channel", "last_outcome"):
            self._last[fact.name.removeprefix("last_")] = first
        elif fact.name in ("ever_replied", "last_inbound") and value:
            outcome = first if fact.name == "last_inbound" and operator != "known" else "replied"
            self._come_in(outcome)
        elif isinstance(first, int) and operator not in ("at_most", "less_than", "known"):
            self._count(fact.name, first + _STEPS.get(operator, 0))

    def _count(self, name: str, number: int) -> None:
        """So many days, or so many touches."""
        if "days" in name:
            self._days = max(self._days, min(number, _MOST * 100))
            return
        channel = name.removeprefix("attempts_")
        touch: dict[str, object] = {"action": "follow_up"}
        if channel in CHANNELS:
            touch["channel"] = channel
        counted = [t for t in self._went_out if touch.items() <= {"channel": "email", **t}.items()]
        self._went_out += [touch] * (min(number, _MOST) - len(counted))

    def _do(self, done: Done) -> None:
        at_least = self._constant(done.at_least)
        number = at_least if isinstance(at_least, int) else 0
        if done.direction == "inbound":
            if number:
                self._come_in(done.outcome[0] if done.outcome else "replied")
            return
        said: dict[str, tuple[str, ...]] = {
            "action": done.action or ("follow_up",),
            "channel": done.channel,
            "outcome": done.outcome,
            "template": done.template,
        }
        touch: dict[str, object] = {name: words[0] for name, words in said.items() if words}
        self._went_out += [touch] * min(number, _MOST)

    def _come_in(self, outcome: object) -> None:
        touch = {"direction": "inbound", "channel": "email", "outcome": outcome}
        if touch not in self._came_in:
            self._came_in.append(touch)


def _several(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _sample(fact: Fact, operator: str, value: object) -> object:
    """A value with which a test of a given fact holds."""
    match operator:
        case "known":
            known = {"time_zone": _CLOCK, "country": "US"}
            return known.get(fact.name, fact.values[0] if fact.values else _SAMPLES[fact.type])
        case "empty":
            return [] if value else ["something"]
        case "contains":
            return [_several(value)[0]]
        case "more_than" | "less_than" if fact.values:
            return fact.values[
                (fact.values.index(str(value)) + _STEPS[operator]) % len(fact.values)
            ]
        case "more_than" | "less_than" if isinstance(value, int | float):
            return value + _STEPS[operator]
    return _several(value)[0]
