"""What a ruleset says of a story, by the plainest reading: no engine, nothing shared with one.

`judge` goes through the strata and asks a matcher which rules hold for the fields of each:
`plain_matches`, or another engine's.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import reduce
from typing import Any, NamedTuple

from service.playbook.rules import Arithmetic, Ref
from service.playbook.ruleset import END, CompiledRule, Cond, Field, Ruleset, Stratum
from service.playbook.vocabulary import STANDARD_FACTS, Fact
from tests.oracle.story import Story, typed

Facts = dict[str, Any]
#: The ids of the rules of one stratum that hold for its fields.
Matcher = Callable[[int, Mapping[str, int]], set[int]]
MOST = 10**11
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Verdict(NamedTuple):
    """What came out: the rules that fired, all facts, and the plays in order of preference.

    A play is its name and the step that it proposes. `action` is the winner's.
    """

    fired: frozenset[int]
    facts: Facts
    plays: tuple[tuple[str, int], ...]
    action: str


def words_of(ruleset: Ruleset) -> dict[str, Fact]:
    """Every fact that a request can name, and those that are concluded."""
    return {**STANDARD_FACTS, **ruleset.facts}


def judge(ruleset: Ruleset, story: Story, matches: Matcher | None = None) -> Verdict:
    """Draw all conclusions and choose."""
    words = words_of(ruleset)
    facts = dict(story.facts)
    for name, written in ruleset.defaults.items():
        facts.setdefault(name, typed(words[name], written))
    matches = matches or plain_matches(ruleset)
    fired: set[int] = set()
    waiting = list(ruleset.completions)
    for number, stratum in enumerate(ruleset.strata):
        held = matches(number, dict(_read(stratum, ruleset, words, facts, story)))
        fired |= held
        facts.update(_concluded([rule for rule in stratum.rules if rule.id in held], facts))
        facts.update(_settled(ruleset, stratum, held, facts))
        for completion in [each for each in waiting if fired.issuperset(each.refutations)]:
            waiting.remove(completion)
            facts.setdefault(completion.fact, completion.value)
    plays = tuple(_plays(ruleset, fired))
    return Verdict(frozenset(fired), facts, plays, action_of(ruleset, plays))


# ---- fields and conditions ----------------------------------------------------------


def _read(
    stratum: Stratum, ruleset: Ruleset, words: Mapping[str, Fact], facts: Facts, story: Story
) -> Iterator[tuple[str, int]]:
    """The fields of a stratum that have a value."""
    for field in stratum.fields:
        if field.kind == "done" and field.done is not None:
            yield field.name, story.count(field.done)
        elif field.kind == "progress":
            yield field.name, story.progress(ruleset.plays[field.play])
        elif field.kind == "known":
            yield field.name, 1 if field.fact in facts else 0
        elif field.fact in facts:
            number = _number(field, facts, words, ruleset.texts)
            if number is not None:
                yield field.name, number


def _number(
    field: Field, facts: Facts, words: Mapping[str, Fact], texts: Mapping[str, int]
) -> int | None:
    value, fact = facts[field.fact], words[field.fact]
    if field.kind == "contains":
        return 1 if set(value) & set(field.words) else 0
    if field.kind == "empty":
        return 0 if value else 1
    if field.kind == "value":
        return encoded(fact, value, texts)
    if field.other not in facts:
        return None
    other = facts[field.other]
    if fact.type == "choice":
        value, other = fact.values.index(value), fact.values.index(other)
    return 0 if value == other else 1 if value > other else -1


def encoded(fact: Fact, value: Any, texts: Mapping[str, int]) -> int:
    """The whole number that stands for a value."""
    match fact.type:
        case "number":
            ten_thousandths = Decimal(str(value)) * 10_000
            return int(ten_thousandths.to_integral_value(ROUND_HALF_EVEN))
        case "choice":
            return fact.values.index(str(value))
        case "text":
            return texts.get(value, 0)
        case "date":
            return int((value - date.min).days) + 1
        case "instant":
            return int((value - EPOCH) // timedelta(seconds=1))
    return int(value)


def plain_matches(ruleset: Ruleset) -> Matcher:
    """A condition holds where it is true of the fields; an absent field makes nothing true."""

    def matches(number: int, fields: Mapping[str, int]) -> set[int]:
        return {rule.id for rule in ruleset.strata[number].rules if holds(rule.when, fields)}

    return matches


def holds(condition: Cond, fields: Mapping[str, int]) -> bool:
    """Whether a compiled condition is plainly true."""
    word, *parts = condition
    if word == "all":
        return all(holds(part, fields) for part in parts)
    if word == "any":
        return any(holds(part, fields) for part in parts)
    operator, bound = parts
    if word not in fields:
        return False
    number = fields[word]
    return bool(
        {
            "==": number == bound,
            "!=": number != bound,
            "<": number < bound,
            "<=": number <= bound,
            ">": number > bound,
            ">=": number >= bound,
        }[operator]
    )


# ---- conclusions --------------------------------------------------------------------


def _concluded(rules: list[CompiledRule], facts: Facts) -> Facts:
    written = [
        pair for rule in rules if rule.role == "conclude" for pair in (rule.then or {}).items()
    ]
    values = {name: value_of(expression, facts) for name, expression in written}
    return {name: value for name, value in values.items() if value is not None}


def _settled(ruleset: Ruleset, stratum: Stratum, held: set[int], facts: Facts) -> Facts:
    """What the tables of a stratum give."""
    found: Facts = {}
    for name, table in ruleset.tables.items():
        rows = [rule for rule in stratum.rules if rule.table == name and rule.id in held]
        rows.sort(key=lambda rule: rule.row)
        for output in table.outputs:
            values = [value_of((row.then or {})[output], facts) for row in rows]
            if table.hit == "collect":
                listed = dict.fromkeys(str(value) for value in values if value is not None)
                found |= {output: (*listed,)} if listed else {}
            elif values and values[0] is not None:
                found[output] = values[0]
    return found


def value_of(expression: Any, facts: Facts) -> Any:
    """What an expression comes to, in decimals; None where a part is unknown."""
    if isinstance(expression, Ref):
        return facts.get(expression.name)
    if not isinstance(expression, Arithmetic):
        return expression
    values = [value_of(part, facts) for part in expression.arguments]
    if None in values:
        return None
    if all(isinstance(value, int) for value in values):
        return _within(int(_result(expression.operation, values)))
    result = _result(expression.operation, [Decimal(str(value)) for value in values])
    if expression.operation in ("minimum", "maximum"):
        result = values[[Decimal(str(value)) for value in values].index(result)]
        return _within(result if isinstance(result, int) else round(result, 4))
    rounded = Decimal(result).quantize(Decimal("0.0001")) if abs(result) < MOST else result
    return _within(float(rounded))


def _result(operation: str, numbers: list[Any]) -> Any:
    steps: dict[str, Callable[[Any, Any], Any]] = {
        "sum": lambda a, b: a + b,
        "difference": lambda a, b: a - b,
        "product": lambda a, b: a * b,
        "minimum": min,
        "maximum": max,
    }
    return reduce(steps[operation], numbers)


def _within(number: Any) -> Any:
    return MOST if number >= MOST else max(-MOST, number)


# ---- the choice ---------------------------------------------------------------------


def _plays(ruleset: Ruleset, fired: set[int]) -> Iterator[tuple[str, int]]:
    """The plays that propose a step: exits, then by priority, then as written."""
    rules = [rule for rule in ruleset.strata[-1].rules if rule.id in fired and rule.role == "play"]
    for rule in sorted(rules, key=lambda rule: preference(ruleset, rule.play)):
        yield rule.name, rule.step


def preference(ruleset: Ruleset, number: int) -> tuple[Any, ...]:
    """The less, the better."""
    play = ruleset.plays[number]
    return (0 if play.is_exit else 1, -play.priority, play.place.line, play.place.column)


def action_of(ruleset: Ruleset, plays: tuple[tuple[str, int], ...]) -> str:
    """What the best play does; else what is done otherwise; else nothing but wait."""
    if not plays:
        return ruleset.otherwise.action if ruleset.otherwise else "wait"
    name, step = plays[0]
    (play,) = [play for play in ruleset.plays if play.name == name]
    return "stop" if step == END else play.steps[step].action
