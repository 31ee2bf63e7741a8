"""Lengths of time as a manager writes them: `7 days`, `3 business days`, `$patience`."""

import re
from dataclasses import dataclass

from service.playbook.rules import Ref, WaitUnit

_DURATION = re.compile(
    r"(?:(?P<number>\d{1,5})|\$(?P<name>[a-z][a-z0-9_]*))"
    r"(?: (?P<unit>hours?|days?|business[ _]days?|weeks?))?"
)
UNITS: dict[str, WaitUnit] = {
    "hour": "hours",
    "hours": "hours",
    "day": "days",
    "days": "days",
    "business day": "business_days",
    "business days": "business_days",
    "business_day": "business_days",
    "business_days": "business_days",
}
DAYS_A_WEEK = 7


@dataclass(frozen=True)
class Duration:
    """An amount and its unit; the unit is None where it is the parameter's own.

    The amount counts `times` over: a week is seven days.
    """

    amount: int | Ref
    unit: WaitUnit | None
    times: int = 1


def read_duration(text: object) -> Duration | None:
    """The duration that a text writes, or None where it writes none."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    number, name, unit = match["number"], match["name"], match["unit"]
    if name is not None:
        if unit in ("week", "weeks"):
            return Duration(Ref(name), "days", DAYS_A_WEEK)
        return Duration(Ref(name), UNITS[unit] if unit else None)
    if unit is None:
        return None
    if unit in ("week", "weeks"):
        return Duration(int(number) * DAYS_A_WEEK, "days")
    return Duration(int(number), UNITS[unit])
