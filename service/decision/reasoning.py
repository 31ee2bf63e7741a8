"""Forward chaining: layer by layer the engine fires rules, and what they conclude is added."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from service.decision.facts import Facts, Reading
from service.decision.ready import Ready
from service.playbook.rules import Arithmetic, Expression, Ref
from service.playbook.ruleset import CompiledRule, Completion, TableMeaning

#: Results of arithmetic are held within ± this, so that arithmetic always has an answer.
LARGEST_RESULT = 10**11


@dataclass(frozen=True)
class Reasoned:
    """What came of the rules.

    `facts` now hold the conclusions; `fired` are the rules that fired, in the order of the
    playbook; `effective` those whose values were taken; `fields` what the engine saw in each
    layer.
    """

    facts: Facts
    fired: tuple[CompiledRule, ...]
    effective: tuple[CompiledRule, ...]
    fields: tuple[Mapping[str, int], ...]


def reason(ready: Ready, reading: Reading) -> Reasoned:
    """Run every layer of a ruleset over what is known. The facts given are not changed."""
    facts = dict(reading.facts)
    seen = Reading(facts, reading.history)
    fired: list[CompiledRule] = []
    effective: list[CompiledRule] = []
    fields: list[dict[str, int]] = []
    with ready.program.session() as session:
        for number, layer in enumerate(ready.layers):
            values = {}
            for name, read in layer.readers:
                value = read(seen)
                if value is not None:
                    values[name] = value
            fields.append(values)
            rules = [ready.rules[i] for i in session.fire(number, values)]
            fired += rules
            effective += _conclude(rules, fired, number, ready, facts)
    return Reasoned(facts, tuple(fired), tuple(effective), tuple(fields))


def _conclude(
    rules: list[CompiledRule],
    fired: list[CompiledRule],
    number: int,
    ready: Ready,
    facts: Facts,
) -> list[CompiledRule]:
    """Add what the rules of a layer conclude to the facts; gives those that had a say."""
    effective: list[CompiledRule] = []
    by_table: dict[str, list[CompiledRule]] = {}
    for rule in rules:
        if rule.role == "conclude" and rule.then is not None:
            effective.append(rule)
            for name, expression in rule.then.items():
                _set(facts, name, expression)
        elif rule.role == "row":
            by_table.setdefault(rule.table, []).append(rule)
    for table in ready.layers[number].tables:
        rows = by_table.get(table, [])
        effective += _settle_table(ready.ruleset.tables[table], rows, facts)
    if ready.layers[number].completions:
        numbers = {rule.id for rule in fired}
        for completion in ready.layers[number].completions:
            effective += _complete(completion, numbers, ready, facts)
    return effective


def _settle_table(
    table: TableMeaning, rows: list[CompiledRule], facts: Facts
) -> list[CompiledRule]:
    """Take the first row, or collect all; what no row gives stays unknown, lists too."""
    if table.hit != "collect":
        rows = rows[:1]
    for i, name in enumerate(table.outputs):
        values = [value(list((row.then or {}).values())[i], facts) for row in rows]
        known = [item for item in values if item is not None]
        if known:
            collected = tuple(dict.fromkeys(map(str, known)))
            facts[name] = collected if table.hit == "collect" else known[0]
    return rows


def _complete(
    completion: Completion, fired: set[int], ready: Ready, facts: Facts
) -> list[CompiledRule]:
    if not set(completion.refutations) <= fired or completion.fact in facts:
        return []
    facts[completion.fact] = completion.value
    return [ready.rules[i] for i in completion.refutations]


def _set(facts: Facts, name: str, expression: Expression) -> None:
    result = value(expression, facts)
    if result is not None:
        facts[name] = result


def value(expression: Expression, facts: Facts) -> object | None:
    """What an expression comes to; None where something it needs is unknown."""
    if isinstance(expression, Ref):
        return facts.get(expression.name)
    if not isinstance(expression, Arithmetic):
        return expression
    numbers: list[int | Fraction] = []
    for argument in expression.arguments:
        number = value(argument, facts)
        if not isinstance(number, int | float):
            return None
        # As it is written: 1.005 is no sum of halves, and a threshold should not feel that.
        numbers.append(number if isinstance(number, int) else Fraction(str(number)))
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
