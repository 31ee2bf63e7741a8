"""The rules at work: matches a ruleset's conditions against integers, with durable-rules.

No other module knows durable-rules, and this one knows only its C functions. durable's own
Python host starts two threads for each ruleset, swallows what goes wrong in an action and
takes twice the time; its language keeps module globals. The C functions want care too: some
inputs hang or crash the process, and some answers are wrong. So:

- A program is one durable ruleset without timers, joins, negation, arithmetic or text. Each
  condition is one rule with one pattern: `$and` of its shard's number and tests of integers.
- A decision is one session: made, given one fact for each shard (see `shards`), deleted. Of
  four strata with 40 rules, 12 of which fire, that takes 41 µs. A ruleset and a session for
  each stratum would take a tenth more; a session that is kept, its facts retracted, a fifth
  less, but what one decision left behind could then reach the next.
- Every shard has a rule that always fires, and last. Replies that do not end with it, or are
  not as expected to the letter, are an `EngineFault`: no answer rather than a wrong one.
- One session at most is alive in a program, so sessions whose ids have equal hashes do not
  meet. The ids of a session's facts count up from 1, and no two of those have equal hashes
  either; for the fields' names `stages` sees to that.
- The engine leaves parts of a new session unset and frees what it finds there in the end. A
  first session, in which every shard fires, leaves its slot clean when the program is made;
  all later ones must come to that same slot.
"""

import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from itertools import count
from types import TracebackType
from typing import Any, Final, Self

import durable_rules_engine  # type: ignore[import-not-found]  # a C module, without types

from service.decision.shards import ROOM, Cond, Plain, Shard, leaves, plain, shards
from service.decision.stages import Stage, short_names
from service.playbook import limits

__all__ = ["Cond", "EngineFault", "Program", "Session"]

MOST_SHARDS: Final = 400
"""The engine hangs at 512 tests with the same forerunner; the shards' numbers are such."""

MOST_FACTS: Final = 4_000
"""Facts of one session: so many ids are known to have different hashes."""

_FIRST: Final = "0"
_NO_HANDLE: Final = 0
_DURABLE: Final[Any] = durable_rules_engine
_FAILURES: Final = (_DURABLE.error, MemoryError)
_ENGINE: Final = threading.RLock()

# glibc returns memory to the system once 128 kB lie free at the end of its heap: after every
# session, for page faults in the next that double its time. It raises that mark when one
# large block is freed. Another C library just allocates and frees it.
bytes(8 << 20)


class EngineFault(Exception):  # noqa: N818 - a fault of the engine, not an error of its user
    """durable-rules answered something that it should not; the message says what."""


# ---- the engine's functions, every answer checked -----------------------------------


class _Ruleset:
    """The rules inside the engine. `stages` are those of each stratum."""

    def __init__(self, stages: Sequence[Sequence[Stage]]) -> None:
        self.stages = stages
        self.busy = False
        self._handle = _NO_HANDLE
        self._slot = 0
        every = [stage for one in stages for stage in one] or [Stage(0, Shard((), (), ()), {})]
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

    def ask(self, stage: Stage, fact: str) -> set[str]:
        """The names of the stage's rules that fire for the fact.

        A rule fires once for each branch of its condition that is true, so maybe repeatedly.
        """
        fired: list[str] = []
        closing = f'":{{"m":{fact}}}}}'
        try:
            reply = self._first_reply(fact)
            while reply is not None:
                name = reply[2 : -len(closing)]
                if not reply.endswith(closing) or name not in stage.rules or len(fired) > ROOM:
                    raise EngineFault(f"an unexpected reply: {reply:.200}")
                fired.append(name)
                reply = _DURABLE.complete_and_start_action(self._handle, self._slot)
        except _FAILURES as error:
            raise EngineFault(f"no reply: {error}") from error
        if not fired or fired[-1] != stage.always:
            raise EngineFault(f"the last rule did not fire: {fired}")
        return set(fired)

    def _first_reply(self, fact: str) -> str | None:
        taken = _DURABLE.assert_fact(self._handle, fact)
        if taken != (0, self._slot):
            raise EngineFault(f"a fact was not taken: {taken}")
        started: tuple[str, str] | None = _DURABLE.start_action_for_state(self._handle, self._slot)
        return started[1] if started else None

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
        names = short_names(dict.fromkeys(f for one in cut for shard in one for f in shard.fields))
        numbers = count()
        self._ruleset = _Ruleset(
            [[Stage(next(numbers), shard, names) for shard in one] for one in cut]
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
            for name in names:
                fired += stage.rules[name]
            fields = stage.known(names, fields)
        fired.sort()
        return tuple(fired)
