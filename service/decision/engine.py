"""The rules at work: matches a ruleset's conditions against integers, with durable-rules.

No other module knows durable-rules, and this one knows only its C functions. durable's own
Python host starts two threads for each ruleset, swallows what goes wrong in an action and
parses a reply for each rule that fired; its language keeps module globals. The C functions
want care too: some inputs hang or crash the process, and some answers are wrong. So:

- A program is one durable ruleset without timers, joins, negation, text or state. Each
  condition is one pattern over one fact: `$and` of the shard's number and tests of integers.
- A shard (see `shards`) is one durable rule whose conditions are alternatives. Its `all` is
  written once for each condition, and the engine's reader hangs every one of them on the
  same action; `cap` lets that action take all matches at once. So a shard costs one fact and
  one reply however many rules fire, and a condition costs no action of its own. (Measured
  over four strata with 40 rules: 36 µs; with a rule for each condition 64 µs.)
- Every shard has a pattern that always matches. A reply without it, or one that is not as
  expected to the letter, is an `EngineFault`: no answer rather than a wrong one.
- A session lives for one decision: made, asked once for each shard, deleted. One at most is
  alive in a program, so sessions whose ids have equal hashes never meet.
- The engine compares hashes and never names. The fields' names are our own, picked so that
  no two are alike to it; the ids of a session's facts count up from 1, also without a clash.
- The engine leaves parts of a new session unset and frees what it finds there in the end. A
  first session, in which every shard fires, leaves its slot clean when the program is made;
  all later ones must come to that same slot.
"""

import os
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from types import TracebackType
from typing import Any, Final, Self

import durable_rules_engine  # type: ignore[import-not-found]  # a C module, without types

from service.decision.shards import Cond, Group, Plain, Shard, leaves, plain, shards
from service.playbook import limits
from service.playbook.limits import LARGEST_NUMBER

__all__ = ["Cond", "EngineFault", "Program", "Session"]

MOST_SHARDS: Final = 400
"""The engine hangs at 512 tests with the same forerunner; the shards' numbers are such."""

MOST_FACTS: Final = 4_000
"""Facts of one session: so many ids are known to have different hashes."""

_OPERATORS: Final = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_RESERVED: Final = (
    *("sid", "id", "g", "$s", "$forward", "$i", "$m", "$l", "$r", "$and", "$or", "$eq"),
    *("$ex", "$nex", "$mt", "$imt", "$iall", "$iany", "$add", "$sub", "$mul", "$div"),
    *_OPERATORS.values(),
)
_ALWAYS: Final = "t"
_BETWEEN: Final = '":},{"'
_CLOSING: Final = '":}]}'
_FIRST: Final = "0"
_NO_HANDLE: Final = 0
_DURABLE: Final[Any] = durable_rules_engine
_FAILURES: Final = (_DURABLE.error, MemoryError)
_ENGINE: Final = threading.RLock()

# glibc returns memory to the system once 128 kB lie free at the end of its heap: after every
# session, for 40 µs of page faults in the next. It raises that mark when one large block is
# freed. Another C library just allocates and frees it.
bytes(8 << 20)


class EngineFault(Exception):  # noqa: N818 - a fault of the engine, not an error of its user
    """durable-rules answered something that it should not; the message says what."""


# ---- what the engine is told --------------------------------------------------------


def fnv(name: str) -> int:
    """The hash (32-bit FNV-1a) by which the engine tells names and ids apart."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def _names(fields: Iterable[str]) -> dict[str, str]:
    """A short name for each field; no two names, and no reserved word, share a hash."""
    taken = {fnv(word) for word in _RESERVED}
    fresh = (f"f{number}" for number in count())
    names = {}
    for field in fields:
        name = next(name for name in fresh if fnv(name) not in taken)
        taken.add(fnv(name))
        names[field] = name
    return names


def _pattern(condition: Plain, names: Mapping[str, str]) -> str:
    if isinstance(condition, Group):
        parts = ",".join(_pattern(part, names) for part in condition.parts)
        return f'{{"${"and" if condition.kind == "all" else "or"}":[{parts}]}}'
    test = f'{{"{names[condition.field]}":{condition.value}}}'
    operator = _OPERATORS.get(condition.operator)
    return f'{{"{operator}":{test}}}' if operator else test


def _rule(number: int, shard: Shard, names: Mapping[str, str]) -> str:
    """The shard as a durable rule; the pattern that always matches comes first."""
    stage = f'{{"g":{number}}}'
    patterns = [f'"all":[{{"{_ALWAYS}":{stage}}}]']
    for index, goal in enumerate(shard.goals):
        one = goal.condition
        parts = one.parts if isinstance(one, Group) and one.kind == "all" else (one,)
        tests = ",".join([stage, *(_pattern(part, names) for part in parts)])
        patterns.append(f'"all":[{{"{index}":{{"$and":[{tests}]}}}}]')
    return f'"s{number}":{{{",".join(patterns)},"cap":65535}}'


class _Stage:
    """A shard as a session needs it: what to write into the fact, how to read the reply."""

    __slots__ = ("_keys", "_number", "_opening", "_rules", "_sets", "text")

    def __init__(self, number: int, shard: Shard, names: Mapping[str, str]) -> None:
        self.text = _rule(number, shard, names)
        self._number = number
        self._opening = f'{{"s{number}":[{{"'
        self._keys = tuple((field, f',"{names[field]}":') for field in shard.fields)
        goals = {str(index): goal for index, goal in enumerate(shard.goals)}
        self._sets = {name: goal.sets for name, goal in goals.items() if goal.sets}
        self._rules = {name: goal.rules for name, goal in goals.items()}
        self._rules[_ALWAYS] = shard.always

    def fact(self, sid: str, number: int, fields: Mapping[str, int]) -> str:
        """The fact as JSON: only the fields that this shard reads, as far as they are known."""
        parts = [f'{{"sid":"{sid}","id":{number},"g":{self._number}']
        for field, key in self._keys:
            value = fields.get(field)
            if value is not None:
                if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
                    raise ValueError(f"{field} is beyond plus or minus 2^53: {value}")
                parts.append(f"{key}{value:d}")
        parts.append("}")
        return "".join(parts)

    def holding(self, reply: str, fact: str) -> set[str]:
        """The names of the patterns in the reply, which repeats the fact after each name."""
        bare = reply.replace(fact, "")
        names = set(bare[len(self._opening) : -len(_CLOSING)].split(_BETWEEN))
        if (
            not bare.startswith(self._opening)
            or not bare.endswith(_CLOSING)
            or _ALWAYS not in names
            or not names <= self._rules.keys()
        ):
            raise EngineFault(f"an unexpected reply: {reply:.200}")
        return names

    def rules(self, names: Iterable[str]) -> list[int]:
        """The rules that fire with the patterns of these names."""
        return [rule for name in names for rule in self._rules[name]]

    def known(self, names: Iterable[str], fields: Mapping[str, int]) -> Mapping[str, int]:
        """The fields, and those that the patterns of these names set for later shards."""
        if not self._sets:
            return fields
        return {**fields, **{self._sets[name]: 1 for name in names if name in self._sets}}


# ---- the engine's functions, every answer checked -----------------------------------


class _Ruleset:
    """The rules inside the engine. `stages` are those of each stratum."""

    def __init__(self, stages: Sequence[Sequence[_Stage]]) -> None:
        self.stages = stages
        self.busy = False
        self._handle = _NO_HANDLE
        self._slot = 0
        every = [stage for one in stages for stage in one] or [_Stage(0, Shard((), (), ()), {})]
        with _ENGINE:
            self._create("{" + ",".join(stage.text for stage in every) + "}")
            self.begin(_FIRST)
            for number, stage in enumerate(every, start=1):
                self.ask(stage, stage.fact(_FIRST, number, {}))
            self.end(_FIRST)

    def _create(self, text: str) -> None:
        try:
            self._handle = _DURABLE.create_ruleset("playbook", text)
        except _FAILURES as error:
            raise EngineFault(f"the rules were not taken: {error}") from error
        self._finalizer = weakref.finalize(self, _DURABLE.delete_ruleset, self._handle)
        self._finalizer.atexit = False

    def begin(self, sid: str) -> None:
        """Makes the session; `end` must follow unless this raises EngineFault."""
        try:
            slot = _DURABLE.update_state(self._handle, f'{{"sid":"{sid}","id":"s"}}')
        except _FAILURES as error:
            raise self._broken(f"no session: {error}") from error
        if slot != self._slot and self._slot:
            raise self._broken(f"the session came to slot {slot}, not to {self._slot}")
        self._slot = slot
        self.busy = True

    def ask(self, stage: _Stage, fact: str) -> set[str]:
        """The names of the stage's patterns that match the fact."""
        try:
            taken = _DURABLE.assert_fact(self._handle, fact)
            if taken != (0, self._slot):
                raise EngineFault(f"a fact was not taken: {taken}")
            reply = _DURABLE.start_action_for_state(self._handle, self._slot)
            if reply is None:
                raise EngineFault(f"nothing fired for {fact:.200}")
            left = _DURABLE.complete_and_start_action(self._handle, self._slot)
        except _FAILURES as error:
            raise EngineFault(f"no reply: {error}") from error
        if left is not None:
            raise EngineFault(f"a second reply: {left:.200}")
        return stage.holding(reply[1], fact)

    def end(self, sid: str) -> None:
        """Deletes the session."""
        self.busy = False
        try:
            _DURABLE.delete_state(self._handle, sid)
        except _FAILURES as error:
            raise self._broken(f"a session could not be deleted: {error}") from error

    def _broken(self, message: str) -> EngineFault:
        """A session that cannot be deleted safely stays for ever: no other may follow."""
        self._handle = _NO_HANDLE
        return EngineFault(message)

    def close(self) -> None:
        """Gives the memory back. No session may be open."""
        self._handle = _NO_HANDLE
        self._finalizer()


# ---- programs and sessions ----------------------------------------------------------


class Program:
    """One ruleset made ready in the engine. It does not change; any thread may use it.

    Args:
        strata: for each stratum its rules, each an id and a condition (see `Cond`). The ids
            are unique in their stratum.

    Raises:
        ValueError: a condition is none, or the rules go beyond `playbook.limits`.
        EngineFault: durable-rules did not take the rules.
    """

    def __init__(self, strata: Sequence[Sequence[tuple[int, Cond]]]) -> None:
        rules = [[(rule, plain(condition)) for rule, condition in one] for one in strata]
        _check_limits(rules)
        cut = [shards(one) for one in rules]
        _check_size("shards", sum(map(len, cut)), MOST_SHARDS)
        names = _names(dict.fromkeys(f for one in cut for shard in one for f in shard.fields))
        numbers = count()
        self._ruleset = _Ruleset(
            [[_Stage(next(numbers), shard, names) for shard in one] for one in cut]
        )

    def session(self) -> "Session":
        """A session to be opened by `with`, which holds the engine's lock while it is open."""
        return Session(self._ruleset)

    def close(self) -> None:
        """Gives the memory back; this also happens when the program is forgotten.

        Raises:
            RuntimeError: this thread has a session of the program open.
        """
        with _ENGINE:
            if self._ruleset.busy:
                raise RuntimeError("the program has a session open")
            self._ruleset.close()


def _check_limits(strata: Sequence[Sequence[tuple[int, Plain]]]) -> None:
    tests = [list(leaves(condition)) for one in strata for _, condition in one]
    _check_size("strata", len(strata), limits.MOST_STRATA)
    _check_size("rules", len(tests), limits.MOST_RULES)
    _check_size("tests", sum(map(len, tests)), limits.MOST_TESTS)
    _check_size("tests in a rule", max(map(len, tests), default=0), limits.MOST_TESTS_IN_A_RULE)


def _check_size(what: str, size: int, most: int) -> None:
    if size > most:
        raise ValueError(f"too many {what}: {size}, where {most} are allowed")


class Session:
    """One decision's run through a program, for one thread, to be used inside `with`."""

    __slots__ = ("_facts", "_ruleset", "_sid")

    def __init__(self, ruleset: _Ruleset) -> None:
        self._ruleset = ruleset
        self._sid = ""
        self._facts = 0

    def __enter__(self) -> Self:
        _ENGINE.acquire()
        try:
            if self._ruleset.busy:
                raise RuntimeError("the program has a session open")  # noqa: TRY301
            self._facts = 0
            self._sid = os.urandom(16).hex()
            self._ruleset.begin(self._sid)
        except BaseException:
            self._sid = ""
            _ENGINE.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sid, self._sid = self._sid, ""
        try:
            self._ruleset.end(sid)
        finally:
            _ENGINE.release()

    def fire(self, stratum: int, fields: Mapping[str, int]) -> tuple[int, ...]:
        """The ids of the stratum's rules that hold for these fields, ascending, each once.

        Raises:
            ValueError: a field is no integer or lies beyond `LARGEST_NUMBER`.
            RuntimeError: the session is not open.
            EngineFault: durable-rules answered something unexpected.
        """
        if not self._sid:
            raise RuntimeError("the session is not open")
        fired: list[int] = []
        for stage in self._ruleset.stages[stratum]:
            self._facts += 1
            if self._facts > MOST_FACTS:
                raise RuntimeError(f"more than {MOST_FACTS} facts in one session")
            names = self._ruleset.ask(stage, stage.fact(self._sid, self._facts, fields))
            fired += stage.rules(names)
            fields = stage.known(names, fields)
        fired.sort()
        return tuple(fired)
