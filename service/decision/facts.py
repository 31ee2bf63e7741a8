"""What is known about a prospect at one moment: given, computed, and how the engine reads it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from service.decision.calendar import Calendar
from service.decision.history import History
from service.playbook.rules import Play
from service.playbook.ruleset import Field
from service.playbook.values import encode
from service.playbook.vocabulary import CHANNELS, Fact

#: A missing fact has no entry: unknown is not false.
Facts = dict[str, object]
_ATTEMPTS = {channel: f"attempts_{channel}" for channel in CHANNELS}
_NO_ATTEMPTS = dict.fromkeys(_ATTEMPTS.values(), 0)


def whole_days(since: datetime, until: datetime) -> int:
    """Whole days of 24 hours from one moment to another."""
    return (until - since).days


def facts_at(given: Mapping[str, object], history: History, calendar: Calendar) -> Facts:
    """The given facts and those that the history gives at its `as_of`."""
    as_of = history.as_of
    facts: Facts = dict(given)
    facts["now"] = as_of
    facts["today"] = calendar.local(as_of).date()
    facts["touches"] = len(history.reached)
    facts["ever_replied"] = history.last_reply_at is not None
    _count_attempts(facts, history)
    first, last = history.first_touch_at, history.last_touch_at
    if first is not None and last is not None:
        facts["days_since_first_touch"] = whole_days(first, as_of)
        facts["days_since_last_touch"] = whole_days(last, as_of)
    silent_since = history.last_reply_at or first
    if silent_since is not None:
        facts["silent_days"] = whole_days(silent_since, as_of)
    for touch in reversed(history.outbound):
        if touch.channel:
            facts["last_channel"] = touch.channel
            facts["last_outcome"] = touch.outcome
            if touch.action:
                facts["last_action"] = touch.action
            break
    if history.inbound:
        facts["last_inbound"] = history.inbound[-1].outcome
    return facts


def _count_attempts(facts: Facts, history: History) -> None:
    counts = _NO_ATTEMPTS.copy()
    for touch in history.attempts:
        for channel in touch.channels:
            counts[_ATTEMPTS[channel]] += 1
    facts["attempts"] = len(history.attempts)
    facts.update(counts)


# ---- fields -------------------------------------------------------------------------


class Reading(NamedTuple):
    """What fields are read from."""

    facts: Facts
    history: History


#: How many touches or steps are counted in a history: none, if actions are named and none is done.
_Count = tuple[frozenset[str], Callable[[History], int]]


class Fields:
    """The fields of a ruleset, or of one layer of it, and how each is read.

    They stand by kind, and each kind is read in one loop: most fields are read in less time
    than it takes to call a function.
    """

    def __init__(
        self,
        fields: Iterable[Field],
        facts: Mapping[str, Fact],
        texts: Mapping[str, int],
        plays: tuple[Play, ...],
    ) -> None:
        kinds: dict[str, list[Field]] = {}
        for field in fields:
            kinds.setdefault(field.kind, []).append(field)
        values = [(f.name, facts[f.fact]) for f in kinds.get("value", ())]
        self._integers = [(name, fact.name) for name, fact in values if fact.type == "integer"]
        self._encoded = [
            (name, fact.name, _encoding(fact, texts))
            for name, fact in values
            if fact.type != "integer"
        ]
        self._known = [(f.name, f.fact) for f in kinds.get("known", ())]
        self._compared = [
            (f.name, f.fact, f.other, _places(facts[f.fact])) for f in kinds.get("compare", ())
        ]
        #: With each goes what must not be true of the list for the field to be 1.
        self._lists: list[tuple[str, str, Callable[[tuple[str, ...]], bool]]] = [
            *((f.name, f.fact, frozenset(f.words).isdisjoint) for f in kinds.get("contains", ())),
            *((f.name, f.fact, bool) for f in kinds.get("empty", ())),
        ]
        counted = [(f.name, *_done_count(f.done)) for f in kinds.get("done", ()) if f.done]
        counted += [(f.name, *_progress(plays[f.play])) for f in kinds.get("progress", ())]
        self._counted = counted

    def read(self, reading: Reading, numbers: dict[str, int]) -> None:
        """Add the number of each field; one whose value is unknown gets none."""
        facts, history = reading
        self._read_facts(facts, numbers)
        for name, fact in self._known:
            numbers[name] = 1 if fact in facts else 0
        if self._counted:
            acted = history.done_by_action.keys()
            for name, actions, count in self._counted:
                numbers[name] = 0 if actions and acted.isdisjoint(actions) else count(history)

    def _read_facts(self, facts: Facts, numbers: dict[str, int]) -> None:
        value_of: Callable[[str], Any] = facts.get
        for name, fact in self._integers:
            if (value := value_of(fact)) is not None:
                numbers[name] = value
        for name, fact, encoded in self._encoded:
            if (value := value_of(fact)) is not None:
                numbers[name] = encoded(value)
        for name, fact, other, places in self._compared:
            a, b = value_of(fact), value_of(other)
            if a is not None and b is not None:
                if places:
                    a, b = places[a], places[b]
                numbers[name] = (a > b) - (a < b)  # the compiler compared their types
        for name, fact, is_not in self._lists:
            if isinstance(value := value_of(fact), tuple):
                numbers[name] = 0 if is_not(value) else 1


def _done_count(done: Mapping[str, Any]) -> _Count:
    # Where an outcome is asked for, a touch that was not done may be counted too.
    is_done = done["direction"] == "outbound" and not done["outcome"]
    actions = frozenset(done["action"]) if is_done else frozenset()
    return actions, lambda history: len(history.matching(done))


def _progress(play: Play) -> _Count:
    actions = frozenset(step.action for step in play.steps)
    return actions, lambda history: history.progress(play)[0]


def _encoding(fact: Fact, texts: Mapping[str, int]) -> Callable[[Any], int]:
    encoded: Callable[[Any], int] = partial(encode, fact, texts=texts)
    if fact.type not in ("boolean", "choice"):
        return encoded
    words = fact.values if fact.type == "choice" else (False, True)
    return {word: encoded(word) for word in words}.__getitem__


def _places(fact: Fact) -> Mapping[Any, int]:
    """The places by which the words of a choice are compared; a fact of another type has none."""
    return {word: place for place, word in enumerate(fact.values)}
