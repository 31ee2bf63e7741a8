"""How values read in a message, and how much text each channel takes.

The names of days and months are ours and English: a machine's locale changes nothing.
"""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

#: The most characters of a message's body, by channel, and why:
#: email and mail, a page, after which nobody reads on; voicemail, about 45 seconds aloud;
#: text, two messages of a phone in one; social, what networks let strangers write;
#: phone and meeting, notes that a seller takes in at a glance.
BODY_LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "email": 5_000,
        "phone": 2_000,
        "voicemail": 700,
        "text": 320,
        "social": 1_000,
        "mail": 5_000,
        "meeting": 2_000,
    }
)
#: The most characters of an email's subject: mailboxes cut off far less than this.
SUBJECT_LIMIT = 150

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def body_limit(channel: str, own: int | None) -> int:
    """The most characters of a body: the channel's, or the template's own where smaller."""
    channels = BODY_LIMITS.get(channel, max(BODY_LIMITS.values()))
    return channels if own is None else min(own, channels)


def shown(value: object) -> str:
    """A fact or a parameter as it reads in a message.

    Text and choices stay as they are; true and false are `yes` and `no`; whole numbers have
    no `.0`; dates are `24 November 2026`, instants `24 November 2026, 14:30` by the clock of
    the zone they carry; lists are joined with commas. Raises TypeError for anything else.
    """
    match value:
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case int() | float():
            return str(value)
        case datetime():
            return f"{_day_and_month(value)} {value.year}, {value:%H:%M}"
        case date():
            return f"{_day_and_month(value)} {value.year}"
        case list() | tuple():
            return ", ".join(shown(item) for item in value)
    raise TypeError(f"a {type(value).__name__} cannot be shown in a message")


def weekday_and_day(day: date) -> str:
    """A day near enough to need no year: `Tuesday 24 November`."""
    return f"{DAYS[day.weekday()]} {_day_and_month(day)}"


def _day_and_month(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"
