"""Rules for the engine, at random and at its edges, and what they must say.

The conditions are those of a ruleset (`service.decision.engine.Cond`); `expected` evaluates
them in plain Python, without the engine.
"""

import operator
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from service.playbook import limits

Cond = Any
Strata = Sequence[Sequence[tuple[int, Cond]]]
Fields = Mapping[str, int]

COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LARGEST = limits.LARGEST_NUMBER
_NUMBERS = (-2, -1, 0, 1, 2, 3, 10**9, _LARGEST - 1, _LARGEST, -_LARGEST)
#: The engine reads names and numbers of these as something else, if it ever sees them.
_NAMES = ("sid", "id", "g", "$s", "$and", "$nex", 'a"b', "f0", "\n", "", "é", "\U0001f600")


def holds(condition: Cond, fields: Fields) -> bool:
    """Whether a condition is plainly true."""
    match condition:
        case True:
            return True
        case "all", *parts:
            return all(holds(part, fields) for part in parts)
        case "any", *parts:
            return any(holds(part, fields) for part in parts)
        case field, compare, value:
            return field in fields and COMPARE[compare](fields[field], value)
    raise AssertionError(condition)


def expected(strata: Strata, fields: Fields) -> list[tuple[int, ...]]:
    """The ids that must fire in each stratum."""
    return [tuple(sorted(i for i, when in rules if holds(when, fields))) for rules in strata]


# ---- at random ----------------------------------------------------------------------


def strata_at_random(random: Random) -> Strata:
    """Up to five strata with up to sixty rules each, few of them large."""
    names = [*(f"x{n}" for n in range(random.choice([2, 5, 20, 60]))), *random.sample(_NAMES, 3)]
    sizes = [random.choice([0, 1, 3, 10, 60]) for _ in range(random.randint(1, 5))]
    return [[(n, _condition(random, names, 4)) for n in range(size)] for size in sizes]


def _condition(random: Random, names: Sequence[str], depth: int) -> Cond:
    if depth == 0 or random.random() < 0.4:
        if random.random() < 0.03:
            return True
        return [random.choice(names), random.choice(list(COMPARE)), random.choice(_NUMBERS)]
    count = random.choice([0, 1, 2, 2, 3, 3, 5])
    parts = (_condition(random, names, depth - 1) for _ in range(count))
    return [random.choice(["all", "any"]), *parts]


def fields_at_random(random: Random, strata: Strata) -> Fields:
    """Some of the fields that the rules read, and one that none reads."""
    names = sorted({name for rules in strata for _, when in rules for name in _fields(when)})
    share = random.choice([0.0, 0.5, 0.9, 1.0])
    known = [name for name in names if random.random() < share]
    return {"nobody asks": 1, **{name: random.choice(_NUMBERS) for name in known}}


def _fields(condition: Cond) -> Iterator[str]:
    match condition:
        case True:
            return
        case "all" | "any", *parts:
            for part in parts:
                yield from _fields(part)
        case field, _, _:
            yield field


# ---- at the edges -------------------------------------------------------------------


def _is_one(number: int) -> Cond:
    return [f"x{number}", "==", 1]


def _tree(depth: int, first: int) -> Cond:
    """Alternatives of pairs of alternatives, and so on: 2^depth tests."""
    if not depth:
        return _is_one(first)
    kind = "any" if depth % 2 else "all"
    return [kind, _tree(depth - 1, 2 * first), _tree(depth - 1, 2 * first + 1)]


def _spiral(depth: int) -> Cond:
    """Groups inside groups, as many as depth."""
    if not depth:
        return _is_one(0)
    return ["any" if depth % 2 else "all", _is_one(depth), _spiral(depth - 1)]


def _pairs(count: int) -> list[Cond]:
    return [["any", _is_one(2 * n), _is_one(2 * n + 1)] for n in range(count)]


def _rows(count: int, columns: int) -> Sequence[tuple[int, Cond]]:
    """A table: each row holds where its own tests hold and no row before it does."""
    rows: list[Cond] = []
    for n in range(count):
        tests = [[f"x{c}", "<=" if (n >> c) & 1 else ">", n % 3] for c in range(columns)]
        rows.append(["all", *tests])
    return list(enumerate(rows))


def edges() -> Mapping[str, Strata]:
    """Rulesets that reach what the engine and the limits allow."""
    any_of = [_is_one(n) for n in range(limits.MOST_TESTS_IN_A_RULE)]
    mixed = [["x1", ("<", ">", "!=")[n % 3], n - 30] for n in range(60)]
    return {
        "no rules": [[], []],
        "constants": [[(3, True), (1, ["all"]), (2, ["any"])], [(0, ["any", True])]],
        "130 rules true at once": [[(n, _is_one(n)) for n in range(130)]],
        "500 rules with one test": [[(n, ["x1", "==", 1]) for n in range(500)]],
        "500 rules with one last test": [
            [(n, ["all", _is_one(n), ["x0", "<", 9]]) for n in range(500)]
        ],
        "100 alternatives": [[(0, ["any", *any_of])]],
        "60 mixed tests of one field": [[(0, ["any", *mixed])]],
        "100 tests": [[(0, ["all", *any_of])]],
        "alternatives in 25 places": [[(0, ["all", *_pairs(25)])]],
        "a deep tree": [[(0, _tree(6, 0))], [(1, ["any", ["x3", "==", 7], _tree(5, 3)])]],
        "the deepest spiral": [[(0, _spiral(limits.MOST_NESTING - 1))]],
        "a table": [_rows(400, 9)],
        "strange names": [[(n, [name, "==", n]) for n, name in enumerate(_NAMES)]],
        "most tests": [
            [(n, ["any", *(_is_one(100 * n + m) for m in range(100))]) for n in range(40)]
        ],
        "most rules": [[(n, [f"x{n}", "!=", 0]) for n in range(limits.MOST_RULES)]],
        "most strata": [[(0, _tree(5, n))] for n in range(limits.MOST_STRATA)],
    }


def worlds() -> Mapping[str, Fields]:
    """Fields to try every edge with."""
    every = range(limits.MOST_TESTS)
    return {
        "nothing known": {},
        "all true": {f"x{n}": 1 for n in every},
        "all false": {f"x{n}": 0 for n in every},
        "half true": {f"x{n}": n % 2 for n in every},
        "some known": {f"x{n}": n % 2 for n in range(0, limits.MOST_TESTS, 3)},
        "the largest": {f"x{n}": _LARGEST for n in every},
        "the smallest": {f"x{n}": -_LARGEST for n in every},
        "strange names": {name: n for n, name in enumerate(_NAMES)},
    }
