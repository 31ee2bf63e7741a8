"""Which time zones and countries there are: IANA's lists, as `tzdata` carries them."""

from functools import cache
from importlib.resources import files

#: What people write for a country that has another code.
_USUAL_SLIPS = {"UK": "GB", "EN": "GB", "EL": "GR"}


@cache
def time_zones() -> frozenset[str]:
    """The names of all time zones, old ones too."""
    names = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return frozenset(names) - {"Factory"}  # IANA's word for a clock that was never set


@cache
def countries() -> frozenset[str]:
    """The two letters of every country of ISO 3166-1."""
    lines = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if not line.startswith("#"))


def country_meant(code: str) -> str:
    """A hint what a code that is none was meant to be."""
    meant = _USUAL_SLIPS.get(code)
    return f"did you mean `{meant}`?" if meant else "write its two letters of ISO 3166-1: `US`"
