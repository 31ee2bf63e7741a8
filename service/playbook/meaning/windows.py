"""Windows: when something may go out, in the prospect's own time."""

import re
from typing import Any

from service.playbook.meaning.scope import Path, Scope, as_list
from service.playbook.rules import Window

_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_WEEKDAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}
_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
_DAY = 24 * 60


def _window(name: str, *hours: tuple[int, int]) -> Window:
    return Window(name, (), hours, holidays=True)


_EARLY = (7 * 60 + 30, 9 * 60)
_LATE = (17 * 60, 19 * 60 + 30)
#: The windows every playbook has.
BUILT_IN_WINDOWS = {
    "business_hours": _window("business_hours", (9 * 60, 17 * 60)),
    "early": _window("early", _EARLY),
    "after_hours": _window("after_hours", _LATE),
    "early_or_after_hours": _window("early_or_after_hours", _EARLY, _LATE),
    "any_time": Window("any_time", _EVERY_DAY, ((0, _DAY),), holidays=False),
}


def read_window(name: str, data: dict[str, Any], path: Path, scope: Scope) -> Window | None:
    """The window at a path, or None after noting which hours are none."""
    hours = [
        _read_hours(
            text,
            (*path, "hours", i) if isinstance(data["hours"], list) else (*path, "hours"),
            scope,
        )
        for i, text in enumerate(as_list(data["hours"]))
    ]
    sound = tuple(sorted(pair for pair in hours if pair is not None))
    if len(sound) < len(hours):
        scope.complete = False
        return None
    return Window(name, _days(data.get("days")), sound, data.get("holidays", "skip") == "skip")


def _days(written: object) -> tuple[int, ...]:
    if written in (None, "business_days"):
        return ()
    if written == "every_day":
        return _EVERY_DAY
    return tuple(sorted({_WEEKDAYS[str(day)] for day in as_list(written)}))


def _read_hours(text: object, path: Path, scope: Scope) -> tuple[int, int] | None:
    match = _HOURS.fullmatch(text) if isinstance(text, str) else None
    if match:
        hour, minute, until_hour, until_minute = map(int, match.groups())
        opens, closes = hour * 60 + minute, until_hour * 60 + until_minute
        if opens < _DAY and closes <= _DAY and opens != closes:
            return opens, closes
        if opens == closes:
            message = f"`{text}` begins and ends at the same time"
            scope.report("bad-hours", message, path, "for the whole day write `00:00-24:00`")
            return None
    scope.report(
        "bad-hours",
        f"`{text}` is no time of a day",
        path,
        "write it as `08:00-10:00`; `22:00-02:00` goes over midnight",
    )
    return None
