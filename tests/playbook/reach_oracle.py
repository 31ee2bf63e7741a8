"""What can be reached, by trying everything: an independent reading of the language.

Every combination of concrete values (missing, on a boundary, beside it) is a world; each
condition is judged in each world by a plain three-valued reading. Nothing here knows
diagrams or regions. Comparisons of two facts, and results of formulas, are drawn freely,
as the checks take them to be.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import product
from typing import Any

from service.playbook.rules import All, AnyOf, Arithmetic, Done, Not, Playbook, Ref, Test

#: Whether something is plainly true, and whether it is plainly false.
Plain = tuple[bool, bool]


@dataclass
class World:
    """One prospect in one situation; `cache` keeps the conclusions drawn."""

    facts: dict[str, Any]
    free: dict[Any, Any]
    progress: dict[str, int]
    cache: dict[str, list[Any]] = field(default_factory=dict)


def comparable(kind: str, value: Any) -> Any:
    """A written constant as something Python can compare."""
    if kind == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    if kind == "instant" and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def count_key(done: Done) -> tuple[Any, ...]:
    """Equal for two that count the same."""
    return (frozenset(done.action), frozenset(done.channel), done.direction, done.since)


class Oracle:
    """Judges one playbook in one world after another."""

    def __init__(self, playbook: Playbook, values: dict[str, list[Any]]) -> None:
        self.playbook = playbook
        self.values = values  # every concrete value of each fact, None for missing
        self.concluded = {fact for rule in playbook.conclusions for fact in rule.then} | {
            fact for table in playbook.tables for fact in table.outputs
        }

    # ---- worlds ---------------------------------------------------------------------

    def worlds(self) -> Iterator[World]:
        facts, free = self._asked()
        sequences = [play for play in self.playbook.plays if play.is_sequence]
        for one in product(*facts.values()):
            for other in product(*free.values()):
                for steps in product(*(range(len(s.steps) + 1) for s in sequences)):
                    yield World(
                        dict(zip(facts, one, strict=True)),
                        dict(zip(free, other, strict=True)),
                        {s.name: n for s, n in zip(sequences, steps, strict=True)},
                    )

    def _asked(self) -> tuple[dict[str, list[Any]], dict[Any, list[Any]]]:
        facts: dict[str, list[Any]] = {}
        free: dict[Any, list[Any]] = {}
        for condition in self._conditions():
            self._ask(condition, facts, free)
        for fact, value in self._results():
            for name in self._names(value):
                self._need(name, facts)
            if self._names(value):
                free["result", fact, value] = [v for v in self.values[fact] if v is not None]
        return facts, free

    def _conditions(self) -> Iterator[Any]:
        yield from (rule.when for rule in self.playbook.conclusions)
        for table in self.playbook.tables:
            for row in table.rows:
                yield from (cell for cell in row.cells if cell is not None)
        yield from (play.when for play in self.playbook.plays)

    def _results(self) -> Iterator[tuple[str, Any]]:
        for rule in self.playbook.conclusions:
            yield from rule.then.items()
        for table in self.playbook.tables:
            for row in table.rows:
                yield from zip(table.outputs, row.values, strict=True)

    def _names(self, value: Any) -> list[str]:
        if isinstance(value, Arithmetic):
            return [name for part in value.arguments for name in self._names(part)]
        if isinstance(value, Ref) and value.name not in self.playbook.parameters:
            return [value.name]
        return []

    def _need(self, name: str, facts: dict[str, list[Any]]) -> None:
        if name not in self.concluded:
            facts[name] = self.values[name]

    def _ask(self, condition: Any, facts: dict[str, list[Any]], free: dict[Any, Any]) -> None:
        match condition:
            case All(parts) | AnyOf(parts):
                for part in parts:
                    self._ask(part, facts, free)
            case Not(part):
                self._ask(part, facts, free)
            case Test():
                self._need(condition.fact, facts)
                for name in self._names(condition.value):
                    self._need(name, facts)
                    kind = self.playbook.facts[condition.fact]
                    unordered = kind.type in ("boolean", "text") or (
                        kind.type == "choice" and not kind.ordered
                    )
                    pair = tuple(sorted((condition.fact, name)))
                    free["compare", *pair] = [0] if pair[0] == pair[1] else [0, 1, -1]
                    if unordered and pair[0] != pair[1]:
                        free["compare", *pair] = [0, 1]
            case Done():
                bounds = [b for b in (condition.at_least, condition.at_most) if type(b) is int]
                seen = free.get(("done", count_key(condition)), [0])
                near = {n for b in bounds for n in (b - 1, b, b + 1) if n >= 0}
                parameters = {p.value for p in self.playbook.parameters.values()}
                near |= {n for b in parameters for n in (b - 1, b, b + 1)}
                free["done", count_key(condition)] = sorted({*seen, *near})
                for bound in (condition.at_least, condition.at_most):
                    for name in self._names(bound):
                        self._need(name, facts)
                        free["bound", count_key(condition), name] = [-1, 0, 1]

    # ---- conditions -----------------------------------------------------------------

    def judge(self, condition: Any, world: World) -> Plain:
        match condition:
            case All(parts):
                each = [self.judge(part, world) for part in parts]
                return all(t for t, _ in each), any(f for _, f in each)
            case AnyOf(parts):
                each = [self.judge(part, world) for part in parts]
                return any(t for t, _ in each), all(f for _, f in each)
            case Not(part):
                true, false = self.judge(part, world)
                return false, true
            case Done():
                return self._done(condition, world)
            case _:
                return self._test(condition, world)

    def known_values(self, name: str, world: World) -> list[Any]:
        if name in self.playbook.parameters:
            return [self.playbook.parameters[name].value]
        if name in self.concluded:
            if name not in world.cache:
                world.cache[name] = list(self._conclude(name, world))
            return world.cache[name]
        value = world.facts[name]
        return [] if value is None else [value]

    def _test(self, test: Test, world: World) -> Plain:
        values = self.known_values(test.fact, world)
        if test.operator == "known":
            return bool(values) == test.value, bool(values) != test.value
        if test.operator in ("contains", "empty"):
            return self._list_test(test, values)
        if self._names(test.value):
            return self._compared(test, world)
        kind = self.playbook.facts[test.fact]
        found = [self._passes(kind, value, test) for value in values]
        return any(found), not all(found)

    def _passes(self, kind: Any, value: Any, test: Test) -> bool:
        if test.operator == "in":
            return any(value == comparable(kind.type, each) for each in test.value)
        bound = test.value
        if isinstance(bound, Ref):
            bound = self.playbook.parameters[bound.name].value
        value, bound = comparable(kind.type, value), comparable(kind.type, bound)
        if kind.type == "choice" and test.operator != "is":
            value, bound = kind.values.index(value), kind.values.index(bound)
        return {
            "is": lambda: value == bound,
            "at_least": lambda: value >= bound,
            "at_most": lambda: value <= bound,
            "more_than": lambda: value > bound,
            "less_than": lambda: value < bound,
        }[test.operator]()

    def _list_test(self, test: Test, values: list[Any]) -> Plain:
        if test.fact in self.concluded:
            values = [values] if values else []
        if not values:
            return False, False
        if test.operator == "empty":
            result = (len(values[0]) == 0) == test.value
        else:
            result = bool(set(test.value) & set(values[0]))
            if test.fact in self.concluded:
                return result, False
        return result, not result

    def _compared(self, test: Test, world: World) -> Plain:
        name = test.value.name
        if not self.known_values(test.fact, world) or not self.known_values(name, world):
            return False, False
        first, second = sorted((test.fact, name))
        standing = world.free["compare", first, second]
        return self._stands(test.operator, standing if first == test.fact else -standing)

    def _stands(self, operator: str, standing: int) -> Plain:
        result = {
            "is": standing == 0,
            "at_least": standing >= 0,
            "at_most": standing <= 0,
            "more_than": standing > 0,
            "less_than": standing < 0,
        }[operator]
        return result, not result

    def _done(self, done: Done, world: World) -> Plain:
        low = self._bound(done, "at_least", done.at_least, world)
        high = (True, False)
        if done.at_most is not None:
            high = self._bound(done, "at_most", done.at_most, world)
        return low[0] and high[0], low[1] or high[1]

    def _bound(self, done: Done, operator: str, bound: Any, world: World) -> Plain:
        if self._names(bound):
            if not self.known_values(bound.name, world):
                return False, False
            return self._stands(operator, world.free["bound", count_key(done), bound.name])
        if isinstance(bound, Ref):
            bound = self.playbook.parameters[bound.name].value
        count = world.free["done", count_key(done)]
        return self._stands(operator, (count > bound) - (count < bound))

    # ---- conclusions ----------------------------------------------------------------

    def _conclude(self, fact: str, world: World) -> Iterator[Any]:
        rules = [rule for rule in self.playbook.conclusions if fact in rule.then]
        for rule in rules:
            if self.judge(rule.when, world)[0]:
                yield from self.value(fact, rule.then[fact], world)
        if self.playbook.facts[fact].type == "boolean":
            constants = {rule.then[fact] for rule in rules}
            if len(constants) == 1 and all(self.judge(r.when, world)[1] for r in rules):
                yield constants == {False}
        for table in self.playbook.tables:
            if fact in table.outputs:
                column = table.outputs.index(fact)
                for number in self.reached(table, world):
                    yield from self.value(fact, table.rows[number].values[column], world)

    def value(self, fact: str, expression: Any, world: World) -> list[Any]:
        """The value as a list of one, or of none where an argument is missing."""
        names = self._names(expression)
        if names:
            missing = not all(self.known_values(name, world) for name in names)
            return [] if missing else [world.free["result", fact, expression]]
        return [self._calculated(expression)]

    def _calculated(self, expression: Any) -> Any:
        if isinstance(expression, Ref):
            return self.playbook.parameters[expression.name].value
        if not isinstance(expression, Arithmetic):
            return expression
        first, *rest = [self._calculated(part) for part in expression.arguments]
        for number in rest:
            first = {
                "sum": first + number,
                "difference": first - number,
                "product": first * number,
                "minimum": min(first, number),
                "maximum": max(first, number),
            }[expression.operation]
        return first

    def matches(self, table: Any, world: World) -> list[int]:
        """The rows that match, whatever the rows above say."""
        return [
            number
            for number, row in enumerate(table.rows)
            if all(cell is None or self.judge(cell, world)[0] for cell in row.cells)
        ]

    def reached(self, table: Any, world: World) -> list[int]:
        found = self.matches(table, world)
        return found[:1] if table.hit == "first" else found

    def answers(self, play: Any, world: World) -> bool:
        if not self.judge(play.when, world)[0]:
            return False
        ended = play.is_sequence and world.progress[play.name] == len(play.steps)
        return not ended or play.repeat or play.then == "stop"
