"""Where a prospect is, as time sees it: zone, weekends and public holidays.

The only user of `holidays`. Listings are made once for each place and year, and kept.
"""

import re
import warnings
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from threading import Lock
from typing import NamedTuple
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

from service.decision.clock import EARLIEST, LATEST, in_utc, local, opening, shown
from service.decision.places import is_zone
from service.playbook.rules import WaitUnit

#: No wait is longer than this many units; a longer one is cut.
LONGEST_WAIT = 100_000
#: Ten years of business days; each year of each place costs a listing of its holidays.
MOST_BUSINESS_DAYS = 2_600

#: Outside these years nobody knows the holidays: weekends only.
_LISTED_YEARS = range(1970, 2101)
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_MOST_CHARACTERS = 64
_OPEN, _HOLIDAY, _WEEKEND = 0, 1, 2
_USUAL_WEEKEND = (5, 6)
_making_a_listing = Lock()


class Calendar(NamedTuple):
    """Where the prospect is, as far as it is known.

    Without a `zone` the clock is UTC's. Without a `country` there are no holidays, and the
    weekend is Saturday and Sunday. `calendar_for` makes one from what a request says.
    """

    zone: ZoneInfo | None
    country: str | None
    region: str | None

    def morning(self, day: date) -> datetime:
        """The first instant, in UTC, of a day, kept between `EARLIEST` and `LATEST`."""
        day = min(max(day, EARLIEST.date()), LATEST.date())
        return opening(datetime.combine(day, time()), self.zone)

    def is_holiday(self, day: date) -> bool:
        """Whether `day` is a public holiday of the country or the region."""
        return bool(self._kind(day) & _HOLIDAY)

    def is_weekend(self, day: date) -> bool:
        """Whether `day` is of the country's weekend; a Saturday made a workday is not."""
        return bool(self._kind(day) & _WEEKEND)

    def is_business_day(self, day: date) -> bool:
        """Whether `day` is neither of the weekend nor a holiday."""
        return self._kind(day) == _OPEN

    def local(self, instant: datetime) -> datetime:
        """`instant` on the prospect's clock, kept between `EARLIEST` and `LATEST`."""
        return local(instant, self.zone)

    def after(self, start: datetime, amount: int, unit: WaitUnit) -> datetime:
        """The instant, in UTC, that comes `amount` units after `start`.

        Hours are exact. Days keep the clock's time: the first pass where that comes twice,
        the first instant after the skip where it does not come. Business days are counted
        from the day after `start`; none leave it where it is, even on a holiday.
        `amount` is kept in 0..100000, of business days in 0..2600, the answer at `LATEST` at most.
        """
        begin, amount = in_utc(start), min(max(amount, 0), LONGEST_WAIT)
        if amount == 0:
            return begin
        if unit == "business_days":
            return self._after_business_days(self.local(begin), min(amount, MOST_BUSINESS_DAYS))
        span = timedelta(hours=amount) if unit == "hours" else timedelta(days=amount)
        if LATEST - begin <= span:
            return LATEST
        if unit == "hours":
            return begin + span
        return in_utc(opening(shown(begin, self.zone) + span, self.zone))

    def _after_business_days(self, begin: datetime, amount: int) -> datetime:
        day = self._business_day_after(begin.date(), amount)
        moment = in_utc(opening(datetime.combine(day, begin.time()), self.zone))
        if self.local(moment).date() != day and self._skips(day):
            day = self._business_day_after(day, 1)
            moment = in_utc(opening(datetime.combine(day, begin.time()), self.zone))
        return moment

    def _skips(self, day: date) -> bool:
        """Whether the clock never showed a day: Samoa had no 30th of December 2011."""
        return self.local(self.morning(day)).date() != day

    def _business_day_after(self, day: date, amount: int) -> date:
        for year in range(day.year, LATEST.year + 1):
            first, kinds = _year(self.country, self.region, year)
            place = max(day.toordinal() - first, -1)
            left = kinds.count(_OPEN, place + 1)
            if amount <= left:
                for _ in range(amount):
                    place = kinds.find(_OPEN, place + 1)
                return min(date.fromordinal(first + place), LATEST.date())
            amount -= left
        return LATEST.date()

    def _kind(self, day: date) -> int:
        first, kinds = _year(self.country, self.region, day.year)
        return kinds[day.toordinal() - first]


def calendar_for(
    time_zone: str | None, country: str | None, region: str | None
) -> tuple[Calendar, tuple[str, ...]]:
    """The calendar of a place, and codes for what was said of it but is not known.

    `time_zone` is an IANA name, `country` two letters of ISO 3166-1, `region` the part after
    the dash of ISO 3166-2; letter case is free in the last two. Codes: `unknown-time-zone`,
    and `no-holiday-calendar` for a country, or a region of a known country, without one.
    """
    zone = zone_named((time_zone or "")[:_MOST_CHARACTERS])
    place = _place((country or "")[:_MOST_CHARACTERS], (region or "")[:_MOST_CHARACTERS])
    no_country = country is not None and place[0] is None
    no_region = region is not None and place[0] is not None and place[1] is None
    codes = ("unknown-time-zone",) if time_zone is not None and zone is None else ()
    lacking = ("no-holiday-calendar",) if no_country or no_region else ()
    return Calendar(zone, *place), codes + lacking


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo | None:
    """The zone of a name, None where IANA has none."""
    try:
        return ZoneInfo(name) if is_zone(name) else None
    except (OSError, ValueError, KeyError):  # the list has it, the machine's copy is damaged
        return None


@lru_cache(maxsize=4096)
def _place(country: str, region: str) -> tuple[str | None, str | None]:
    """The country and region as `holidays` writes them, None for what it does not know."""
    listing = _listing(country, None, None)
    if listing is None:
        return None, None
    said = region.upper().removeprefix(f"{country.upper()}-").removeprefix(f"{listing.country}-")
    names = listing.get_subdivision_aliases()
    codes = (code for code in names if said in map(str.upper, (code, *names[code])))
    return listing.country, next(codes, None)


def _listing(country: str | None, region: str | None, year: int | None) -> HolidayBase | None:
    """The holidays of one year, or None for a place without a calendar."""
    if country is None or not _COUNTRY.fullmatch(country):
        return None
    # `holidays` warns of years it is not sure of; one thread at a time, for filters are global.
    with _making_a_listing, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return country_holidays(country.upper(), subdiv=region, years=year)
        except NotImplementedError:
            return None


@lru_cache(maxsize=4096)
def _year(country: str | None, region: str | None, year: int) -> tuple[int, bytes]:
    """The ordinal of the first of January, and the kind of each day from there."""
    first, after = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1
    days = [date.fromordinal(ordinal) for ordinal in range(first, after)]
    listing = _listing(country, region, year if year in _LISTED_YEARS else None)
    if listing is None:
        return first, bytes(_WEEKEND * (day.weekday() in _USUAL_WEEKEND) for day in days)
    off = {day for day in days if listing.is_weekend(day)} - listing.weekend_workdays
    holidays = frozenset(listing.keys())
    return first, bytes(_WEEKEND * (day in off) + _HOLIDAY * (day in holidays) for day in days)
