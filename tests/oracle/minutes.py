"""The timed guards by looking at every minute, one after the other, for ninety days.

Written apart from `service.decision.guards`: no gate, no jump, just "is this minute allowed?".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from holidays import country_holidays

from service.playbook.rules import Window
from service.policy.policy import Cap, Gap, Hours, NoHolidays, Rest, Row
from tests.oracle.clock import DAY, MINUTE, is_open, is_workday, wall

NINETY_DAYS = timedelta(days=90)


@dataclass(frozen=True)
class Contact:
    """One thing that we did and that arrived; whose it was, if not the prospect's own."""

    at: datetime
    channels: tuple[str, ...]
    is_other: bool = False


@dataclass(frozen=True)
class Case:
    """Everything that the timed guards look at.

    `continues`: whether the last contact was the step before in the same sequence.
    """

    start: datetime
    channel: str
    window: Window
    rows: tuple[Row, ...]
    contacts: tuple[Contact, ...]
    zones: tuple[ZoneInfo, ...]
    country: str | None
    seller: str | None
    back: date | None
    refused: datetime | None
    continues: bool


def first_allowed(case: Case) -> datetime | None:
    """The first minute from the start on at which nothing stands in the way."""
    minute = case.start
    while minute <= case.start + NINETY_DAYS:
        if _is_open(minute, case) and all(allows(row, minute, case) for row in case.rows):
            return minute
        minute += MINUTE
    return None


def _is_open(minute: datetime, case: Case) -> bool:
    """Whether the window is open wherever they may be, and they are not away."""
    clocks = (is_open(case.window, minute, zone, case.country) for zone in case.zones)
    return all(clocks) and not _is_away(minute, case)


def allows(row: Row, minute: datetime, case: Case) -> bool:
    """Whether a row lets a minute through."""
    if row.channels and case.channel not in row.channels:
        return True
    match row.demand:
        case Hours(window, also):
            clocks = [*case.zones, *map(ZoneInfo, also)]
            return all(is_open(window, minute, zone, case.country) for zone in clocks)
        case Cap(most, within, per):
            ours = _counted(row, case.contacts, others=per == "account")
            return sum(minute - within < at <= minute for at in ours) < most
        case Gap(least, excepted):
            ours = _counted(row, case.contacts, others=False)
            if not ours or minute - max(ours) >= least:
                return True
            days = [wall(at, case.zones[0]).date() for at in (max(ours), minute)]
            return excepted and case.continues and days[0] == days[1]
        case NoHolidays(of):
            places = {"prospect": case.country, "seller": case.seller}
            days = [wall(minute, zone).date() for zone in case.zones]
            return not any(_is_holiday(day, places[who]) for who in of for day in days)
        case Rest(days):
            return case.refused is None or minute >= case.refused + days * DAY
    raise AssertionError(row)


def _counted(row: Row, contacts: Iterable[Contact], *, others: bool) -> Sequence[datetime]:
    return [
        each.at
        for each in contacts
        if (others or not each.is_other)
        and (not row.channels or any(name in row.channels for name in each.channels))
    ]


def _is_holiday(day: date, country: str | None) -> bool:
    return country is not None and day in country_holidays(country, years=day.year)


def _is_away(minute: datetime, case: Case) -> bool:
    """Away until the day after the return, and until the next day on which people work."""
    if case.back is None:
        return False
    day = case.back + DAY
    while not is_workday(day, case.country):
        day += DAY
    return any(wall(minute, zone).date() < day for zone in case.zones)
