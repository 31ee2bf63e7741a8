"""Cuts the rules of a stratum into shards: sets of conditions small enough for the engine.

The engine follows every true branch of a condition on its own and keeps the branches still
to be followed on a stack of 64. A condition with alternatives beside alternatives would
fire once for each combination, and enough conditions true at once would overflow the stack.
So a condition that could branch more than `MOST_BRANCHES` ways is cut: parts of it become
conditions of their own, decided one shard earlier and then read like a field. And a shard
takes only as many conditions as fit even if all of them are true at once. Everything here is
pure; the engine appears only as numbers.
"""

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from math import prod
from typing import Final, Literal, NamedTuple, TypeAlias, cast

from service.playbook.limits import LARGEST_NUMBER, MOST_NESTING
from service.playbook.ruleset import HOLDS

Cond: TypeAlias = bool | Sequence["Cond | str | int"]
"""A condition as the ruleset writes it: `true`, `["all", ...]`, `["any", ...]` or a leaf."""

MOST_BRANCHES: Final = 16
"""Ways in which one condition may be true at once; the whole shard has `ROOM`."""

MOST_GROUPS: Final = 12
"""`all` and `any` in one condition. The engine has room for 15."""

ROOM: Final = 56
"""Branches of a shard that may be true at once. The engine has room for 63."""

MOST_FIELDS_IN_A_SHARD: Final = 200
"""Fields of one fact. The engine has room for 254, `sid`, `id` and the stage among them."""

MOST_TESTS_IN_A_SHARD: Final = 400
"""The engine hangs at 512 tests with the same forerunner."""

MOST_GROUPS_IN_A_SHARD: Final = 100
"""The engine writes out of bounds at 129 alternatives that share a first test."""


class Leaf(NamedTuple):
    """One field against one integer; not true where the field is absent."""

    field: str
    operator: str
    value: int


class Group(NamedTuple):
    """All of the parts, or any of them. No part is a group of the same kind."""

    kind: Literal["all", "any"]
    parts: tuple["Leaf | Group", ...]


Plain: TypeAlias = Leaf | Group
ALWAYS: Final = Group("all", ())
NEVER: Final = Group("any", ())


@dataclass(frozen=True)
class Goal:
    """A condition, the rules that fire with it, and the field that it sets for later shards."""

    condition: Plain
    rules: tuple[int, ...]
    sets: str | None


@dataclass(frozen=True)
class Shard:
    """What one fact is matched against: goals, and the fields that their conditions read.

    `always` are the rules that fire whatever the fact says.
    """

    goals: tuple[Goal, ...]
    fields: tuple[str, ...]
    always: tuple[int, ...]


# ---- plain conditions ---------------------------------------------------------------


def plain(condition: Cond, depth: int = 0) -> Plain:
    """The condition without nested groups of one kind, repeated parts or constants inside.

    Raises:
        ValueError: it is no condition, or goes beyond the limits.
    """
    if condition is True:
        return ALWAYS
    if isinstance(condition, bool | str) or not condition or depth > MOST_NESTING:
        raise ValueError(f"no condition, or nested too deeply: {condition!r:.80}")
    if condition[0] not in ("all", "any"):
        return _leaf(condition)
    kind = cast("Literal['all', 'any']", condition[0])
    parts = [plain(cast("Cond", part), depth + 1) for part in condition[1:]]
    return group(kind, parts)


def _leaf(condition: Sequence[Cond | str | int]) -> Leaf:
    match condition:
        case [str(field), str(operation), int(value)] if (
            operation in HOLDS and type(value) is int and abs(value) <= LARGEST_NUMBER
        ):
            return Leaf(field, operation, value)
    raise ValueError(f"no test: {condition!r:.80}")


def group(kind: Literal["all", "any"], parts: Iterable[Plain]) -> Plain:
    """The parts joined: flat, without repetition; a part alone stands for the group."""
    absorbing = NEVER if kind == "all" else ALWAYS
    flat: dict[Plain, None] = {}
    for part in parts:
        if part == absorbing:
            return absorbing
        inner = part.parts if isinstance(part, Group) and part.kind == kind else (part,)
        flat.update(dict.fromkeys(inner))
    return next(iter(flat)) if len(flat) == 1 else Group(kind, tuple(flat))


def leaves(condition: Plain) -> Iterator[Leaf]:
    """Every test in the condition, in order."""
    if isinstance(condition, Leaf):
        yield condition
    else:
        for part in condition.parts:
            yield from leaves(part)


# ---- how far a condition branches ---------------------------------------------------


def branches(condition: Plain) -> int:
    """In how many ways the condition may be true at once: never fewer than the engine takes."""
    if isinstance(condition, Leaf):
        return 1
    if condition.kind == "all":
        return prod(map(branches, condition.parts))
    tests = sorted(part for part in condition.parts if isinstance(part, Leaf))
    by_field = groupby(tests, key=operator.attrgetter("field"))
    wide = sum(branches(part) for part in condition.parts if isinstance(part, Group))
    return max(1, wide + sum(_at_once(list(same)) for _, same in by_field))


def _at_once(tests: Sequence[Leaf]) -> int:
    """How many of these tests of one field may be true together, at most."""
    if all(test.operator == "==" for test in tests):
        return 1
    values = {test.value + step for test in tests for step in (-1, 0, 1)}
    return max(sum(HOLDS[t.operator](value, t.value) for t in tests) for value in values)


def _groups(condition: Plain) -> int:
    return 0 if isinstance(condition, Leaf) else 1 + sum(map(_groups, condition.parts))


def _sizes(condition: Plain) -> tuple[int, int, int]:
    """Branches, tests and groups of a condition."""
    return branches(condition), sum(1 for _ in leaves(condition)), _groups(condition)


def _fits(condition: Plain) -> bool:
    return _groups(condition) <= MOST_GROUPS and branches(condition) <= MOST_BRANCHES


def _cut(condition: Plain, hoist: Callable[[Plain], Leaf]) -> Plain:
    """An equal condition that fits, with `hoist` taking what had to be decided earlier."""
    if isinstance(condition, Leaf):
        return condition
    kind = condition.kind
    whole = group(kind, (_cut(part, hoist) for part in condition.parts))
    while isinstance(whole, Group) and not _fits(whole):
        parts = sorted(whole.parts, key=_groups, reverse=True)
        count = 1
        while _fits(group(kind, parts[: count + 1])):
            count += 1
        whole = group(kind, [*parts[count:], hoist(group(kind, parts[:count]))])
    return whole


# ---- packing ------------------------------------------------------------------------


class _Stratum:
    """The conditions of one stratum while they are cut, by the level they are decided at."""

    def __init__(self) -> None:
        self.rules: dict[Plain, list[int]] = {}
        self.hoisted: dict[Plain, Leaf] = {}
        self._levels: dict[str, int] = {}

    def hoist(self, condition: Plain) -> Leaf:
        """The field that will say whether the condition holds; no ruleset names it so."""
        if condition not in self.hoisted:
            field = f"\0{len(self.hoisted)}"
            self._levels[field] = self.level(condition) + 1
            self.hoisted[condition] = Leaf(field, "==", 1)
        return self.hoisted[condition]

    def level(self, condition: Plain) -> int:
        """How many shards must have been decided before this condition can be."""
        return max((self._levels.get(leaf.field, 0) for leaf in leaves(condition)), default=0)

    def goals(self) -> list[Goal]:
        """Each condition once, by level, its tests ordered to share their beginnings."""
        wanted = dict.fromkeys([*self.hoisted, *self.rules])
        frequency = Counter(leaf for condition in wanted for leaf in set(leaves(condition)))
        sets = {condition: leaf.field for condition, leaf in self.hoisted.items()}
        order = partial(_ordered, frequency=frequency)
        return [
            Goal(order(one), tuple(self.rules.get(one, ())), sets.get(one))
            for one in sorted(wanted, key=self.level)
        ]


def _ordered(condition: Plain, frequency: Counter[Leaf]) -> Plain:
    """Tests before groups and the frequent before the rare: the engine shares beginnings."""
    if isinstance(condition, Leaf):
        return condition
    tests = sorted(
        (part for part in condition.parts if isinstance(part, Leaf)),
        key=lambda leaf: (-frequency[leaf], leaf),
    )
    inner = [_ordered(part, frequency) for part in condition.parts if isinstance(part, Group)]
    return Group(condition.kind, (*tests, *sorted(inner, key=repr)))


def shards(rules: Iterable[tuple[int, Plain]]) -> tuple[Shard, ...]:
    """The shards that decide these rules, in the order in which they must be run.

    Rules with equal conditions share a goal; a rule that can never fire has none.
    """
    stratum = _Stratum()
    always = []
    for rule, condition in rules:
        if condition == ALWAYS:
            always.append(rule)
        elif condition != NEVER:
            stratum.rules.setdefault(_cut(condition, stratum.hoist), []).append(rule)
    packed = [_shard(goals) for goals in _packed(stratum)]
    if always:
        first = packed[0] if packed else Shard((), (), ())
        packed[:1] = [Shard(first.goals, first.fields, tuple(always))]
    return tuple(packed)


def _shard(goals: Sequence[Goal]) -> Shard:
    fields = {leaf.field for goal in goals for leaf in leaves(goal.condition)}
    return Shard(tuple(goals), tuple(sorted(fields)), ())


def _packed(stratum: _Stratum) -> Iterator[list[Goal]]:
    """The goals in sets that fit a shard, none beside what it has to wait for."""
    load = _Load()
    for goal in stratum.goals():
        level = stratum.level(goal.condition)
        if load.goals and (level != load.level or not load.has_room(goal.condition)):
            yield load.goals
            load = _Load()
        load.add(goal, level)
    if load.goals:
        yield load.goals


class _Load:
    """A shard while it is filled."""

    def __init__(self) -> None:
        self.goals: list[Goal] = []
        self.level = 0
        self._sizes = [0, 0, 0]
        self._fields: set[str] = set()

    def has_room(self, condition: Plain) -> bool:
        """Whether the condition fits beside those that are here."""
        sizes = map(operator.add, self._sizes, _sizes(condition))
        most = (ROOM, MOST_TESTS_IN_A_SHARD, MOST_GROUPS_IN_A_SHARD)
        fields = self._fields | {leaf.field for leaf in leaves(condition)}
        return all(map(operator.le, sizes, most)) and len(fields) <= MOST_FIELDS_IN_A_SHARD

    def add(self, goal: Goal, level: int) -> None:
        """Puts the goal in."""
        self._sizes = [*map(operator.add, self._sizes, _sizes(goal.condition))]
        self._fields.update(leaf.field for leaf in leaves(goal.condition))
        self.goals.append(goal)
        self.level = level
