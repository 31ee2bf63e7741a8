"""Forward chaining: layer by layer the engine fires rules, and what they conclude is added."""

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from service.decision.facts import Facts, Reading
from service.decision.ready import Layer, Ready
from service.playbook.rules import Arithmetic, Expression, Ref
from service.playbook.ruleset import CompiledRule, Completion, TableMeaning

#: Results of arithmetic are held within ± this, so that arithmetic always has an answer.
LARGEST_RESULT = 10**11


class Reasoned(NamedTuple):
    """What came of the rules.

    `facts` now hold the conclusions; `fired` are the rules that fired, in the order of the
    playbook; `effective` those whose values were taken; `seen` the fields that were known.
    """

    facts: Facts
    fired: tuple[CompiledRule, ...]
    effective: tuple[CompiledRule, ...]
    seen: Mapping[str, int]


def reason(ready: Ready, reading: Reading) -> Reasoned:
    """Run every layer of a ruleset over what is known. The facts given are not changed."""
    facts = dict(reading.facts)
    now_known = Reading(facts, reading.history)
    fired: dict[int, CompiledRule] = {}
    effective: list[CompiledRule] = []
    seen: dict[str, int] = {}
    with ready.program.session() as session:
        for number, layer in enumerate(ready.layers):
            layer.fields.read(now_known, seen)
            rules = {i: ready.rules[i] for i in session.fire(number, seen)}
            fired |= rules
            effective += _conclude(layer, rules.values(), facts)
            effective += _complete(layer.completions, fired, facts)
    return Reasoned(facts, tuple(fired.values()), tuple(effective), seen)


def _conclude(layer: Layer, rules: Iterable[CompiledRule], facts: Facts) -> list[CompiledRule]:
    """Add what the rules of a layer conclude to the facts; gives those that had a say."""
    effective: list[CompiledRule] = []
    rows: dict[str, list[CompiledRule]] = {}
    for rule in rules:
        if rule.role == "conclude":
            effective.append(rule)
            _take(rule, facts)
        elif rule.role == "row":
            rows.setdefault(rule.table, []).append(rule)
    if rows:
        for name, table in layer.tables:
            effective += _settle_table(table, rows.get(name, []), facts)
    return effective


def _take(rule: CompiledRule, facts: Facts) -> None:
    for name, expression in (rule.then or {}).items():
        result = value(expression, facts)
        if result is not None:
            facts[name] = result


def _settle_table(
    table: TableMeaning, rows: list[CompiledRule], facts: Facts
) -> list[CompiledRule]:
    """Take the first row, or collect all; what no row gives stays unknown, lists too."""
    if table.hit != "collect":
        for row in rows[:1]:
            _take(row, facts)
        return rows[:1]
    for name in table.outputs:
        values = [value((row.then or {})[name], facts) for row in rows]
        collected = dict.fromkeys(str(item) for item in values if item is not None)
        if collected:
            facts[name] = tuple(collected)
    return rows


def _complete(
    completions: Sequence[Completion], fired: Mapping[int, CompiledRule], facts: Facts
) -> list[CompiledRule]:
    """Conclude what is plainly so because every rule that says otherwise is refuted."""
    effective: list[CompiledRule] = []
    for completion in completions:
        if completion.fact not in facts and all(map(fired.__contains__, completion.refutations)):
            facts[completion.fact] = completion.value
            effective += [fired[i] for i in completion.refutations]
    return effective


def value(expression: Expression, facts: Facts) -> object | None:
    """What an expression comes to; None where something it needs is unknown."""
    if isinstance(expression, Ref):
        return facts.get(expression.name)
    if not isinstance(expression, Arithmetic):
        return expression
    numbers: list[int | Fraction] = []
    for argument in expression.arguments:
        number = value(argument, facts)
        if isinstance(number, int):
            numbers.append(number)
        elif isinstance(number, float):
            # As it is written: 1.005 is no sum of halves, and a threshold should not feel that.
            numbers.append(Fraction(str(number)))
        else:
            return None
    return _held(_calculate(expression.operation, numbers))


def _calculate(operation: str, numbers: list[int | Fraction]) -> int | Fraction:
    match operation:
        case "sum":
            return sum(numbers)
        case "product":
            return math.prod(numbers)
        case "minimum":
            return min(numbers)
        case "maximum":
            return max(numbers)
        case _:
            return numbers[0] - sum(numbers[1:])


def _held(number: int | Fraction) -> int | float:
    held = max(-LARGEST_RESULT, min(LARGEST_RESULT, number))
    return held if isinstance(held, int) else float(round(held, 4))
