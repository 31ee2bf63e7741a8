"""When time alone could change an answer: the next moment at which a test on time turns."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from service.decision.calendar import Calendar
from service.decision.clock import opening
from service.decision.facts import Facts
from service.decision.history import DAY, History
from service.decision.weighing import is_group
from service.playbook.ruleset import Cond, Ruleset
from service.playbook.strata import names_read
from service.playbook.vocabulary import Fact

_ELAPSED = frozenset({"silent_days", "days_since_last_touch", "days_since_first_touch"})
_MOVING = _ELAPSED | {"today", "now"}
_LONGEST = 200_000  # days; what lies further away is no plan
_DAY, _SECOND = timedelta(seconds=DAY), timedelta(seconds=1)
_T = TypeVar("_T", int, datetime)


@dataclass(frozen=True)
class Clockwork:
    """The tests of a ruleset that time alone can turn.

    What a moving fact is compared with stands here as its turns, in order: the numbers at
    which such a test can turn, which are the number it is compared with and the next. `days`:
    the turns of each count of days; `dates`: those of `today`, as ordinals; `instants`: those
    of `now`; `compared`: pairs of a fact that moves and another, or itself where it is used to
    reckon with; `within`: the `done` tests that look back, and how far.
    """

    days: tuple[tuple[str, tuple[int, ...]], ...]
    dates: tuple[int, ...]
    instants: tuple[datetime, ...]
    compared: tuple[tuple[str, str], ...]
    within: tuple[tuple[Mapping[str, Any], timedelta], ...]


def clockwork(ruleset: Ruleset, facts: Mapping[str, Fact]) -> Clockwork:
    """Find the tests on time of a ruleset."""
    fields = {field.name: field for stratum in ruleset.strata for field in stratum.fields}
    numbers: dict[str, set[int]] = {}
    for stratum in ruleset.strata:
        for rule in stratum.rules:
            for name, number in _leaves(rule.when):
                if fields[name].kind == "value" and fields[name].fact in _MOVING:
                    numbers.setdefault(fields[name].fact, set()).update((number, number + 1))
    compares = [field for field in fields.values() if field.kind == "compare"]
    pairs = {(f.fact, f.other) for f in compares} | {(f.other, f.fact) for f in compares}
    pairs |= {(name, name) for name in _reckoned_with(ruleset) - {"now"}}
    return Clockwork(
        days=tuple(
            (name, tuple(sorted(numbers[name]))) for name in sorted(_ELAPSED & numbers.keys())
        ),
        dates=tuple(sorted(numbers.get("today", ()))),
        instants=tuple(
            datetime.fromtimestamp(seconds, UTC) for seconds in sorted(numbers.get("now", ()))
        ),
        compared=tuple(
            sorted(
                (moving, other) for moving, other in pairs if moving in _MOVING and other in facts
            )
        ),
        within=tuple(
            (field.done, timedelta(days=field.done["within"]))
            for field in fields.values()
            if field.kind == "done" and field.done and field.done["within"] is not None
        ),
    )


def _reckoned_with(ruleset: Ruleset) -> set[str]:
    return {
        name
        for stratum in ruleset.strata
        for rule in stratum.rules
        for expression in (rule.then or {}).values()
        for name in names_read(expression)
    }


def _leaves(condition: Cond) -> Iterator[tuple[str, int]]:
    if is_group(condition):
        for part in condition[1:]:
            yield from _leaves(part)
    else:
        yield condition[0], condition[2]


def next_change(
    works: Clockwork, facts: Facts, history: History, calendar: Calendar
) -> datetime | None:
    """The first moment after the history's `as_of` at which a test on time could turn."""
    turns = [
        _turn(name, facts[other], history, calendar)
        for name, other in works.compared
        if other in facts
    ]
    turns += [_day_reached(name, days, history) for name, days in works.days]
    turns += [_forgotten(done, within, history) for done, within in works.within]
    if works.dates:
        turns.append(_morning(works.dates, history.as_of, calendar))
    if works.instants:
        turns.append(_first_above(works.instants, history.as_of))
    return min(filter(None, turns), default=None)


def _turn(name: str, value: object, history: History, calendar: Calendar) -> datetime | None:
    """When a moving fact next reaches a value or leaves it behind."""
    if name == "now" and isinstance(value, datetime):
        return _first_above((value, value + _SECOND), history.as_of)
    if name == "today" and isinstance(value, date):
        day = value.toordinal()
        return _morning((day, day + 1), history.as_of, calendar)
    if name in _ELAPSED and isinstance(value, int):
        return _day_reached(name, (value, value + 1), history)
    return None


def _day_reached(name: str, turns: Sequence[int], history: History) -> datetime | None:
    """When a count of days next comes to one of its turns."""
    if name == "silent_days":
        base = history.last_reply_at or history.first_touch_at
    else:
        last = name == "days_since_last_touch"
        base = history.last_touch_at if last else history.first_touch_at
    if base is None:
        return None
    days = _first_above(turns, (history.as_of - base) // _DAY)
    return None if days is None or days > _LONGEST else base + days * _DAY


def _morning(turns: Sequence[int], as_of: datetime, calendar: Calendar) -> datetime | None:
    """When one of these days next begins, where the prospect is."""
    today = calendar.local(as_of).date().toordinal()
    for ordinal in turns[bisect_right(turns, today) :]:
        start = opening(datetime.combine(date.fromordinal(ordinal), time()), calendar.zone)
        if start > as_of:  # it is not where a clock put back is in yesterday once more
            return start
    return None


def _first_above(turns: Sequence[_T], now: _T) -> _T | None:
    place = bisect_right(turns, now)
    return turns[place] if place < len(turns) else None


def _forgotten(done: Mapping[str, Any], within: timedelta, history: History) -> datetime | None:
    """When the oldest of the touches that a `done` test still sees is out of its sight."""
    seen = history.matching(done)
    return seen[0].at + within if seen else None
