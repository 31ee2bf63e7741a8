"""The guards about when by looking at one minute after the other, for ninety days.

Written apart from `service.decision.guards`: no gate says when it opens and none is jumped
to; of every minute it is asked whether a contact may be made then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from service.playbook.rules import Window
from service.policy.policy import Cap, Gap, Hours, NoHolidays, Rest, Row
from tests.oracle.clock import DAY, MINUTE, after, is_holiday, is_in_one_piece, is_workday, wall

NINETY_DAYS = timedelta(days=90)
#: No answer is good for longer.
WEEK = timedelta(days=7)
RINGING = ("phone", "voicemail", "text")
HUMAN = ("replied", "declined", "spoke")
NOBODY = ("bounced", "not_sent")
_WHOLE_DAY = 24 * 60

#: Whether a guard lets a contact through at a minute.
Allows = Callable[[datetime], bool]


@dataclass(frozen=True)
class Contact:
    """One thing that we did, and with whom if not with the prospect.

    `in_sequence`: as a step of the sequence that is to go on.
    """

    at: datetime
    channel: str
    outcome: str
    is_other: bool = False
    in_sequence: bool = False

    def is_by(self, channels: Sequence[str]) -> bool:
        """Whether it went by one of them; none means any. A machine is reached by phone."""
        machine = self.outcome == "voicemail_left" and "voicemail" in channels
        return not channels or self.channel in channels or machine


@dataclass(frozen=True)
class Case:
    """Everything that the guards about when look at.

    `replies`: when they answered, and what. `zones`: all that are possible; None is UTC's.
    `step`: how far it is from one minute that is looked at to the next.
    """

    as_of: datetime
    start: datetime
    channel: str
    window: Window
    rows: tuple[Row, ...]
    contacts: tuple[Contact, ...]
    replies: tuple[tuple[datetime, str], ...]
    zones: tuple[ZoneInfo | None, ...]
    country: str | None
    seller: str | None
    back: date | None
    step: timedelta = MINUTE

    @property
    def zone(self) -> ZoneInfo | None:
        """Their time zone, where it is the only one."""
        return self.zones[0] if len(self.zones) == 1 else None


class Found(NamedTuple):
    """First minutes, None where there is none.

    `planned`: at which the window is open; from then on, `own`: at which each guard lets a
    contact through, and `due`: at which all of them do, and the window.
    """

    planned: datetime | None
    own: Mapping[str, datetime | None]
    due: datetime | None


def find(case: Case) -> Found:
    """Look for the first minutes."""
    guards = guards_of(case)
    planned = first(case.start, [window(case)], case.step)
    if planned is None:
        return Found(None, {}, None)
    own = {name: first(planned, [allows], case.step) for name, allows in guards.items()}
    return Found(planned, own, first(planned, [window(case), *guards.values()], case.step))


def by_utc(case: Case) -> Case:
    """The case, were the clock UTC's."""
    return replace(case, zones=(None,))


def first(start: datetime, guards: Sequence[Allows], step: timedelta = MINUTE) -> datetime | None:
    """The first minute within ninety days at which all let a contact through."""
    minute = start
    while minute <= start + NINETY_DAYS:
        if all(allows(minute) for allows in guards):
            return minute
        minute += step
    return None


def first_closing(case: Case, due: datetime) -> datetime | None:
    """The first minute of the week from a due time on at which something is closed again."""
    guards = [window(case), *guards_of(case).values()]
    minute = due
    while minute < due + WEEK:
        if not all(allows(minute) for allows in guards):
            return minute
        minute += case.step
    return None


def is_end_of_hours(minute: datetime, case: Case) -> bool:
    """Whether some hours end at a minute, even if others begin there."""
    windows = [case.window]
    clocks = [*case.zones]
    for row in case.rows:
        if isinstance(row.demand, Hours):
            windows += [row.demand.window, *row.demand.or_on]
            clocks += map(ZoneInfo, row.demand.also_in)
    ends = {closes % _WHOLE_DAY for each in windows for _, closes in each.hours}
    shown = [wall(minute, zone) for zone in clocks]
    return any(each.hour * 60 + each.minute in ends for each in shown)


def window(case: Case) -> Allows:
    """Whether the window is open wherever they may be."""
    return lambda minute: all(_is_open(case.window, minute, zone, case) for zone in case.zones)


def guards_of(case: Case) -> dict[str, Allows]:
    """The guards that have a say, by name."""
    rows = [row for row in case.rows if not row.channels or case.channel in row.channels]
    guards = {row.name: _of_row(row, case) for row in rows}
    return guards if case.back is None else {**guards, "out-of-office": _away(case, case.back)}


def _of_row(row: Row, case: Case) -> Allows:
    match row.demand:
        case Hours() as hours:
            return lambda minute: _in_hours(hours, minute, case)
        case Cap(most, within, per):
            every = _made(row, case, others=per == "account")
            return lambda minute: sum(minute - within < at <= minute for at in every) < most
        case Gap() as gap:
            return _gap(gap, row, case)
        case NoHolidays(of):
            places = [case.country] * ("prospect" in of) + [case.seller] * ("seller" in of)
            return lambda minute: (
                not any(
                    is_holiday(wall(minute, zone).date(), place)
                    for zone in case.zones
                    for place in places
                )
            )
        case Rest(days):
            refused = [at for at, outcome in case.replies if outcome == "declined"]
            if not refused:
                return lambda _: True
            over = after(max(refused), days, "days", case.zone, case.country)
            return lambda minute: minute >= over
    raise AssertionError(row)


def _in_hours(hours: Hours, minute: datetime, case: Case) -> bool:
    clocks = [*case.zones, *map(ZoneInfo, hours.also_in)]
    windows = [hours.window, *hours.or_on]
    return all(any(_is_open(each, minute, zone, case) for each in windows) for zone in clocks)


def _is_open(window: Window, minute: datetime, zone: ZoneInfo | None, case: Case) -> bool:
    return is_in_one_piece(window, minute, zone, case.country, case.step)


def _gap(gap: Gap, row: Row, case: Case) -> Allows:
    human = [at for at, outcome in case.replies if outcome in HUMAN]
    human += [c.at for c in case.contacts if c.outcome in HUMAN and not c.is_other]
    waiting = [at for at in _made(row, case, others=False) if not human or at > max(human)]
    if not waiting:
        return lambda _: True
    last = max(waiting)
    in_sequence = any(c.at == last and c.in_sequence for c in case.contacts)
    day = wall(last, case.zone).date()

    def allows(minute: datetime) -> bool:
        goes_on = gap.same_sequence_excepted and in_sequence
        return minute - last >= gap.least or (goes_on and wall(minute, case.zone).date() == day)

    return allows


def _made(row: Row, case: Case, *, others: bool) -> list[datetime]:
    """When the contacts were made that a row counts."""
    return [
        contact.at
        for contact in case.contacts
        if contact.outcome not in NOBODY
        and (others or not contact.is_other)
        and contact.is_by(row.channels)
    ]


def _away(case: Case, back: date) -> Allows:
    """Away until the day after the return, and until the next day on which people work."""
    day = back + DAY
    while not is_workday(day, case.country):
        day += DAY
    return lambda minute: all(wall(minute, zone).date() >= day for zone in case.zones)
