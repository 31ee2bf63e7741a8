import json
import tracemalloc
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.decision.places import NOWHERE, Whereabouts, is_zone, possible_zones
from service.decision.regions import _REGIONS_BY_ZONE, zones_of_region

CORPUS = Path(__file__).parents[1] / "corpus" / "places"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['case']}")
    for file in sorted(CORPUS.glob("*.json"))
    for case in json.loads(file.read_text(encoding="utf-8"))
]
IANA = files("tzdata")
ZONES = sorted(IANA.joinpath("zones").read_text(encoding="ascii").split())
TABLE = [
    line.split("\t")
    for line in IANA.joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
COUNTRIES = sorted({row[0] for row in TABLE})
STATES = [
    *("AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA", "ID", "IL"),
    *("IN", "KS", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE"),
    *("NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT"),
    *("VA", "VT", "WA", "WI", "WV", "WY"),
]
#: How many first-level regions ISO 3166-2 has where all of them are known.
HOW_MANY = {"US": 56, "CA": 13, "AU": 8, "BR": 27, "MX": 33, "RU": 83, "PT": 20, "NZ": 17}
NEW_YEAR_2020 = datetime(2020, 1, 1)  # noqa: DTZ001
HOURS = [NEW_YEAR_2020 + timedelta(hours=n) for n in range(18 * 365 * 24)]

texts = st.none() | st.text(max_size=80)
numbers = st.text("0123456789+ ()-.;=#*/extphonecontextisub", max_size=80)
countries = st.none() | st.sampled_from([*COUNTRIES, "XK", "ZZ"])


def test_there_are_places_to_test() -> None:
    """The corpus of places is found."""
    assert len(CASES) > 0


@pytest.mark.parametrize("case", CASES)
def test_a_prospect_may_be_where_the_case_says(case: dict[str, Any]) -> None:
    """Each case gives the zones it expects, or at least those it includes, and their source."""
    place = {"time_zone": None, "country": None, "region": None, "phone_number": None}

    found = possible_zones(**place | case["place"])

    if "expected" in case:
        assert list(found.zones) == case["expected"]
    assert set(case.get("includes", ())) <= set(found.zones)
    assert found.taken_from == case["taken_from"]


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_of_iana_is_itself(zone: str) -> None:
    """Whoever gives a zone gets that zone, under the name they gave."""
    expected = NOWHERE if zone == "Factory" else Whereabouts((zone,), "said")

    assert possible_zones(zone, None, None, None) == expected
    assert is_zone(zone) == (zone != "Factory")


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_country_has_all_the_clocks_of_its_zones(country: str) -> None:
    """Each zone of a country shows the same as one that is given, and no two given the same."""
    given_zones = possible_zones(None, country, None, None).zones
    all_zones = [row[2] for row in TABLE if row[0] == country]

    shown = {zone: _shown(zone) if len(all_zones) > 1 else 0 for zone in all_zones}

    assert given_zones
    assert {shown[zone] for zone in given_zones} == set(shown.values())
    assert len({shown[zone] for zone in given_zones}) == len(given_zones)


@cache
def _shown(zone: str) -> int:
    """A number for what a clock shows every hour from 2020 to 2037."""
    return hash(tuple(map(ZoneInfo(zone).utcoffset, HOURS)))


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_the_united_states_is_known(state: str) -> None:
    """A state has zones of its country, and fewer than the country."""
    found = possible_zones(None, "US", state, None)

    assert found.taken_from == "region"
    assert 0 < len(found.zones) < len(possible_zones(None, "US", None, None).zones)


@pytest.mark.parametrize("country", HOW_MANY)
def test_the_regions_of_wide_countries_are_all_known(country: str) -> None:
    """No region is missing, and each zone of the country has one, but for islands without any."""
    zones = _REGIONS_BY_ZONE[country]
    codes = {code for regions in zones.values() for code in regions.split()}

    assert len(codes) == HOW_MANY[country]
    assert {row[2] for row in TABLE if row[0] == country} - set(zones) <= {"Antarctica/Macquarie"}
    assert all(is_zone(zone) for zone in zones)
    assert all(set(zones_of_region(country, code)) <= set(zones) for code in codes)


@given(texts, texts, texts, texts | numbers)
@example(None, "US", None, "\ud800" * 64)
@example(None, "US", None, "00" * 32)
@example(None, None, None, "+" * 64)
@example(None, "\ud800\ud800", "\ud800", "tel:+1;phone-context=")
@example(None, "US", None, "1" * 64)
@example(None, "US", None, "+1" * 5_000_000)
def test_any_text_gives_an_answer(
    time_zone: str | None, country: str | None, region: str | None, phone_number: str | None
) -> None:
    """Whatever is said, there is an answer without an error: zones of IANA, or none."""
    found = possible_zones(time_zone, country, region, phone_number)

    assert all(is_zone(zone) for zone in found.zones)
    assert (found.taken_from is None) == (not found.zones)


@given(countries, numbers | st.from_regex(r"\+[1-9][0-9]{6,13}", fullmatch=True))
def test_a_number_never_adds_a_zone(country: str | None, number: str) -> None:
    """With a country the zones are of it, with or without a number."""
    alone = possible_zones(None, country, None, None)

    found = possible_zones(None, country, None, number)

    assert alone == NOWHERE or set(found.zones) <= set(alone.zones)


def test_junk_is_not_kept() -> None:
    """Long places and numbers that mean nothing do not fill the memory."""
    possible_zones(None, "US", None, "+1 212 555 0100")
    tracemalloc.start()
    for number in range(6000):
        junk = f"{number}" + "z" * 10_000
        possible_zones(junk, junk, junk, junk)
        possible_zones(None, "US", f"{number}", f"+1 212 {number}")
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < 4_000_000
