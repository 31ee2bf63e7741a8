"""Random contacts to judge: rows of a policy, what happened so far, and where they may be."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from service.playbook.meaning.windows import BUILT_IN_WINDOWS
from service.playbook.rules import Window
from service.policy.policy import Cap, Demand, Gap, Hours, NoHolidays, Rest, Row
from tests.oracle.minutes import Case, Contact

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
THREE_YEARS = timedelta(days=3 * 365)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHANNELS = ("email", "phone", "voicemail", "text", "social")
COUNTRIES = (None, "US", "DE", "JP", "SA", "IL", "BR")
#: Half hours and quarters, midnights that are skipped, clocks changed by half or two hours.
ZONES = (
    *("UTC", "America/New_York", "America/Chicago", "America/Los_Angeles", "Pacific/Honolulu"),
    *("America/St_Johns", "America/Havana", "America/Santiago", "America/Nuuk", "Europe/Berlin"),
    *("Africa/Cairo", "Asia/Beirut", "Africa/Casablanca", "Asia/Kolkata", "Asia/Kathmandu"),
    *("Asia/Tokyo", "Australia/Lord_Howe", "Australia/Eucla", "Pacific/Chatham", "Pacific/Apia"),
    *("Antarctica/Troll", "Pacific/Kiritimati", "Pacific/Pago_Pago"),
)
zones = st.sampled_from(ZONES).map(ZoneInfo)


@cache
def changes(name: str) -> tuple[datetime, ...]:
    """The hours in which a zone's clock is changed."""
    zone = ZoneInfo(name)
    hours = [BEGIN + HOUR * n for n in range(THREE_YEARS // HOUR)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return tuple(hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1])


@st.composite
def windows(draw: DrawFn, step: int) -> Window:
    """A window on some days, with one or two stretches of hours, in steps of so many minutes."""
    minute = st.integers(0, 1440 // step - 1).map(lambda number: number * step)
    until = minute | st.just(1440)
    hours = st.tuples(minute, until).filter(lambda pair: pair[0] != pair[1] % 1440)
    days = draw(st.just(()) | st.sets(st.integers(1, 7), min_size=1))
    found = draw(st.lists(hours, min_size=1, max_size=2))
    return Window("own", tuple(sorted(days)), tuple(sorted(found)), draw(st.booleans()))


def spans(step: timedelta) -> SearchStrategy[timedelta]:
    """Lengths of time in whole steps, some of them a few days long."""
    few = st.integers(1, 8 * DAY // step).map(lambda number: number * step)
    return few | st.sampled_from([HOUR, 24 * HOUR, 7 * DAY, 60 * DAY])


def demands(step: timedelta) -> SearchStrategy[Demand]:
    """Everything that a row about when may ask for."""
    hours = windows(step // timedelta(minutes=1))
    also = st.lists(st.sampled_from(ZONES), max_size=1).map(tuple)
    of = st.sampled_from([("prospect",), ("seller",), ("prospect", "seller")])
    per = st.sampled_from(["prospect", "account"])
    return st.one_of(
        st.builds(Hours, hours, also, st.lists(hours, max_size=1).map(tuple)),
        st.builds(Hours, hours),
        st.builds(Cap, st.integers(1, 3), spans(step), per),
        st.builds(Gap, spans(step), st.booleans()),
        st.builds(NoHolidays, of),
        st.builds(Rest, st.integers(1, 120)),
    )


@st.composite
def policies(draw: DrawFn, step: timedelta) -> tuple[Row, ...]:
    """Up to four rows."""
    channels = st.just(()) | st.sets(st.sampled_from(CHANNELS), min_size=1).map(
        lambda found: (*sorted(found),)
    )
    asked = draw(st.lists(demands(step), max_size=4))
    return tuple(
        Row(f"row-{number}", draw(channels), demand, "It is drawn.", number)
        for number, demand in enumerate(asked)
    )


@st.composite
def starts(draw: DrawFn, zone: ZoneInfo, step: timedelta) -> datetime:
    """A moment of three years, often in the days before the clock is changed."""
    turns = changes(zone.key)
    if turns and draw(st.booleans()):
        back = draw(st.integers(-DAY // step, 3 * DAY // step))
        return draw(st.sampled_from(turns)) - back * step
    return BEGIN + draw(st.integers(0, THREE_YEARS // step)) * step


@st.composite
def histories(draw: DrawFn, as_of: datetime, step: timedelta) -> tuple[Contact, ...]:
    """What we did, with them and with others of their account; no two things at once."""
    near = st.integers(0, 3 * DAY // step)
    ago = draw(st.lists(near | st.integers(0, 70 * DAY // step), max_size=8, unique=True))
    return tuple(_contact(draw, as_of - number * step) for number in ago)


def _contact(draw: DrawFn, at: datetime) -> Contact:
    channel = draw(st.sampled_from((*CHANNELS, "mail")))
    outcomes = {"phone": ("no_answer", "voicemail_left", "spoke"), "mail": ("sent", "bounced")}
    outcome = draw(st.sampled_from((*outcomes.get(channel, ("delivered",)), "sent", "not_sent")))
    is_other = draw(st.sampled_from((False, False, True)))
    return Contact(at, channel, outcome, is_other, not is_other and draw(st.booleans()))


@st.composite
def cases(draw: DrawFn, step: timedelta) -> Case:
    """A contact to judge, all its times in whole steps."""
    possible = draw(st.lists(zones, min_size=1, max_size=3, unique=True))
    start = draw(starts(possible[0], step))
    as_of = start - draw(st.sampled_from((0, 0, 1, 40, 700))) * step
    replies = st.tuples(
        st.integers(0, 70 * DAY // step).map(lambda number: as_of - number * step),
        st.sampled_from(("replied", "declined", "auto_reply")),
    )
    back = st.integers(-5, 40).map(lambda days: _day(start, days))
    own = windows(step // timedelta(minutes=1))
    return Case(
        as_of=as_of,
        start=start,
        channel=draw(st.sampled_from(CHANNELS)),
        window=draw(st.sampled_from([*BUILT_IN_WINDOWS.values()]) | own),
        rows=draw(policies(step)),
        contacts=draw(histories(as_of, step)),
        replies=tuple(draw(st.lists(replies, max_size=2))),
        zones=tuple(possible if draw(st.booleans()) else possible[:1]),
        country=draw(st.sampled_from(COUNTRIES)),
        seller=draw(st.sampled_from(COUNTRIES)),
        back=draw(st.none() | st.none() | back),
        step=step,
    )


def _day(start: datetime, days: int) -> date:
    return (start + days * DAY).date()
