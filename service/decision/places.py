"""Where a prospect may be: the time zones that agree with what is known of them.

The only user of `phonenumbers`. Zones that have shown the same time ever since 2020 count as
one, under the name of the first, so that Germany has one zone, though IANA gives it two names.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    format_number,
    is_number_geographical,
    number_type,
    parse,
    region_code_for_number,
)
from phonenumbers.timezone import time_zones_for_geographical_number

from service.decision.regions import zones_of_region
from service.policy.places import time_zones

Source = Literal["said", "country", "region", "phone"]

#: No zone, place or phone number is longer; what is, is passed over.
_MOST_CHARACTERS = 64
#: Numbers that somebody has at home, at work or in a pocket; no toll-free line is anywhere.
_SOMEWHERE = {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
}
#: Prefixes that reach into more zones than `phonenumbers` 9.0 says, or into others: numbering
#: plans laid on `regions`. Such a number is anywhere in its country.
_WIDER_THAN_SAID = (
    *("1236", "1364", "1448", "1474", "1672", "1778", "1867", "1879", "1907581", "1930"),
    *("526", "5581", "5591", "5593", "5594", "5597", "55673480"),
    *("617", "7411", "7845"),
)

_FORTNIGHT, _MINUTE = timedelta(days=14), timedelta(minutes=1)
_MINUTES = range(_FORTNIGHT // _MINUTE)
_SINCE, _UNTIL = datetime(2020, 1, 1), datetime(2038, 1, 1)  # noqa: DTZ001  (wall times)
_FORTNIGHTS = tuple(_SINCE + _FORTNIGHT * n for n in range((_UNTIL - _SINCE) // _FORTNIGHT + 1))


class Whereabouts(NamedTuple):
    """The zones where somebody may be, none where nothing tells, and what told them.

    `taken_from` is `said` for a time zone that was given; None without zones.
    """

    zones: tuple[str, ...]
    taken_from: Source | None


NOWHERE = Whereabouts((), None)


def possible_zones(
    time_zone: str | None, country: str | None, region: str | None, phone_number: str | None
) -> Whereabouts:
    """The zones where a prospect may be, as IANA names.

    `time_zone`, an IANA name, settles it. Else they are anywhere in the country (ISO 3166-1),
    or in the region (the part of ISO 3166-2 after the dash) where `regions` knows it; where
    that leaves several zones, the phone number's prefix may leave fewer. It never adds any:
    a number from abroad says nothing about where in the country somebody is. Without a
    country the number alone tells. Whatever is not known counts as not given.
    """
    said, country, region, number = (
        text if text and len(text) <= _MOST_CHARACTERS else ""
        for text in (time_zone, country, region, phone_number)
    )
    if is_zone(said):
        return Whereabouts((said,), "said")
    country = country.upper() if country.isascii() else ""
    place = _in_place(country, region.upper().removeprefix(f"{country}-"))
    if len(place.zones) == 1:
        return place
    called = _read_number(number, country)
    zones = () if called is None else _in_reach(called, country, place.zones)
    return Whereabouts(zones, "phone") if zones else place


def is_zone(name: str) -> bool:
    """Whether IANA has a zone of this name: no path, no other case, nothing of the machine's."""
    return name in time_zones()


@lru_cache(maxsize=2048)
def _in_place(country: str, region: str) -> Whereabouts:
    """All zones of a region, or else of a country."""
    zones = zones_of_region(country, region)
    if zones:
        return Whereabouts(_distinct(zones), "region")
    zones = _zones_by_country().get(country, ())
    return Whereabouts(_distinct(zones), "country") if zones else NOWHERE


def _in_reach(number: PhoneNumber, country: str, place: tuple[str, ...]) -> tuple[str, ...]:
    """The zones of a place that a number leaves, none where it is no help.

    Without a place: those of the number's own country that its prefix has, or else all.
    """
    home = region_code_for_number(number) or ""
    if place and country != home:
        return ()
    zones = place or _in_place(home, "").zones
    near = _near(number, zones)
    if place:
        return near
    return near or zones or _distinct(_by_prefix(number))


def _near(number: PhoneNumber, zones: tuple[str, ...]) -> tuple[str, ...]:
    """The zones that a number's prefix has too; none where the prefix is not of one place."""
    digits = format_number(number, PhoneNumberFormat.E164)[1:]
    if digits.startswith(_WIDER_THAN_SAID) or not is_number_geographical(number):
        return ()
    shown = set(map(_clock, _by_prefix(number)))
    return tuple(zone for zone in zones if _clock(zone) in shown)


def _by_prefix(number: PhoneNumber) -> tuple[str, ...]:
    return tuple(filter(is_zone, time_zones_for_geographical_number(number)))


def _read_number(text: str, country: str) -> PhoneNumber | None:
    """The number that a text means, dialled from a country; None if it has no place.

    Without a country it has to begin with `+`, or with `00`, which means the same nearly
    everywhere.
    """
    digits = text.strip()
    abroad = f"+{digits[2:]}" if digits.startswith("00") else ""
    for way in (digits, abroad):
        try:
            number = parse(way, country or None)
        except NumberParseException:
            continue
        if number_type(number) in _SOMEWHERE:
            return number
    return None


def _distinct(zones: Iterable[str]) -> tuple[str, ...]:
    """The zones, each clock once, by its first name."""
    first: dict[object, str] = {}
    for zone in zones:
        first.setdefault(_clock(zone), zone)
    return tuple(first.values())


@lru_cache(maxsize=1024)
def _clock(name: str) -> str:
    """What a zone's clock shows from 2020 to 2037: each change, on the clock itself.

    It is looked at once a fortnight, and by the minute where it was changed in between.
    """
    zone = ZoneInfo(name)
    changes = [f"{zone.utcoffset(_SINCE)}"]
    for begin, end in pairwise(_FORTNIGHTS):
        if zone.utcoffset(begin) != zone.utcoffset(end):
            changes.append(f"{_change(zone, begin)} {zone.utcoffset(end)}")
    return ", ".join(changes)


def _change(zone: ZoneInfo, begin: datetime) -> datetime:
    """The first minute of a fortnight at which the offset is no longer that of its beginning."""

    def is_changed(minute: int) -> bool:
        return zone.utcoffset(begin + _MINUTE * minute) != zone.utcoffset(begin)

    return begin + _MINUTE * bisect_right(_MINUTES, 0, key=is_changed)


@lru_cache(maxsize=1)
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    """IANA's own table, `zone.tab`: country, coordinates, zone, comment."""
    text = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    zones: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones[country] = (*zones.get(country, ()), zone)
    return zones
