"""One rule of a policy, or one law of a pack: from what is written to what it means."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from service.playbook.diagnostics import did_you_mean
from service.playbook.meaning.durations import read_duration
from service.playbook.meaning.scope import Path, Scope, as_list
from service.playbook.meaning.windows import read_window
from service.playbook.rules import Window
from service.playbook.values import read_date
from service.policy.places import countries, country_meant, time_zones
from service.policy.policy import (
    FARTHEST_DAYS,
    Cap,
    Consent,
    Demand,
    Gap,
    Hours,
    Jurisdiction,
    NoHolidays,
    Registry,
    Rest,
    Row,
)

#: What says more about a demand, and the demands that it can stand beside.
_BELONGS_TO = {
    "days": ("hours",),
    "holidays": ("hours",),
    "or_on": ("hours",),
    "also_in": ("hours",),
    "within": ("at_most",),
    "per": ("at_most",),
    "except": ("gap",),
    "or_purchase_within": ("consent", "do_not_call"),
    "or_inquiry_within": ("consent", "do_not_call"),
}
#: Ten years. What is longer was not meant, and time does not go back for ever.
_LONGEST_DAYS = 3_660

Written = dict[str, Any]


def read_row(item: Written, path: Path, scope: Scope, key: str) -> Row | None:
    """The rule (`key` is `guard`) or law (`law`) at a path; None after noting what is wrong."""
    if not scope.is_sound(path):
        return None
    noted = scope.noted
    _check_company(item, path, scope)
    demand = next(read for name, read in _READERS.items() if name in item)(item, path, scope)
    law = _jurisdiction(item, path, scope) if key == "law" else None
    if demand is None or scope.noted > noted:
        return None
    return Row(
        name=item[key],
        channels=tuple(item.get("channels", ())),
        demand=demand,
        because=item["because"].strip(),
        line=scope.place(path).line,
        audience=tuple(as_list(item.get("audience"))),  # type: ignore[arg-type]
        law=law,
    )


def _check_company(item: Written, path: Path, scope: Scope) -> None:
    """Every word stands beside the demand that it says more about."""
    for name, demands in _BELONGS_TO.items():
        if name in item and not any(demand in item for demand in demands):
            wanted = " or ".join(f"`{demand}`" for demand in demands)
            message = f"`{name}` means nothing here: it belongs to {wanted}"
            scope.report("not-allowed", message, (*path, name), "delete it", at_key=True)


# ---- what a row asks for ------------------------------------------------------------


def _hours(item: Written, path: Path, scope: Scope) -> Hours | None:
    holidays = item.get("holidays", "ignore")
    window = _window(item, path, scope, holidays)
    others = [_window(item["or_on"], (*path, "or_on"), scope, holidays)] if "or_on" in item else []
    zones = as_list(item.get("also_in"))
    for index, zone in enumerate(zones):
        inner = (*path, "also_in", index) if isinstance(item["also_in"], list) else ()
        _check_zone(str(zone), inner or (*path, "also_in"), scope)
    or_on = tuple(other for other in others if other is not None)
    if window is None or len(or_on) < len(others):
        return None
    return Hours(window, tuple(map(str, zones)), or_on)


def _window(item: Written, path: Path, scope: Scope, holidays: str) -> Window | None:
    """As a playbook's window; but days left out are every day, for a limit holds always."""
    return read_window("", {"days": "every_day", **item, "holidays": holidays}, path, scope)


def _check_zone(zone: str, path: Path, scope: Scope) -> None:
    if zone not in time_zones():
        hint = did_you_mean(zone, time_zones()) or "write an IANA name such as `America/Chicago`"
        scope.report("unknown-time-zone", f"there is no time zone `{zone}`", path, hint)


def _cap(item: Written, path: Path, scope: Scope) -> Cap | None:
    within = _length(item, "within", path, scope)
    return None if within is None else Cap(item["at_most"], within, item.get("per", "prospect"))


def _gap(item: Written, path: Path, scope: Scope) -> Gap | None:
    least = _length(item, "gap", path, scope, FARTHEST_DAYS)
    return None if least is None else Gap(least, same_sequence_excepted="except" in item)


def _no_holidays(item: Written, _path: Path, _scope: Scope) -> NoHolidays:
    return NoHolidays(tuple(item["no_holidays_of"]))


def _rest(item: Written, path: Path, scope: Scope) -> Rest | None:
    days = _days(item, "rest_after_refusal", path, scope)
    return None if days is None else Rest(days)


def _consent(item: Written, path: Path, scope: Scope) -> Consent:
    return Consent(*_exceptions(item, path, scope))


def _registry(item: Written, path: Path, scope: Scope) -> Registry:
    return Registry(*_exceptions(item, path, scope))


def _exceptions(item: Written, path: Path, scope: Scope) -> tuple[int | None, int | None]:
    """The days after a purchase, and after an inquiry; None where nothing is said of them."""
    names = ("or_purchase_within", "or_inquiry_within")
    purchase, inquiry = (_days(item, name, path, scope) if name in item else None for name in names)
    return purchase, inquiry


_READERS: dict[str, Callable[[Written, Path, Scope], Demand | None]] = {
    "hours": _hours,
    "at_most": _cap,
    "gap": _gap,
    "no_holidays_of": _no_holidays,
    "consent": _consent,
    "rest_after_refusal": _rest,
    "do_not_call": _registry,
}


def _days(item: Written, name: str, path: Path, scope: Scope) -> int | None:
    length = _length(item, name, path, scope)
    return None if length is None else length.days


def _length(
    item: Written, name: str, path: Path, scope: Scope, most: int = _LONGEST_DAYS
) -> timedelta | None:
    """A length of time of more than nothing, and of `most` days at most."""
    duration = read_duration(item[name])
    if duration is None or not isinstance(duration.amount, int):
        return None  # its shape is wrong, which is said
    unit = "hours" if duration.unit == "hours" else "days"
    length = timedelta(**{unit: duration.amount})
    if not length:
        message = f"`{name}: {item[name]}` holds nobody back"
        scope.report("row-never-holds", message, (*path, name), "write a longer time, or delete it")
        return None
    if length > timedelta(days=most):
        message = f"`{name}` may be {most:,} days at most, not `{item[name]}`"
        why = "; nothing is put off for longer" if most == FARTHEST_DAYS else ""
        scope.report("out-of-range", message, (*path, name), f"write a shorter time{why}")
        return None
    return length


# ---- where and when a law holds -----------------------------------------------------


def _jurisdiction(item: Written, path: Path, scope: Scope) -> Jurisdiction | None:
    check_country(item["country"], (*path, "country"), scope)
    begins, ends, checked = (
        _date(item.get(name), (*path, name), scope) for name in ("begins", "ends", "checked")
    )
    if begins is not None and ends is not None and begins >= ends:
        message = f"`ends: {ends}` does not come after `begins: {begins}`"
        hint = "`ends` is the first day on which the law is no longer in force"
        scope.report("ends-before-it-begins", message, (*path, "ends"), hint)
    if checked is None:
        return None
    return Jurisdiction(
        country=item["country"],
        region=item.get("region", ""),
        audience=tuple(as_list(item.get("audience"))),  # type: ignore[arg-type]
        begins=begins,
        ends=ends,
        citation=item["citation"].strip(),
        checked=checked,
    )


def check_country(code: str, path: Path, scope: Scope) -> None:
    """Note a country that there is not."""
    if code not in countries():
        message = f"there is no country `{code}`"
        scope.report("unknown-country", message, path, country_meant(code))


def _date(text: object, path: Path, scope: Scope) -> date | None:
    if text is None:
        return None
    day = read_date(text)
    if day is None:
        hint = "write a day that the calendar has, as in `2026-11-20`"
        scope.report("bad-format", f"there is no day `{text}`", path, hint)
    return day
