"""What is known about a prospect at one moment: given, computed, and how the engine reads it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from service.decision.calendar import Calendar
from service.decision.history import DAY, History
from service.playbook.rules import Play
from service.playbook.ruleset import Field
from service.playbook.values import encode
from service.playbook.vocabulary import CHANNELS, Fact

#: A missing fact has no entry: unknown is not false.
Facts = dict[str, object]
_ATTEMPTS = tuple((channel, f"attempts_{channel}") for channel in CHANNELS)


def whole_days(since: datetime, until: datetime) -> int:
    """Whole days of 24 hours from one moment to another."""
    return int((until - since).total_seconds() // DAY)


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
    touch = next((touch for touch in reversed(history.outbound) if touch.channel), None)
    if touch is not None:
        facts["last_channel"] = touch.channel
        facts["last_outcome"] = touch.outcome
        if touch.action:
            facts["last_action"] = touch.action
    if history.inbound:
        facts["last_inbound"] = history.inbound[-1].outcome
    return facts


def _count_attempts(facts: Facts, history: History) -> None:
    counts = dict.fromkeys(CHANNELS, 0)
    for touch in history.attempts:
        for channel in touch.channels:
            counts[channel] += 1
    facts["attempts"] = len(history.attempts)
    for channel, name in _ATTEMPTS:
        facts[name] = counts[channel]


# ---- fields -------------------------------------------------------------------------


class Reading(NamedTuple):
    """What the readers of fields see."""

    facts: Facts
    history: History


Reader = Callable[[Reading], int | None]


def reader(
    field: Field, facts: Mapping[str, Fact], texts: Mapping[str, int], plays: tuple[Play, ...]
) -> Reader:
    """The function that reads a field; it gives None where the value is unknown."""
    name, words, done = field.fact, frozenset(field.words), field.done
    match field.kind:
        case "value" if name in facts:
            return _value_reader(facts[name], texts)
        case "known":
            return lambda reading: 1 if name in reading.facts else 0
        case "compare" if name in facts:
            return _comparing_reader(facts[name], field.other)
        case "contains":
            return lambda reading: _contains(reading.facts.get(name), words)
        case "empty":
            return lambda reading: _is_empty(reading.facts.get(name))
        case "done" if done is not None:
            return lambda reading: len(reading.history.matching(done))
        case "progress":
            play = plays[field.play]
            return lambda reading: reading.history.progress(play)[0]
    message = f"field {field.name} reads nothing"
    raise ValueError(message)


def _value_reader(fact: Fact, texts: Mapping[str, int]) -> Reader:
    name = fact.name
    if fact.type == "integer":
        return lambda reading: reading.facts.get(name)  # type: ignore[return-value]
    encoded: Callable[[Any], int] = partial(encode, fact, texts=texts)
    if fact.type in ("boolean", "choice"):
        words = fact.values if fact.type == "choice" else (False, True)
        encoded = {word: encoded(word) for word in words}.__getitem__

    def read(reading: Reading) -> int | None:
        value = reading.facts.get(name)
        return None if value is None else encoded(value)

    return read


def _comparing_reader(fact: Fact, other: str) -> Reader:
    """-1, 0 or 1 as one fact is less than, equal to or more than another; None if unknown."""
    name = fact.name
    ranks: dict[Any, Any] = {word: rank for rank, word in enumerate(fact.values)}

    def read(reading: Reading) -> int | None:
        a: Any = reading.facts.get(name)
        b: Any = reading.facts.get(other)
        if a is None or b is None:
            return None
        if ranks:
            a, b = ranks[a], ranks[b]
        return int(a > b) - int(a < b)  # the compiler compared their types

    return read


def _contains(value: object, words: frozenset[str]) -> int | None:
    return int(not words.isdisjoint(value)) if isinstance(value, tuple) else None


def _is_empty(value: object) -> int | None:
    return int(not value) if isinstance(value, tuple) else None
