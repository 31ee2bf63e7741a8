"""Conditions, sums, waits and windows as a manager would say them."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from service.playbook.rules import (
    All,
    AnyOf,
    Arithmetic,
    Condition,
    Done,
    Expression,
    Ref,
    Test,
    Wait,
    Window,
)
from service.store.documents.differences.parts import Aspect

_PREDICATES = {
    "is": "is {}",
    "in": "is {}",
    "at_least": "at least {}",
    "at_most": "at most {}",
    "more_than": "more than {}",
    "less_than": "less than {}",
    "contains": "contains {}",
}
_ANCHORS = {
    "last_touch": "the last touch",
    "first_touch": "the first touch",
    "last_reply": "their last reply",
    "previous_step": "the step before",
    "now": "the question",
}
_SUMS = {"sum": " plus ", "difference": " minus ", "product": " times "}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK = len(_DAYS)


def value(written: object) -> str:
    """A constant, or a reference."""
    match written:
        case Ref(name):
            return f"`${name}`"
        case bool():
            return "true" if written else "false"
        case tuple():
            return " or ".join(map(value, written))
    return str(written)


def expression(written: Expression) -> str:
    """A value, or a sum of values."""
    if not isinstance(written, Arithmetic):
        return value(written)
    arguments = [
        f"({expression(each)})" if isinstance(each, Arithmetic) else expression(each)
        for each in written.arguments
    ]
    if written.operation in _SUMS:
        return _SUMS[written.operation].join(arguments)
    return f"the {'least' if written.operation == 'minimum' else 'most'} of {', '.join(arguments)}"


# ---- conditions ---------------------------------------------------------------------


def asked(when: Condition) -> dict[Aspect, str]:
    """What a condition asks, by what it asks it of."""
    found: dict[Aspect, list[str]] = {}
    for each in conjuncts(when):
        about, what = subject_and_predicate(each)
        found.setdefault(Aspect(about, "test"), []).append(what)
    return {aspect: " and ".join(words) for aspect, words in found.items()}


def conjuncts(condition: Condition) -> Iterator[Condition]:
    """What must all hold, one by one."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from conjuncts(part)
    else:
        yield condition


def subject_and_predicate(condition: Condition) -> tuple[str, str]:
    """A condition in two halves: what it is about, and what must hold of it."""
    match condition:
        case Test():
            return f"`{condition.fact}`", predicate(condition)
        case Done():
            return f"“{_touches(condition)}”", _times(condition)
        case AnyOf():
            return "one of these:", _joined(condition.parts, "or")
        case All():
            return "all of these:", _joined(condition.parts, "and")
    return "not so:", sentence(condition.part)


def sentence(condition: Condition) -> str:
    """A condition as a whole."""
    return " ".join(subject_and_predicate(condition))


def predicate(test: Test) -> str:
    """What a test asks of its fact."""
    match test.operator:
        case "known" | "empty":
            return f"is {'' if test.value else 'not '}{test.operator}"
    return _PREDICATES[test.operator].format(value(test.value))


def _joined(parts: Iterable[Condition], joint: str) -> str:
    return f"({f' {joint} '.join(map(sentence, parts))})"


def _touches(done: Done) -> str:
    words = ["done" if done.direction == "outbound" else "came in"]
    words += [value(done.action)] if done.action else []
    words += [f"by {value(done.channel)}"] if done.channel else []
    words += [f"with {value(done.template)}"] if done.template else []
    words += [f"that came to {value(done.outcome)}"] if done.outcome else []
    words += [f"within {value(done.within)} days"] if done.within is not None else []
    words += ["since their last reply"] if done.since == "last_reply" else []
    return " ".join(words)


def _times(done: Done) -> str:
    least = f"at least {value(done.at_least)}"
    if done.at_most is None:
        return f"{least} {_time(done.at_least)}"
    most = f"at most {value(done.at_most)} {_time(done.at_most)}"
    return most if done.at_least == 0 else f"{least} and {most}"


def _time(number: int | Ref) -> str:
    return "time" if number == 1 else "times"


# ---- when ---------------------------------------------------------------------------


def wait(written: Wait) -> str:
    """How long after what."""
    if isinstance(written.after, Ref) and written.amount == 0:
        words = f"until {value(written.after)}"
    else:
        unit = written.unit.replace("_", " ")
        unit = unit.removesuffix("s") if written.amount == 1 else unit
        words = f"{value(written.amount)} {unit} after {_anchor(written.after)}"
    words += ", moved to a business day" if written.roll == "to_business_day" else ""
    return words + (", from when the window opens" if written.at == "window_start" else "")


def length(written: timedelta) -> str:
    """A length of time, in days where it is whole days."""
    if written % timedelta(days=1):
        number, unit = written // timedelta(hours=1), "hour"
    else:
        number, unit = written.days, "day"
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _anchor(after: str | Ref) -> str:
    return value(after) if isinstance(after, Ref) else _ANCHORS[after]


def hours(window: Window) -> str:
    """The hours of a window."""
    return ", ".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in window.hours)


def days(window: Window) -> str:
    """The days of a window, and whether holidays are among them."""
    named = " ".join(_DAYS[day - 1] for day in window.days)
    if len(window.days) == _WEEK:
        named = "every day"
    return f"{named or 'business days'}{' but holidays' if window.holidays else ''}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
