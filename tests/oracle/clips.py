"""A ruleset in CLIPS: each compiled rule is one `defrule`, each known field one fact.

A rule of stratum 2 with the condition `["all", ["f0", ">=", 3], ["any", A, B]]` becomes

    (defrule r17 (stratum 2) (f0 ?v0&:(>= ?v0 3)) (or A B)
      => (bind ?*fired* (create$ ?*fired* 17)))

CLIPS multiplies alternatives out. Where there are many, they are written as `(not (and (not A)
(not B)))`, which means the same and is not multiplied.
"""

from collections.abc import Iterator, Mapping
from itertools import count
from math import prod

import clips  # type: ignore[import-untyped]  # a C library, without types

from service.playbook.ruleset import Cond, Ruleset
from tests.oracle.evaluator import Matcher

MOST_BRANCHES = 12


def clips_matches(ruleset: Ruleset) -> Matcher:
    """A matcher whose answers are CLIPS's."""
    environment = clips.Environment()
    environment.build("(defglobal ?*fired* = (create$))")
    for number, stratum in enumerate(ruleset.strata):
        for rule in stratum.rules:
            pattern = _pattern(rule.when, (f"?v{i}" for i in count()))
            note = f"(bind ?*fired* (create$ ?*fired* {rule.id}))"
            environment.build(f"(defrule r{rule.id} (stratum {number}) {pattern} => {note})")

    def matches(number: int, fields: Mapping[str, int]) -> set[int]:
        environment.reset()
        known = [f"({name} {value:d})" for name, value in fields.items()]
        # Not `assert_string`: it keeps memory for ever, and CLIPS prints that it does.
        environment.load_facts(" ".join([f"(stratum {number})", *known]))
        environment.run()
        return {int(rule) for rule in environment.eval("?*fired*")}

    return matches


def _pattern(condition: Cond, names: Iterator[str]) -> str:
    return _written(condition, names, multiplied=_branches(condition) <= MOST_BRANCHES)


def _written(condition: Cond, names: Iterator[str], *, multiplied: bool) -> str:
    word, *parts = condition
    if word in ("all", "any"):
        patterns = [_written(part, names, multiplied=multiplied) for part in parts]
        if not patterns:
            return f"(test ({'=' if word == 'all' else '<>'} 0 0))"
        if word == "all" or multiplied:
            return f"({'and' if word == 'all' else 'or'} {' '.join(patterns)})"
        return f"(not (and {' '.join(f'(not {pattern})' for pattern in patterns)}))"
    operator, number = parts
    if operator == "==":
        return f"({word} {number})"
    name = next(names)
    comparison = "<>" if operator == "!=" else operator
    return f"({word} {name}&:({comparison} {name} {number}))"


def _branches(condition: Cond) -> int:
    """In how many rules a condition would be multiplied out."""
    word, *parts = condition
    if word == "any":
        return sum(map(_branches, parts))
    return prod(map(_branches, parts)) if word == "all" else 1
