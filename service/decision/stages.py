"""Shards in durable-rules' own words: the rules as JSON, and the facts they are matched with.

The engine tells names apart by their hashes alone, and some names mean something to it. So
fields get names of our own, no two of which, and no reserved one, have the same hash. Every
condition is a rule with a single pattern, `$and` of the stage's number and tests of integers;
the last rule of a stage has only the number and always fires, after all others. Every fact
has the same session and the same id: there is never more than one.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Final

from service.decision.shards import Group, Plain, Shard

THE_FACT: Final = '"sid":"0","id":"f"'
"""How every fact begins, and all that it takes to name it."""

_OPERATORS: Final = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_RESERVED: Final = (
    *("sid", "id", "g", "$s", "$forward", "$i", "$m", "$l", "$r", "$and", "$or", "$eq"),
    *("$ex", "$nex", "$mt", "$imt", "$iall", "$iany", "$add", "$sub", "$mul", "$div"),
    *_OPERATORS.values(),
)


def fnv(name: str) -> int:
    """The hash (32-bit FNV-1a) by which the engine tells names and ids apart."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def short_names(fields: Iterable[str]) -> dict[str, str]:
    """A short name for each field; no two names, and no reserved word, share a hash."""
    taken = {fnv(word) for word in _RESERVED}
    fresh = (f"f{number}" for number in count())
    names: dict[str, str] = {}
    for field in fields:
        names[field] = next(name for name in fresh if fnv(name) not in taken)
        taken.add(fnv(names[field]))
    return names


class Stage:
    """A shard as a session needs it: what to write into a fact, what the replies mean.

    `text` are its rules as the engine reads them; `always` is the name of the last to fire;
    `rules` and `sets` give, by name, the playbook's rules that fire and the field that is set.
    """

    __slots__ = ("_beginning", "_keys", "always", "rules", "sets", "text")

    def __init__(self, number: int, shard: Shard, names: Mapping[str, str]) -> None:
        self._beginning = f'{{{THE_FACT},"g":{number}'
        self._keys = tuple((field, f',"{names[field]}":') for field in shard.fields)
        goals = {f"{number}.{index}": goal for index, goal in enumerate(shard.goals)}
        self.always = f"{number}.t"
        self.rules = {name: goal.rules for name, goal in goals.items()}
        self.rules[self.always] = shard.always
        self.sets = {name: goal.sets for name, goal in goals.items() if goal.sets}
        stage = f'{{"g":{number}}}'
        tests = {name: [stage, *_parts(goal.condition, names)] for name, goal in goals.items()}
        texts = [_rule(name, parts, 0) for name, parts in tests.items()]
        self.text = ",".join([*texts, _rule(self.always, [stage], 1)])

    def fact(self, fields: Mapping[str, int]) -> str:
        """The fact as JSON: only the fields that this shard reads, as far as they are known."""
        known = [key + str(fields[field]) for field, key in self._keys if field in fields]
        return f"{self._beginning}{''.join(known)}}}"

    def known(self, names: Iterable[str], fields: Mapping[str, int]) -> Mapping[str, int]:
        """The fields, and those that what fired sets for the shards to come."""
        if not self.sets:
            return fields
        return {**fields, **{self.sets[name]: 1 for name in names if name in self.sets}}


def _rule(name: str, tests: Iterable[str], priority: int) -> str:
    return f'"{name}":{{"all":[{{"m":{{"$and":[{",".join(tests)}]}}}}],"pri":{priority}}}'


def _parts(condition: Plain, names: Mapping[str, str]) -> list[str]:
    """The parts of a condition of the kind `all`; any other condition alone."""
    if isinstance(condition, Group) and condition.kind == "all":
        return [_pattern(part, names) for part in condition.parts]
    return [_pattern(condition, names)]


def _pattern(condition: Plain, names: Mapping[str, str]) -> str:
    if isinstance(condition, Group):
        parts = ",".join(_pattern(part, names) for part in condition.parts)
        return f'{{"${"and" if condition.kind == "all" else "or"}":[{parts}]}}'
    test = f'{{"{names[condition.field]}":{condition.value}}}'
    operator = _OPERATORS.get(condition.operator)
    return f'{{"{operator}":{test}}}' if operator else test
