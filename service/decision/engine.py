"""The rules at work: matches a ruleset's conditions against integers, with durable-rules.

No other module knows durable-rules, and this one knows only its C functions. durable's own
Python host starts two threads for each ruleset, swallows what goes wrong in an action and
takes twice the time; its language keeps module globals. The C functions want care too: some
inputs hang or crash the process, and some answers are wrong. So:

- A program is one durable ruleset without timers, joins, negation, arithmetic or text. Each
  condition is one rule with one pattern: `$and` of its shard's number and tests of integers.
- A program has one session, made with it and kept; it takes some 15 kB for each rule. Making
  one for each decision took longer than all that is done in it. A fact is there only while
  its replies are read, to the last; then it is retracted. One that stayed would do no harm
  unseen: every fact has the same id, so the next would be refused. Nor would a reply: it
  would come before those to the next fact, and a reply repeats the whole of its own.
- Every shard (see `shards`) has a rule that always fires, and last. Replies that do not end
  with it, or are not as expected to the letter, are an `EngineFault`: no answer rather than
  a wrong one. The session is then deleted, and a new one made.
- The engine tells names and ids apart by their hashes alone; `stages` sees that they differ.
- The engine leaves parts of a new session unset and frees what it finds there in the end. The
  first session, in which every shard fires, leaves its slot clean when the program is made;
  one that follows it must come to that same slot.
"""

import threading
import weakref
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from types import TracebackType
from typing import Any, Final, Self

import durable_rules_engine  # type: ignore[import-not-found]  # a C module, without types

from service.decision.shards import ROOM, Cond, Plain, Shard, leaves, plain, shards
from service.decision.stages import THE_FACT, Stage, short_names
from service.playbook import limits

__all__ = ["Cond", "EngineFault", "Program", "Session"]

MOST_SHARDS: Final = 400
"""The engine hangs at 512 tests with the same forerunner; the shards' numbers are such."""

_SESSION: Final = "0"
_STATE: Final = f'{{"sid":"{_SESSION}","id":"s"}}'
_RETRACTED: Final = f"{{{THE_FACT}}}"
_NO_HANDLE: Final = 0
_WHOLE: Final = frozenset({int})
_DURABLE: Final[Any] = durable_rules_engine
_FAILURES: Final = (_DURABLE.error, MemoryError)
_ENGINE: Final = threading.RLock()


class EngineFault(Exception):  # noqa: N818 - a fault of the engine, not an error of its user
    """durable-rules answered something that it should not; the message says what."""


# ---- the engine's functions, every answer checked -----------------------------------


class _Ruleset:
    """The rules inside the engine, and their session. `stages` are those of each stratum."""

    def __init__(self, stages: Sequence[Sequence[Stage]]) -> None:
        self.stages = stages
        self.busy = False
        self._clean = False
        self._handle = _NO_HANDLE
        self._slot = 0
        self._sessions: list[str] = []
        every = [stage for one in stages for stage in one] or [Stage(0, Shard((), (), ()), {})]
        with _ENGINE:
            self._create("{" + ",".join(stage.text for stage in every) + "}")
            self._slot = self._new_session()
            for stage in every:
                self.ask(stage, {})
            self._sessions.append(_SESSION)

    def _create(self, text: str) -> None:
        try:
            self._handle = _DURABLE.create_ruleset("playbook", text)
        except _FAILURES as error:
            raise EngineFault(f"the rules were not taken: {error}") from error
        self._finalizer = weakref.finalize(self, _delete, self._handle, self._sessions)
        self._finalizer.atexit = False

    def _new_session(self) -> int:
        """The slot of a new session."""
        try:
            slot: int = _DURABLE.update_state(self._handle, _STATE)
        except _FAILURES as error:
            raise self._broken(f"no session: {error}") from error
        self._clean = True
        return slot

    def begin(self) -> None:
        """Makes sure of a session with nothing in it.

        Raises:
            EngineFault: there is none, and there will be none.
        """
        if self._clean:
            return
        try:
            _DURABLE.delete_state(self._handle, _SESSION)
        except _FAILURES as error:
            raise self._broken(f"a session could not be deleted: {error}") from error
        slot = self._new_session()
        if slot != self._slot:
            raise self._broken(f"the session came to slot {slot}, not to {self._slot}")

    def ask(self, stage: Stage, fields: Mapping[str, int]) -> list[str]:
        """The names of the stage's rules that fire for the fields.

        A rule fires once for each branch of its condition that is true, so maybe repeatedly.
        """
        fact = stage.fact(fields)
        if not self._clean:
            raise EngineFault("the session has had a fault")
        self._clean = False
        try:
            fired = self._replies(stage, fact)
            retracted = _DURABLE.retract_fact(self._handle, _RETRACTED)
        except _FAILURES as error:
            raise EngineFault(f"no reply: {error}") from error
        if not fired or fired[-1] != stage.always:
            raise EngineFault(f"the last rule did not fire: {fired}")
        if retracted != (0, self._slot):
            raise EngineFault(f"a fact was not retracted: {retracted}")
        self._clean = True
        return fired

    def _replies(self, stage: Stage, fact: str) -> list[str]:
        handle, slot, rules = self._handle, self._slot, stage.rules
        taken = _DURABLE.assert_fact(handle, fact)
        if taken != (0, slot):
            raise EngineFault(f"a fact was not taken: {taken}")
        started = _DURABLE.start_action_for_state(handle, slot)
        reply: str | None = started[1] if started else None
        closing = f'":{{"m":{fact}}}}}'
        end = -len(closing)
        names: list[str] = []
        while reply is not None:
            name = reply[2:end]
            if name not in rules or not reply.endswith(closing) or len(names) > ROOM:
                raise EngineFault(f"an unexpected reply: {reply:.200}")
            names.append(name)
            reply = _DURABLE.complete_and_start_action(handle, slot)
        return names

    def _broken(self, message: str) -> EngineFault:
        """A session that cannot be deleted safely stays for ever: no other may follow."""
        self._forget()
        self._sessions.clear()
        return EngineFault(message)

    def _forget(self) -> None:
        self._handle = _NO_HANDLE
        self._clean = False

    def close(self) -> None:
        """Gives the memory back. No session may be open."""
        self._forget()
        self._finalizer()


def _delete(handle: int, sessions: Sequence[str]) -> None:
    """Deletes the rules and, of the sessions, those that can be deleted safely."""
    for session in sessions:
        _DURABLE.delete_state(handle, session)
    _DURABLE.delete_ruleset(handle)


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


def _check_numbers(numbers: Collection[int]) -> None:
    if not _WHOLE.issuperset(map(type, numbers)):
        raise ValueError(f"not every field is a whole number: {numbers!s:.80}")
    if numbers and (min(numbers) < -limits.LARGEST_NUMBER or max(numbers) > limits.LARGEST_NUMBER):
        raise ValueError(f"a field is beyond plus or minus 2^53: {numbers!s:.80}")


class Session:
    """One decision's run through a program, for one thread, to be used inside `with`."""

    __slots__ = ("_open", "_ruleset")

    def __init__(self, ruleset: _Ruleset) -> None:
        self._ruleset = ruleset
        self._open = False

    def __enter__(self) -> Self:
        _ENGINE.acquire()
        try:
            if self._ruleset.busy:
                raise RuntimeError("the program has a session open")  # noqa: TRY301
            self._ruleset.begin()
        except BaseException:
            _ENGINE.release()
            raise
        self._ruleset.busy = self._open = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ruleset.busy = self._open = False
        _ENGINE.release()

    def fire(self, stratum: int, fields: Mapping[str, int]) -> tuple[int, ...]:
        """The ids of the stratum's rules that hold for these fields, ascending, each once.

        Raises:
            ValueError: a field is no integer or lies beyond `LARGEST_NUMBER`.
            RuntimeError: the session is not open.
            EngineFault: durable-rules answered something unexpected.
        """
        if not self._open:
            raise RuntimeError("the session is not open")
        _check_numbers(fields.values())
        fired: set[int] = set()
        for stage in self._ruleset.stages[stratum]:
            names = self._ruleset.ask(stage, fields)
            fired.update(*map(stage.rules.__getitem__, names))
            fields = stage.known(names, fields)
        return tuple(sorted(fired))
