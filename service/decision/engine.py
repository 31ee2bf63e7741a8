"""The rules at work: matches the rules of a ruleset against integers, with durable-rules.

No other module knows durable-rules, and this one knows only its C functions. durable's own
Python host starts two threads per ruleset, swallows what goes wrong in an action and reads
a reply per fired rule; its language adds module globals. The C functions want care too:
some inputs hang or crash the process and some answers are wrong. So this form:

- A program is one durable ruleset without threads, timers, joins, negation or text. Each
  condition is one pattern over one fact: `$and` of the shard's number and tests of integers.
- A shard (see `shards`) is one durable *rule* whose patterns are alternatives: its `all` is
  written once per condition, and the engine's reader hangs each of them on the same action.
  `cap` makes that action take every match at once. So one reply names all conditions that
  hold, and a condition costs a pattern but not an action of its own: about half the time and
  memory of a rule per condition.
- Each shard has a pattern that always matches. A reply without it, or with anything that is
  not expected to the letter, is an `EngineFault`: no answer rather than a wrong one.
- A session lives for one decision: made, asked once per shard, deleted. Names of fields are
  our own, picked so that no two hashes are equal (the engine compares nothing but hashes);
  ids of messages count up from 1; at most one session of a program is alive, so that equal
  hashes of session ids cannot meet.
- durable leaves the slot of a new session partly uninitialised and frees what it finds there
  when the session is deleted. A first session when the program is built, in which every
  shard fires, leaves the slot clean; a session must land in that slot or is refused.
"""

import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from types import TracebackType
from typing import Final, Self

import durable_rules_engine as _durable  # type: ignore[import-not-found]  # a bare C module

from service.decision.shards import Cond, Group, Leaf, Plain, Shard, leaves, plain, shards
from service.playbook import limits

__all__ = ["Cond", "EngineFault", "Program", "Session"]

_MOST_SHARDS: Final = 400
"""The engine hangs at 512 tests with the same forerunner, which the shards' numbers are."""

_MOST_FACTS: Final = 4_000
"""Facts of one session; the hashes of their ids are distinct, as a test shows."""

_OPERATORS: Final = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_ALWAYS: Final = "t"
_RESERVED: Final = (
    *("sid", "id", "g", "$s", "$forward", "$i", "$m", "$l", "$r", "$and", "$or", "$eq"),
    *("$ex", "$nex", "$mt", "$imt", "$iall", "$iany", "$add", "$sub", "$mul", "$div"),
    *_OPERATORS.values(),
)
_ENGINE: Final = threading.RLock()

# glibc gives memory back to the system as soon as 128 kB lie free at the end of the heap, and
# would do so after every session: 40 µs of page faults. To have freed one large block raises
# that mark (and costs nothing where the C library is another).
bytes(8 << 20)


class EngineFault(Exception):
    """durable-rules answered something that it should not; the message says what."""


# ---- what the engine is told --------------------------------------------------------


def _hash(name: str) -> int:
    """The 32-bit FNV-1a hash, by which the engine tells names apart."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def _names(fields: Iterable[str]) -> dict[str, str]:
    """A short name for each field; no two names, and no reserved word, share a hash."""
    taken = {_hash(word) for word in _RESERVED}
    names = {}
    fresh: Iterator[str] = (f"f{number}" for number in count())
    for field in fields:
        name = next(name for name in fresh if _hash(name) not in taken)
        taken.add(_hash(name))
        names[field] = name
    return names


def _test(leaf: Leaf, names: Mapping[str, str]) -> str:
    test = f'{{"{names[leaf.field]}":{leaf.value}}}'
    return test if leaf.operator == "==" else f'{{"{_OPERATORS[leaf.operator]}":{test}}}'


def _pattern(condition: Plain, names: Mapping[str, str]) -> str:
    if isinstance(condition, Leaf):
        return _test(condition, names)
    parts = ",".join(_pattern(part, names) for part in condition.parts)
    return f'{{"${"and" if condition.kind == "all" else "or"}":[{parts}]}}'


def _patterns(number: int, shard: Shard, names: Mapping[str, str]) -> Iterator[str]:
    """The shard's patterns, the one that always matches first; each begins with its number."""
    stage = f'{{"g":{number}}}'
    yield f'"all":[{{"{_ALWAYS}":{stage}}}]'
    for index, goal in enumerate(shard.goals):
        one = goal.condition
        parts = one.parts if isinstance(one, Group) and one.kind == "all" else (one,)
        tests = ",".join([stage, *(_pattern(part, names) for part in parts)])
        yield f'"all":[{{"{index}":{{"$and":[{tests}]}}}}]'


class _Stage:
    """A shard as a session needs it: what to write into the fact, how to read the reply."""

    __slots__ = ("head", "keys", "opening", "rules", "sets", "text")

    def __init__(self, number: int, shard: Shard, names: Mapping[str, str]) -> None:
        patterns = ",".join(_patterns(number, shard, names))
        self.text = f'"s{number}":{{{patterns},"cap":65535}}'
        self.head = f',"g":{number}'
        self.opening = f'{{"s{number}":[{{"'
        self.keys = tuple((field, f',"{names[field]}":') for field in shard.fields)
        self.rules = {str(index): goal.rules for index, goal in enumerate(shard.goals)}
        self.rules[_ALWAYS] = shard.always
        self.sets = {
            str(index): goal.sets for index, goal in enumerate(shard.goals) if goal.sets
        }

    def fact(self, opening: str, fields: Mapping[str, int]) -> str:
        """The fact as JSON: only the fields that this shard reads, as far as they are known."""
        parts = [opening, self.head]
        for field, key in self.keys:
            value = fields.get(field)
            if value is not None:
                if not -limits.LARGEST_NUMBER <= value <= limits.LARGEST_NUMBER:
                    raise ValueError(f"{field} is beyond plus or minus 2^53: {value}")
                parts.append(f"{key}{value:d}")
        parts.append("}")
        return "".join(parts)

    def holding(self, reply: str, fact: str) -> set[str]:
        """The names of the patterns in the reply, which holds the fact once for each."""
        bare = reply.replace(fact, "")
        names = set(bare[len(self.opening) : -len('":}]}')].split('":},{"'))
        if (
            not bare.startswith(self.opening)
            or not bare.endswith('":}]}')
            or _ALWAYS not in names
            or not names <= self.rules.keys()
        ):
            raise EngineFault(f"an unexpected reply: {reply:.200}")
        return names


# ---- programs -----------------------------------------------------------------------


class Program:
    """One ruleset made ready in the engine. Does not change; any thread may use it.

    Args:
        strata: for each stratum its rules, each an id and a condition (see `Cond`). Ids are
            unique within a stratum.

    Raises:
        ValueError: a condition is none, or the rules go beyond `playbook.limits`.
        EngineFault: durable-rules did not take the rules.
    """

    def __init__(self, strata: Sequence[Sequence[tuple[int, Cond]]]) -> None:
        rules = [[(rule, plain(condition)) for rule, condition in one] for one in strata]
        _check_limits(rules)
        cut = [shards(one) for one in rules]
        names = _names(dict.fromkeys(f for one in cut for shard in one for f in shard.fields))
        number = count()
        self._strata = tuple(
            tuple(_Stage(next(number), shard, names) for shard in one) for one in cut
        )
        self._stages = [stage for one in self._strata for stage in one]
        if len(self._stages) > _MOST_SHARDS:
            raise ValueError(f"the rules need {len(self._stages)} shards, over {_MOST_SHARDS}")
        self._open = False
        self._make_ready()

    def _make_ready(self) -> None:
        text = "{" + ",".join(stage.text for stage in self._stages) + "}"
        with _ENGINE:
            try:
                self._handle: int = _durable.create_ruleset("playbook", text)
            except (_durable.error, MemoryError) as error:
                raise EngineFault(f"the rules were not taken: {error}") from error
            self.close = weakref.finalize(self, _durable.delete_ruleset, self._handle)

    def session(self) -> "Session":
        """A session to be opened with `with`: holds the engine's lock while it is open."""
        return Session(self)
