"""When time alone could change an answer: the next moment at which a test on time turns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from service.decision.calendar import Calendar
from service.decision.clock import opening
from service.decision.facts import Facts
from service.decision.history import DAY, History
from service.playbook.ruleset import Cond, Ruleset
from service.playbook.strata import names_read
from service.playbook.vocabulary import Fact

_ELAPSED = frozenset({"silent_days", "days_since_last_touch", "days_since_first_touch"})
_LONGEST = 200_000  # days; what lies further away is no plan


@dataclass(frozen=True)
class Clockwork:
    """The tests of a ruleset that time alone can turn.

    `elapsed`: the days at which a count of days is compared; `compared`: pairs of facts of
    which one moves with time; `dates`, `instants`: what `today` and `now` are compared with;
    `within`: the `done` tests that look back a number of days; `daily`: what changes every
    day and is used to reckon with.
    """

    elapsed: tuple[tuple[str, int], ...]
    compared: tuple[tuple[str, str], ...]
    dates: tuple[int, ...]
    instants: tuple[int, ...]
    within: tuple[Mapping[str, Any], ...]
    daily: tuple[str, ...]


def clockwork(ruleset: Ruleset, facts: Mapping[str, Fact]) -> Clockwork:
    """Find the tests on time of a ruleset."""
    fields = {field.name: field for stratum in ruleset.strata for field in stratum.fields}
    values = sorted(
        {
            (fields[name].fact, number)
            for stratum in ruleset.strata
            for rule in stratum.rules
            for name, number in _leaves(rule.when)
            if fields[name].kind == "value"
        }
    )
    moving = _ELAPSED | {"today", "now"}
    return Clockwork(
        elapsed=tuple((fact, number) for fact, number in values if fact in _ELAPSED),
        compared=tuple(
            sorted(
                (field.fact, field.other)
                for field in fields.values()
                if field.kind == "compare"
                and moving & {field.fact, field.other}
                and {field.fact, field.other} <= set(facts)
            )
        ),
        dates=tuple(number for fact, number in values if fact == "today"),
        instants=tuple(number for fact, number in values if fact == "now"),
        within=tuple(
            field.done
            for field in fields.values()
            if field.kind == "done" and field.done and field.done["within"] is not None
        ),
        daily=tuple(sorted(_reckoned_with(ruleset) & (_ELAPSED | {"today"}))),
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
    if condition[0] in ("all", "any"):
        for part in condition[1:]:
            yield from _leaves(part)
    else:
        yield condition[0], condition[2]


def next_change(
    works: Clockwork, facts: Facts, history: History, calendar: Calendar
) -> datetime | None:
    """The first moment after the history's `as_of` at which a test on time could turn."""
    moments = (
        *_elapsing(works, facts, history),
        *_arriving(works, calendar),
        *_compared(works, facts, history, calendar),
        *_tomorrows(works, facts, history, calendar),
        *(
            touch.at + timedelta(days=done["within"])
            for done in works.within
            for touch in history.matching(done)
        ),
    )
    return min((moment for moment in moments if moment > history.as_of), default=None)


def _elapsing(works: Clockwork, facts: Facts, history: History) -> Iterator[datetime]:
    for name, number in works.elapsed:
        yield from _days_on(name, number, facts, history)


def _days_on(name: str, number: int, facts: Facts, history: History) -> Iterator[datetime]:
    """The moments at which a count of days reaches a number, and the next."""
    base = {
        "silent_days": history.last_reply_at or history.first_touch_at,
        "days_since_last_touch": history.last_touch_at,
        "days_since_first_touch": history.first_touch_at,
    }[name]
    if base is None or name not in facts:
        return
    for days in (number, number + 1):
        if 0 <= days <= _LONGEST:
            yield base + timedelta(seconds=days * DAY)


def _arriving(works: Clockwork, calendar: Calendar) -> Iterator[datetime]:
    for ordinal in works.dates:
        yield from _mornings(date.fromordinal(ordinal), calendar)
    for seconds in works.instants:
        yield from _seconds_at(datetime.fromtimestamp(seconds, UTC))


def _mornings(day: date, calendar: Calendar) -> Iterator[datetime]:
    """The beginnings of a day and of the next, where the prospect is."""
    for start in (day, day + timedelta(days=1)):
        yield opening(datetime.combine(start, time()), calendar.zone)


def _seconds_at(moment: datetime) -> Iterator[datetime]:
    yield moment
    yield moment + timedelta(seconds=1)


def _compared(
    works: Clockwork, facts: Facts, history: History, calendar: Calendar
) -> Iterator[datetime]:
    for left, right in works.compared:
        for moving, other in ((left, facts.get(right)), (right, facts.get(left))):
            if moving in _ELAPSED and isinstance(other, int):
                yield from _days_on(moving, other, facts, history)
            elif moving == "today" and isinstance(other, date):
                yield from _mornings(other, calendar)
            elif moving == "now" and isinstance(other, datetime):
                yield from _seconds_at(other)


def _tomorrows(
    works: Clockwork, facts: Facts, history: History, calendar: Calendar
) -> Iterator[datetime]:
    for name in works.daily:
        value = facts.get(name)
        if isinstance(value, date):
            yield from _mornings(value, calendar)
        elif isinstance(value, int):
            yield from _days_on(name, value, facts, history)
