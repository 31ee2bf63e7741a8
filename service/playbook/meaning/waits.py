"""Reading waits: how long after what a step comes."""

from typing import Any

from service.playbook.meaning.durations import DAYS_A_WEEK, Duration, read_duration
from service.playbook.meaning.scope import Path, Scope, as_ref
from service.playbook.rules import Ref, Roll, TimeOfDay, Wait, WaitUnit
from service.playbook.values import KIND_WORDS

_UNIT_OF_PARAMETER: dict[str, WaitUnit] = {
    "hours": "hours",
    "days": "days",
    "business_days": "business_days",
    "weeks": "days",
}
#: The anchor of a wait that names none: the earlier step in a sequence, else the last touch.
DEFAULT_ANCHOR = "previous_step"


def read_wait(data: Any, path: Path, scope: Scope) -> Wait | None:  # noqa: ANN401
    """The wait at a path, or None after noting what is wrong with it."""
    place = scope.place(path)
    if not scope.is_readable(path):
        return None
    if isinstance(data, dict) and "until" in data:
        fact = _read_moment(data["until"], (*path, "until"), scope)
        roll, at = _read_landing(data, path, scope)
        if at == "window_start":
            _report_time(f"until `{data['until']}`", path, scope)
            return None
        return None if fact is None else Wait(0, "days", fact, place, roll)
    written, where = (data, path) if isinstance(data, str) else (data.get("for"), (*path, "for"))
    duration = _read_length(written, where, scope)
    unit = None if duration is None else _unit_of(duration, where, scope)
    after = data.get("after", DEFAULT_ANCHOR) if isinstance(data, dict) else DEFAULT_ANCHOR
    anchor: str | Ref | None = after
    if as_ref(after):
        anchor = _read_moment(after, (*path, "after"), scope)
    if duration is None or unit is None or anchor is None:
        return None
    roll, at = _read_landing(data, path, scope)
    if at == "window_start" and unit == "hours":
        _report_time("of hours", path, scope)
        return None
    amount = scope.constant(duration.amount)
    if not isinstance(amount, int):
        return Wait(duration.amount, unit, anchor, place, roll, at)
    return Wait(amount * _times(duration, scope), unit, anchor, place, roll, at)


def _read_landing(data: Any, path: Path, scope: Scope) -> tuple[Roll, TimeOfDay]:  # noqa: ANN401
    """On which day, and at what time of it, a wait may end; the usual where that is misshapen."""
    said = data if isinstance(data, dict) else {}
    rolls = said.get("roll") == "to_business_day" and scope.is_readable((*path, "roll"))
    opens = said.get("at") == "window_start" and scope.is_readable((*path, "at"))
    return "to_business_day" if rolls else "none", "window_start" if opens else "same_time"


def _report_time(which: str, path: Path, scope: Scope) -> None:
    hint = "`at` is for days and business days; leave it out, the window is kept all the same"
    message = f"a wait {which} has a time of its own to end at"
    scope.report("type-mismatch", message, (*path, "at"), hint)


def _times(duration: Duration, scope: Scope) -> int:
    """How often an amount counts: seven times where a parameter's own unit is weeks."""
    if duration.unit is None and isinstance(duration.amount, Ref):
        parameter = scope.parameters.get(duration.amount.name)
        return DAYS_A_WEEK if parameter and parameter.unit == "weeks" else 1
    return duration.times


def _read_length(written: object, path: Path, scope: Scope) -> Duration | None:
    duration = read_duration(written)
    if duration is None and written is not None and scope.is_readable(path):
        scope.report(
            "bad-duration",
            f"`{written}` is not a length of time",
            path,
            "for example `7 days`, `3 business days`, `2 hours`, `$patience`",
        )
    return duration if scope.is_readable(path) else None


def _unit_of(duration: Duration, path: Path, scope: Scope) -> WaitUnit | None:
    if not isinstance(duration.amount, Ref):
        return duration.unit
    name = duration.amount.name
    fact = scope.referred(name, path)
    if fact is None:
        return None
    if fact.type != "integer":
        scope.report(
            "type-mismatch",
            f"`${name}` is {KIND_WORDS[fact.type]}, not a whole number to wait for",
            path,
            "to wait for a date or a moment, write `{until: $revisit_on}`"
            if fact.type in ("date", "instant")
            else "name a parameter, or a fact that is a whole number",
        )
        scope.complete = False
        return None
    parameter = scope.parameters.get(name)
    if duration.times > 1 and parameter is None:
        hint = f"conclude the days, as `{{product: [7, ${name}]}}`, and wait for them"
        scope.report("bad-duration", f"only a parameter counts weeks, not `${name}`", path, hint)
        return None
    unit = duration.unit or (_UNIT_OF_PARAMETER.get(parameter.unit) if parameter else None)
    if unit is None:
        what = (
            f"counts {parameter.unit}, not time" if parameter and parameter.unit else "has no unit"
        )
        hint = f"write `${name} days`" + (", or give it `unit: days`" if parameter else "")
        scope.report("bad-duration", f"`${name}` {what}", path, hint)
    return unit


def _read_moment(data: object, path: Path, scope: Scope) -> Ref | None:
    """The fact that holds a moment to wait for."""
    if not scope.is_readable(path):
        return None
    ref = as_ref(data)
    if ref is None:
        scope.report(
            "type-mismatch",
            f"`{data}` is not the name of a date",
            path,
            "a fact that holds a date, for example `$revisit_on`",
        )
        return None
    fact = scope.referred(ref.name, path)
    if fact is None:
        return None
    if fact.type not in ("date", "instant"):
        scope.report(
            "type-mismatch",
            f"`${ref.name}` is neither a date nor a moment",
            path,
            "for example `$revisit_on` or `$next_meeting_at`",
        )
        return None
    return ref
