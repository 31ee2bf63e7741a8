"""Where a prospect may be, read anew: the zone they gave, or all that IANA has for the country.

Written apart from `service.decision.places`. It knows no regions and no phone numbers; requests
that are read twice have none.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

ZONES = available_timezones() - {"localtime", "Factory"}
_HOUR = timedelta(hours=1)
_SINCE, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)


def possible_zones(known: Mapping[str, Any]) -> tuple[str, ...]:
    """The zones where somebody may be; one where all of them have shown the same since 2020."""
    said, country = known.get("time_zone"), known.get("country")
    if said in ZONES:
        return (str(said),)
    return _of_country(country) if isinstance(country, str) else ()


@lru_cache(maxsize=64)
def _of_country(country: str) -> tuple[str, ...]:
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    zones = tuple(row[2] for row in rows if row[0] == country)
    return zones[:1] if all(_show_the_same(zones[0], zone) for zone in zones[1:]) else zones


def _show_the_same(one: str, other: str) -> bool:
    """Whether two clocks agree in every hour."""
    first, second = ZoneInfo(one), ZoneInfo(other)
    hours = (_SINCE + n * _HOUR for n in range((_UNTIL - _SINCE) // _HOUR))
    return all(hour.astimezone(first).utcoffset() == hour.astimezone(second).utcoffset()
               for hour in hours)  # fmt: skip
