"""The constants of a playbook: what its tests compare with, parameters filled in."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.playbook.diagnostics import START
from service.playbook.reach.domains import Point, Points, point
from service.playbook.rules import (
    All,
    AnyOf,
    Arithmetic,
    Condition,
    Done,
    Expression,
    Not,
    Playbook,
    Ref,
    Scalar,
    Test,
)
from service.playbook.vocabulary import Fact


def leaves(condition: Condition) -> Iterator[Test | Done]:
    """Every test and count in a condition, in written order."""
    match condition:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield condition


def conditions(playbook: Playbook) -> Iterator[Condition]:
    """Every condition of a playbook, in written order."""
    yield from (rule.when for rule in playbook.conclusions)
    for table in playbook.tables:
        for row in table.rows:
            yield from (cell for cell in row.cells if cell is not None)
    yield from (play.when for play in playbook.plays)


def resolved(playbook: Playbook, value: Scalar | Ref) -> Scalar | Ref:
    """A parameter's number; anything else as it is."""
    if isinstance(value, Ref) and value.name in playbook.parameters:
        return playbook.parameters[value.name].value
    return value


def count_of(playbook: Playbook, done: Done) -> Done:
    """What is counted, apart from the bounds: equal for two that count the same."""
    within = resolved(playbook, done.within) if done.within is not None else None
    return replace(
        done,
        action=tuple(sorted(set(done.action))),
        channel=tuple(sorted(set(done.channel))),
        outcome=tuple(sorted(set(done.outcome))),
        template=tuple(sorted(set(done.template))),
        within=within if isinstance(within, Ref) or within is None else int(within),
        at_least=0,
        at_most=None,
        place=START,
    )


def fact_named(playbook: Playbook, name: str) -> Fact:
    """The fact; one that nobody declared (an error told elsewhere) is any text."""
    return playbook.facts.get(name) or Fact(name, "text", name)


def constants(playbook: Playbook, test: Test) -> Points | None:
    """What the test compares with, as points; None where that is another fact."""
    fact = fact_named(playbook, test.fact)
    if isinstance(test.value, tuple):
        return tuple(point(fact, value) for value in test.value)
    value = resolved(playbook, test.value)
    return None if isinstance(value, Ref) else point(fact, value)


Cuts = dict[str | Done, set[Point]]


def all_cuts(playbook: Playbook) -> Cuts:
    """The constants that each fact and each count is compared with."""
    cuts: Cuts = {}
    for condition in conditions(playbook):
        for leaf in leaves(condition):
            if isinstance(leaf, Done):
                bounds = (resolved(playbook, b) for b in (leaf.at_least, leaf.at_most or 0))
                found = {bound for bound in bounds if not isinstance(bound, Ref)}
                cuts.setdefault(count_of(playbook, leaf), set()).update(found)
            elif leaf.operator not in ("known", "empty", "contains"):
                values = constants(playbook, leaf)
                several = values if isinstance(values, tuple) else (values,)
                known = {value for value in several if value is not None}
                cuts.setdefault(leaf.fact, set()).update(known)
    return cuts


def computed(playbook: Playbook, expression: Expression) -> Expression:
    """The expression with its parameters filled in, worked out where nothing else is in it."""
    if not isinstance(expression, Arithmetic):
        return resolved(playbook, expression)
    parts = tuple(computed(playbook, part) for part in expression.arguments)
    numbers = [part for part in parts if isinstance(part, int | float)]
    if not parts or len(numbers) < len(parts):
        return Arithmetic(expression.operation, parts)
    return _result(expression.operation, numbers)


def _result(operation: str, numbers: Sequence[int | float]) -> Scalar:
    match operation:
        case "sum":
            return sum(numbers)
        case "product":
            return math.prod(numbers)
        case "difference":
            return numbers[0] - sum(numbers[1:])
        case "minimum":
            return min(numbers)
        case _:
            return max(numbers)
