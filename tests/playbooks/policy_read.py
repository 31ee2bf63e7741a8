"""A second reading of contact policies, to hold the first against: slow, plain, and its own.

It reads the YAML itself and asks of every touch, one by one, whether a rule or a law was
broken: hours on the wall clock, caps by counting, holidays from the list of the country.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from holidays import country_holidays

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNREACHED = ("bounced", "not_sent")
HUMAN = ("replied", "declined", "meeting_booked", "meeting_cancelled")


@dataclass(frozen=True)
class Touch:
    """One contact made; `sequence` is the name of the sequence it is a step of, or empty."""

    at: datetime
    channel: str
    sequence: str = ""


@dataclass(frozen=True)
class Case:
    """A prospect, all clocks that may be theirs, and what happened before.

    `replies` are the moments at which they answered, `account` touches with their colleagues.
    """

    facts: Mapping[str, Any]
    zones: Sequence[str]
    before: Sequence[Touch] = ()
    account: Sequence[datetime] = ()
    replies: Sequence[datetime] = ()
    declined: Sequence[datetime] = ()


@dataclass(frozen=True)
class Reading:
    """The rows of a policy as they are written, and where the seller is."""

    rows: list[dict[str, Any]]
    seller: dict[str, str] = field(default_factory=dict)

    def broken(self, case: Case, touches: Sequence[Touch]) -> Iterator[str]:
        """Every rule that a touch broke, in words."""
        made = sorted([*case.before, *touches], key=lambda touch: touch.at)
        for touch in touches:
            earlier = [other for other in made if other.at < touch.at]
            yield from self._standing(case, touch)
            for row in self.rows:
                if _binds(row, case, touch) and self._breaks(row, case, touch, earlier):
                    name = row.get("guard") or row["law"]
                    yield f"{name}: {touch.channel} at {touch.at.isoformat()} {dict(case.facts)}"

    def _standing(self, case: Case, touch: Touch) -> Iterator[str]:
        """What holds whatever the policy says."""
        facts, rings = case.facts, touch.channel in ("phone", "voicemail", "text")
        if facts.get("opted_out") or touch.channel in facts.get("opted_out_channels", ()):
            yield f"opt-out: {touch}"
        if rings and facts.get("do_not_call") and not self._may_call(case, touch):
            yield f"do-not-call: {touch}"
        if rings and not case.zones:
            yield f"time-zone: {touch}"

    def _may_call(self, case: Case, touch: Touch) -> bool:
        """Whether a law that is theirs beyond doubt lets us call whoever is on a list."""
        return any(
            "do_not_call" in row
            and _binds(row, case, touch)
            and all(name in case.facts for name in ("audience", "country", "region") if name in row)
            and _dealt(row, case, touch)
            for row in self.rows
        )

    def _breaks(
        self, row: dict[str, Any], case: Case, touch: Touch, earlier: Sequence[Touch]
    ) -> bool:
        match row:
            case {"hours": _}:
                zones = [*case.zones, *_list(row.get("also_in"))] or ["UTC"]
                return not all(
                    _in_hours(row, case, touch.at.astimezone(ZoneInfo(z))) for z in zones
                )
            case {"at_most": at_most, "within": within}:
                since = touch.at - _length(within)
                count = sum(_is_by(row, t.channel) and t.at > since for t in earlier)
                if row.get("per") == "account":
                    count += sum(since < at <= touch.at for at in case.account)
                return bool(count + 1 > at_most)
            case {"gap": gap}:
                last = [t for t in earlier if _is_by(row, t.channel)][-1:]
                return any(
                    touch.at - t.at < _length(gap)
                    and not any(t.at < reply <= touch.at for reply in case.replies)
                    and not (row.get("except") and _goes_on(case, t, touch))
                    for t in last
                )
            case {"no_holidays_of": whose}:
                return any(self._is_holiday(whose, case, touch.at, zone) for zone in case.zones)
            case {"rest_after_refusal": rest}:
                return any(at <= touch.at < at + _length(rest) for at in case.declined)
            case {"consent": _}:
                consented = touch.channel in case.facts.get("consented_channels", ())
                return not consented and not _dealt(row, case, touch)
            case {"do_not_call": _}:
                return case.facts.get("do_not_call") is not False and not _dealt(row, case, touch)
        raise AssertionError(row)

    def _is_holiday(self, whose: Sequence[str], case: Case, at: datetime, zone: str) -> bool:
        day = at.astimezone(ZoneInfo(zone)).date()
        theirs = "prospect" in whose and _holiday(case.facts, day)
        return bool(theirs or ("seller" in whose and _holiday(self.seller, day)))


def reading(policy: str, laws: Path | None = None) -> Reading:
    """A policy's text, and all the laws of a folder."""
    document = yaml.safe_load(policy)
    rows = list(document["rules"])
    for path in sorted(laws.glob("*.yaml")) if laws else ():
        rows += yaml.safe_load(path.read_text("utf-8"))["rows"]
    return Reading(rows, document.get("seller", {}))


def _binds(row: Mapping[str, Any], case: Case, touch: Touch) -> bool:
    """What is not known of the prospect could be so."""
    zone = ZoneInfo(case.zones[0]) if case.zones else ZoneInfo("UTC")
    day = touch.at.astimezone(zone).date()
    return (
        _is_by(row, touch.channel)
        and all(
            case.facts.get(name) is None or row.get(name) is None or case.facts[name] == row[name]
            for name in ("audience", "country", "region")
        )
        and row.get("begins", day) <= day
        and not ("ends" in row and day >= row["ends"])
    )


def _is_by(row: Mapping[str, Any], channel: str) -> bool:
    return channel in row.get("channels", (channel,))


def _goes_on(case: Case, before: Touch, touch: Touch) -> bool:
    """The next step of the same sequence, on the same day of theirs."""
    zone = ZoneInfo(case.zones[0]) if case.zones else ZoneInfo("UTC")
    same_day = before.at.astimezone(zone).date() == touch.at.astimezone(zone).date()
    return bool(touch.sequence) and before.sequence == touch.sequence and same_day


def _in_hours(row: Mapping[str, Any], case: Case, local: datetime) -> bool:
    if row.get("holidays") == "skip" and _holiday(case.facts, local.date()):
        return False
    wall = local.strftime("%H:%M")
    for part in (row, row.get("or_on")):
        days = part and part.get("days", DAYS)
        if part and DAYS[local.weekday()] in (DAYS if days == "every_day" else days):
            for stretch in _list(part["hours"]):
                opens, closes = stretch.split("-")
                if opens <= wall < closes:
                    return True
    return False


def _dealt(row: Mapping[str, Any], case: Case, touch: Touch) -> bool:
    for word, fact in (
        ("or_purchase_within", "last_purchase_on"),
        ("or_inquiry_within", "last_inquiry_on"),
    ):
        if word in row and fact in case.facts:
            last = date.fromisoformat(case.facts[fact]) + _length(row[word])
            if touch.at.astimezone(ZoneInfo(case.zones[0])).date() <= last:
                return True
    return False


def _holiday(place: Mapping[str, Any], day: date) -> bool:
    return bool(place.get("country")) and day in _holidays(
        place["country"], place.get("region"), day.year
    )


@cache
def _holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    return frozenset(country_holidays(country, subdiv=region, years=year))


def _length(written: str) -> timedelta:
    found = re.fullmatch(r"(\d+) (hour|day|week)s?", written)
    assert found
    return timedelta(**{f"{found[2]}s": int(found[1])})


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
