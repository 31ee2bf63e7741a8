"""Rules that ask for nothing, and rules that together leave no hour of any week.

Exact over the minutes of a week, for the hours of the house's own rules on the prospect's
clock. Laws are left out: which of them bind is known only of a prospect.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from service.playbook.diagnostics import Diagnostic, Place
from service.playbook.rules import Window
from service.playbook.shape.phrases import listed
from service.playbook.vocabulary import CHANNELS
from service.policy.policy import Audience, Hours, NoHolidays, Row, Seller

_DAY = 24 * 60
_WEEK = 7 * _DAY
_ALWAYS = (1 << _WEEK) - 1
AUDIENCES: tuple[Audience, ...] = ("b2b", "b2c")


def check_rows_hold(
    rows: Sequence[Row], places: Mapping[str, Place], seller: Seller
) -> Iterator[Diagnostic]:
    """Rows that can never keep anybody from anything; `places` is where each name stands."""
    for row in rows:
        match row.demand:
            case Hours() as hours if _is_always_open(hours):
                message = f"`{row.name}` is open all week, so it holds nobody back"
                hint = "write fewer hours or days, or delete it"
                yield Diagnostic("row-never-holds", message, places[row.name], hint)
            case NoHolidays(of=("seller",)) if not seller.country:
                message = (
                    f"`{row.name}` minds the seller's holidays, and where they are is not said"
                )
                hint = "add `seller: {country: US}` with your country"
                yield Diagnostic("row-never-holds", message, places[row.name], hint)


def check_hours_agree(rows: Sequence[Row], places: Mapping[str, Place]) -> Iterator[Diagnostic]:
    """Rows that together never let anybody use a channel; told at the last of them."""
    found: dict[tuple[str, ...], list[str]] = {}
    for channel in CHANNELS:
        for audience in AUDIENCES:
            binding = [row for row in rows if binds(row, channel, audience)]
            excluding = _excluding(binding)
            told = found.setdefault(excluding, []) if excluding else []
            told += [channel] if channel not in told else []
    for names, channels in found.items():
        closed = "any channel" if len(channels) == len(CHANNELS) else listed(channels, "and")
        message = f"{listed(names, 'and')} leave no minute of the week for {closed}"
        hint = "let their hours and days overlap, or name other `channels`"
        yield Diagnostic("never-open", message, places[names[-1]], hint)


def binds(row: Row, channel: str, audience: Audience) -> bool:
    """Whether a row is about the hours of a channel, for an audience, by its clock alone."""
    is_clear = isinstance(row.demand, Hours) and not row.demand.also_in and row.law is None
    return (
        is_clear
        and (not row.channels or channel in row.channels)
        and (not row.audience or audience in row.audience)
    )


def _excluding(rows: Sequence[Row]) -> tuple[str, ...]:
    """The names of rows that are never open together: two where two will do, else all."""
    weeks = {row.name: open_minutes(row.demand) for row in rows if isinstance(row.demand, Hours)}
    for pair in combinations(weeks, 2):
        if not weeks[pair[0]] & weeks[pair[1]]:
            return pair
    together = _ALWAYS
    for week in weeks.values():
        together &= week
    return () if together else tuple(weeks)


def _is_always_open(hours: Hours) -> bool:
    """Whether the hours close at no time of any week, holidays included."""
    can_close = any(window.holidays or not window.days for window in (hours.window, *hours.or_on))
    return not can_close and open_minutes(hours) == _ALWAYS


def open_minutes(hours: Hours) -> int:
    """The minutes of a week that are open, as the bits of a number; Monday's first is bit 0."""
    week = 0
    for window in (hours.window, *hours.or_on):
        week |= window_minutes(window)
    return week


def window_minutes(window: Window) -> int:
    """The minutes of one window; what goes over midnight belongs to the day it began on.

    Which days are business days depends on the country, so all may be.
    """
    week = 0
    for day in window.days or range(1, 8):
        for opens, closes in window.hours:
            length = closes - opens if closes > opens else closes - opens + _DAY
            stretch = ((1 << length) - 1) << ((day - 1) * _DAY + opens)
            week |= (stretch & _ALWAYS) | (stretch >> _WEEK)  # Sunday night goes on on Monday
    return week
