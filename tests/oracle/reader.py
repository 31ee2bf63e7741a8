"""The rules of a playbook read from its YAML by other code than the product's.

Only the meaning of rules is read anew: conditions, expressions, tables, plays and defaults.
What kinds of facts there are is taken from the product's reading.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import yaml

from service.playbook.diagnostics import START, Place
from service.playbook.rules import (
    ALWAYS,
    All,
    AnyOf,
    Arithmetic,
    Conclude,
    Condition,
    Done,
    Not,
    Play,
    Playbook,
    Ref,
    Row,
    Step,
    Table,
    Test,
)

_READ = ("parameters", "facts", "conclude", "tables", "exits", "plays")
#: A part of a playbook, from its name to the line before the next.
_PART = re.compile(r"^[a-z_]+:.*\n(?:(?![a-z_]+:).*\n)*", re.MULTILINE)
_DAYS = {"day": 1, "days": 1, "week": 7, "weeks": 7}


class _Loader(yaml.CSafeLoader):
    """YAML 1.2: words such as `no`, days and hours are text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML keeps it so


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", ["~", "n", ""]),
    ("int", r"[-+]?\d+", "-+0123456789"),
    ("float", r"[-+]?\d+\.\d+", "-+0123456789"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


def reread(text: str, playbook: Playbook) -> Playbook:
    """The playbook with its rules read anew from the text."""
    parts = (part for part in _PART.findall(text) if part.partition(":")[0] in _READ)
    data = yaml.load("".join(parts), _Loader)  # noqa: S506 - a SafeLoader with fewer words
    return _Reader(data or {}).playbook(playbook)


class _Reader:
    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.parameters = {n: p["value"] for n, p in (data.get("parameters") or {}).items()}

    def playbook(self, known: Playbook) -> Playbook:
        facts = (self.data.get("facts") or {}).items()
        defaults = {name: told["default"] for name, told in facts if "default" in told}
        plays = [*self.plays("exits"), *self.plays("plays")]
        return replace(
            known,
            defaults={name: self.resolved(value) for name, value in defaults.items()},
            conclusions=tuple(map(self.conclude, self.data.get("conclude") or ())),
            tables=tuple(map(self.table, self.data.get("tables") or ())),
            # The product has put them in order; here they stand as they are written.
            plays=tuple(replace(p, place=Place(n + 1, 1)) for n, p in enumerate(plays)),
        )

    # ---- conditions -----------------------------------------------------------------

    def condition(self, told: dict[str, Any] | None) -> Condition:
        return All(tuple(self.entry(key, value) for key, value in (told or {}).items()))

    def entry(self, key: str, value: Any) -> Condition:
        match key:
            case "any":
                return AnyOf(tuple(map(self.condition, value)))
            case "all":
                return All(tuple(map(self.condition, value)))
            case "not":
                return Not(self.condition(value))
            case "done":
                return self.done(value)
        return self.test(key, value)

    def test(self, fact: str, value: Any) -> Condition:
        if isinstance(value, list):
            return self.operator(fact, "in", value)
        if isinstance(value, dict):
            return All(tuple(self.operator(fact, *pair) for pair in value.items()))
        return self.operator(fact, "is", value)

    def operator(self, fact: str, word: str, value: Any) -> Condition:
        match word:
            case "not":
                return Not(self.test(fact, value))
            case "in":
                return AnyOf(tuple(self.operator(fact, "is", each) for each in value))
            case "between":
                ends = zip(("at_least", "at_most"), value, strict=True)
                return All(tuple(self.operator(fact, *end) for end in ends))
            case "contains":
                return Test(fact, word, tuple(map(str, several(value))), START)
        return Test(fact, word, self.expression(value), START)  # type: ignore[arg-type]

    def done(self, told: dict[str, Any]) -> Done:
        most = self.resolved(told.get("at_most"))
        least = self.resolved(told.get("at_least", 1 if most is None else 0))
        words = {
            key: tuple(several(told.get(key)))
            for key in ("action", "channel", "outcome", "template")
        }
        since, direction = told.get("since", "first_touch"), told.get("direction", "outbound")
        within = self.days(told.get("within"))
        return Done(**words, direction=direction, within=within, since=since,
                    at_least=least, at_most=most, place=START)  # fmt: skip

    def days(self, told: str | None) -> int | None:
        if told is None:
            return None
        number, _, unit = told.partition(" ")
        return int(self.resolved(number)) * _DAYS[unit or "days"]

    # ---- values ---------------------------------------------------------------------

    def resolved(self, value: Any) -> Any:
        """A parameter's number for its name; anything else as it is."""
        if isinstance(value, str) and value.startswith("$"):
            return self.parameters[value[1:]]
        return value

    def expression(self, value: Any) -> Any:
        if isinstance(value, dict):
            ((operation, parts),) = value.items()
            return Arithmetic(operation, tuple(map(self.expression, parts)))
        return Ref(value[1:]) if isinstance(value, str) and value.startswith("$") else value

    # ---- rules ----------------------------------------------------------------------

    def conclude(self, told: dict[str, Any]) -> Conclude:
        then = {name: self.expression(value) for name, value in told["then"].items()}
        return Conclude(told["rule"], self.condition(told.get("when")), then, "", START)

    def table(self, told: dict[str, Any]) -> Table:
        inputs, outputs = told["inputs"], tuple(several(told["output"]))
        rows = tuple(
            Row(
                tuple(
                    ALWAYS if cell == "any" else self.test(fact, cell)
                    for fact, cell in zip(inputs, row, strict=False)
                ),
                tuple(map(self.expression, row[len(inputs) :])),
                START,
            )
            for row in told["rows"]
        )
        hit = told.get("hit", "first")
        return Table(told["table"], tuple(inputs), outputs, hit, rows, "", START)

    def plays(self, section: str) -> Iterable[Play]:
        for told in self.data.get(section) or ():
            steps = told.get("steps") or [told["do"]]
            yield Play(
                name=told.get("sequence") or told["rule"],
                when=self.condition(told.get("when")),
                steps=tuple(_step(step, told.get("channel")) for step in steps),
                is_sequence="sequence" in told,
                is_exit=section == "exits",
                repeat=told.get("repeat", False),
                then=told.get("then", "next"),
                priority=told.get("priority", 0),
                because="",
                place=START,
            )


def several(told: Any) -> list[Any]:
    """One or many, as many."""
    if told is None:
        return []
    return told if isinstance(told, list) else [told]


def _step(told: Any, channel: str | None) -> Step:
    if isinstance(told, str):
        told = {"action": told}
    if told["action"] in ("wait", "stop", "ask_for_data"):
        channel = None
    by = told.get("channel", channel)
    return Step(told["action"], by, told.get("template"), None, "any_time", (), (), "", START)
