"""What is known about a prospect at one moment: given, computed, and how the engine reads it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from service.decision.calendar import Calendar
from service.decision.history import DAY, History
from service.playbook.rules import Play
from service.playbook.ruleset import Field
from service.playbook.values import encode
from service.playbook.vocabulary import CHANNELS, Fact

#: A missing fact has no entry: unknown is not false.
Facts = dict[str, object]
_ATTEMPTS = {channel: f"attempts_{channel}" for channel in CHANNELS}


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
    facts["attempts"] = len(history.attempts)
    facts.update(dict.fromkeys(_ATTEMPTS.values(), 0))
    for touch in history.attempts:
        for channel in touch.channels:
            name = _ATTEMPTS[channel]
            facts[name] = int(str(facts[name])) + 1


# ---- fields -------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What the readers of fields see."""

    facts: Facts
    history: History


Reader = Callable[[Reading], int | None]


def reader(
    field: Field, facts: Mapping[str, Fact], texts: Mapping[str, int], plays: tuple[Play, ...]
) -> Reader:
    """The function that reads a field; it gives None where the value is unknown."""
    fact = facts.get(field.fact)
    match field.kind:
        case "value" if fact is not None:
            return _value_reader(fact, texts)
        case "known":
            return lambda reading: int(field.fact in reading.facts)
        case "compare":
            return lambda reading: compare(reading.facts, field.fact, field.other, facts)
        case "contains":
            return lambda reading: _contains(reading.facts.get(field.fact), field.words)
        case "empty":
            return lambda reading: _is_empty(reading.facts.get(field.fact))
        case "done" if field.done is not None:
            done = field.done
            return lambda reading: len(reading.history.matching(done))
        case "progress":
            return lambda reading: reading.history.progress(plays[field.play])[0]
    message = f"field {field.name} reads nothing"
    raise ValueError(message)


def _value_reader(fact: Fact, texts: Mapping[str, int]) -> Reader:
    name = fact.name
    if fact.type == "integer":
        return lambda reading: reading.facts.get(name)  # type: ignore[return-value]

    def read(reading: Reading) -> int | None:
        value = reading.facts.get(name)
        return None if value is None else encode(fact, value, texts)

    return read


def compare(facts: Facts, left: str, right: str, meaning: Mapping[str, Fact]) -> int | None:
    """-1, 0 or 1 as one fact is less than, equal to or more than another; None if unknown."""
    a, b = facts.get(left), facts.get(right)
    if a is None or b is None:
        return None
    fact = meaning[left]
    if fact.type == "choice":
        a, b = fact.values.index(str(a)), fact.values.index(str(b))
    return int(a > b) - int(a < b)  # type: ignore[operator]  # the compiler compared their types


def _contains(value: object, words: tuple[str, ...]) -> int | None:
    if not isinstance(value, tuple):
        return None
    return int(any(word in value for word in words))


def _is_empty(value: object) -> int | None:
    return int(not value) if isinstance(value, tuple) else None
