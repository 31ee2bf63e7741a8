"""From conditions to comparisons of whole numbers, in negation normal form."""

from typing import Any

from service.playbook.rules import (
    All,
    AnyOf,
    Condition,
    Done,
    Not,
    Playbook,
    Ref,
    Scalar,
    Test,
)
from service.playbook.ruleset import ALWAYS, NEVER, Cond, Field
from service.playbook.values import encode_constant
from service.playbook.vocabulary import Fact

_OPERATORS = {"is": "==", "at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<"}
_OPPOSITE = {"==": "!=", "!=": "==", ">=": "<", "<": ">=", "<=": ">", ">": "<="}


class Comparisons:
    """Turns the conditions of one playbook into comparisons, and collects what they read.

    `fields` are what the comparisons read, `texts` the texts they look for, each with its
    number; both in the order of first use.
    """

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.fields: dict[str, Field] = {}
        self.texts: dict[str, int] = {}

    def plainly(self, condition: Condition, *, truth: bool) -> Cond:
        """Where the condition is plainly true, or plainly false."""
        match condition:
            case All(parts):
                found = [self.plainly(part, truth=truth) for part in parts]
                return all_of(found) if truth else any_of(found)
            case AnyOf(parts):
                found = [self.plainly(part, truth=truth) for part in parts]
                return any_of(found) if truth else all_of(found)
            case Not(part):
                return self.plainly(part, truth=not truth)
            case Done():
                return self._done(condition, truth=truth)
            case Test():
                return self._test(condition, truth=truth)

    def _test(self, test: Test, *, truth: bool) -> Cond:
        fact = self.playbook.facts[test.fact]
        if test.operator == "known":
            return self._known(fact, wanted=(test.value is True) == truth)
        if test.operator in ("contains", "empty"):
            return self._list_test(test, truth=truth)
        value = self._resolved(test.value)
        if isinstance(value, Ref):
            field = self.field(
                f"compare {fact.name} {value.name}",
                "compare",
                fact.name,
                fact=fact.name,
                other=value.name,
            )
            return _leaf(field, _OPERATORS[test.operator], 0, truth=truth)
        field = self.field(f"value {fact.name}", "value", fact.name, fact=fact.name)
        if isinstance(value, tuple):
            leaves = [_leaf(field, "==", self._encode(fact, item), truth=truth) for item in value]
            return any_of(leaves) if truth else all_of(leaves)
        return _leaf(field, _OPERATORS[test.operator], self._encode(fact, value), truth=truth)

    def _known(self, fact: Fact, *, wanted: bool) -> Cond:
        if fact.always_known or fact.name in self.playbook.defaults:
            return ALWAYS if wanted else NEVER
        field = self.field(f"known {fact.name}", "known", fact.name, fact=fact.name)
        return (field, "==", int(wanted))

    def _list_test(self, test: Test, *, truth: bool) -> Cond:
        if test.operator == "empty":
            field = self.field(f"empty {test.fact}", "empty", test.fact, fact=test.fact)
            return (field, "==", int((test.value is True) == truth))
        if self.playbook.facts[test.fact].origin == "conclusion" and not truth:
            return NEVER  # a row that hangs on a missing fact may yet put the word there
        words = test.value if isinstance(test.value, tuple) else ()
        field = self.field(
            f"contains {test.fact} {words}",
            "contains",
            test.fact,
            fact=test.fact,
            words=words,
        )
        return (field, "==", int(truth))

    def _done(self, done: Done, *, truth: bool) -> Cond:
        spec = {
            "action": done.action,
            "channel": done.channel,
            "outcome": done.outcome,
            "template": done.template,
            "direction": done.direction,
            "within": done.within,
            "since": done.since,
        }
        label = _done_label(spec)
        field = self.field(f"done {spec}", "done", label, done=spec)
        leaves = []
        if isinstance(done.at_least, int) and (done.at_least > 0 or done.at_most is None):
            leaves.append(_leaf(field, ">=", done.at_least, truth=truth))
        if isinstance(done.at_most, int):
            leaves.append(_leaf(field, "<=", done.at_most, truth=truth))
        return all_of(leaves) if truth else any_of(leaves)

    def _resolved(self, value: Scalar | tuple[Scalar, ...] | Ref) -> Scalar | tuple[Any, ...] | Ref:
        if isinstance(value, Ref) and value.name in self.playbook.parameters:
            return self.playbook.parameters[value.name].value
        return value

    def _encode(self, fact: Fact, value: Scalar) -> int:
        if fact.type == "text":
            self.texts.setdefault(str(value), len(self.texts) + 1)
        return encode_constant(fact, value, self.texts)

    def field(self, key: str, kind: Any, label: str, **rest: Any) -> str:  # noqa: ANN401
        """The name of the field of a key, made where there is none yet."""
        if key not in self.fields:
            self.fields[key] = Field(f"f{len(self.fields)}", kind, label, **rest)
        return self.fields[key].name


def _leaf(field: str, operator: str, number: int, *, truth: bool) -> Cond:
    return (field, operator if truth else _OPPOSITE[operator], number)


def all_of(parts: list[Cond]) -> Cond:
    """Where all of the parts hold."""
    if NEVER in parts:
        return NEVER
    return _flat("all", parts)


def any_of(parts: list[Cond]) -> Cond:
    """Where one of the parts holds."""
    if ALWAYS in parts:
        return ALWAYS
    return _flat("any", parts)


def _flat(word: str, parts: list[Cond]) -> Cond:
    """Join parts under one word, drawing parts of the same word in, each once."""
    found: dict[Cond, None] = {}
    for part in parts:
        found.update(dict.fromkeys(part[1:] if part[0] == word else (part,)))
    return next(iter(found)) if len(found) == 1 else (word, *found)


def fields_of(condition: Cond) -> list[str]:
    """The names of the fields that a condition reads, in the order of first use."""
    if condition[0] in ("all", "any"):
        return list(dict.fromkeys(f for part in condition[1:] for f in fields_of(part)))
    return [condition[0]]


def _done_label(spec: dict[str, Any]) -> str:
    """The test in words, for the reasons given with an answer."""
    words = [
        " or ".join(spec[key]) for key in ("action", "channel", "outcome", "template") if spec[key]
    ]
    label = " ".join(["done" if spec["direction"] == "outbound" else "came in", *words])
    if spec["within"] is not None:
        label += f" within {spec['within']} days"
    if spec["since"] == "last_reply":
        label += " since the last reply"
    return label
