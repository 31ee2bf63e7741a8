"""Constants of each type of fact: which are allowed, and their whole number for the engine.

The engine compares whole numbers only. Each type has one encoding, used for the constants
of a playbook and for the facts of a request alike:

    boolean   0, 1                       integer   itself
    number    ten-thousandths            choice    its place in the list of words
    date      days since 0001-01-01      instant   seconds since 1970 UTC
    text      a number given to each text the playbook names; 0 is any other text
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

from service.playbook.rules import Scalar
from service.playbook.vocabulary import Fact

#: `number` facts keep four decimals.
SCALE = 10_000
#: Whole numbers of a request or a playbook lie within ± this.
LARGEST = 2**53
#: The largest magnitude of a `number`, so that its ten-thousandths stay exact.
LARGEST_NUMBER = LARGEST // SCALE

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})"
)
#: Every way to write a moment with a large T and Z, all its digits zeros.
_SHAPES_OF_MOMENTS = frozenset(
    f"0000-00-00T00:00:00{fraction}{offset}"
    for fraction in ("", *("." + "0" * digits for digits in range(1, 10)))
    for offset in ("Z", "+00:00", "-00:00")
)
_TO_ZEROS = str.maketrans("123456789", "000000000")
_FIRST_YEAR, _LAST_YEAR = 1900, 2999

TYPE_WORDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "text": "a text",
    "choice": "one of its words",
    "date": "a date such as 2026-11-20",
    "instant": "a moment such as 2026-11-20T15:00:00-05:00",
    "list": "a list",
}

#: What a fact is, in a message about a playbook.
KIND_WORDS = {**TYPE_WORDS, "choice": "a word", "date": "a date", "instant": "a moment"}
#: How a value of each type is written.
_HOW_TO_WRITE = {
    "boolean": "write `true` or `false`",
    "integer": "write a whole number such as `7`",
    "number": "write a number such as `2.5`",
    "text": "put quotes round it to make it a text",
    "date": "write it as `2026-11-20`",
    "instant": "write it as `2026-11-20T15:00:00-05:00`",
    "list": "test it with `contains`, `empty` or `known`",
}

_QUOTED = {
    "boolean": re.compile("true|false"),
    "integer": re.compile(r"-?\d+"),
    "number": re.compile(r"-?\d+(\.\d+)?"),
}


def how_to_write(fact: Fact, value: object) -> str:
    """A hint how to write a value of the fact's type, which this value is not; maybe empty."""
    quoted = _QUOTED.get(fact.type)
    if quoted and isinstance(value, str) and quoted.fullmatch(value):
        return "leave the quotes out"
    return _HOW_TO_WRITE.get(fact.type, "")


def read_date(text: object) -> date | None:
    """The date in a text `YYYY-MM-DD`, or None."""
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_instant(text: object) -> datetime | None:
    """The moment in an RFC 3339 text with an offset, or None; its year is 1900 to 2999."""
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper() if text[-1] == "z" else text)
        if _FIRST_YEAR < moment.year < _LAST_YEAR:  # then its year is right in every zone
            return moment
        return moment if _FIRST_YEAR <= moment.astimezone(UTC).year <= _LAST_YEAR else None
    except (ValueError, OverflowError):
        return None


def read_moments(texts: Sequence[str]) -> list[datetime]:
    """What `read_instant` reads of each text, in UTC.

    A history has hundreds of them, nearly always right: so all are looked at in one go.

    Raises:
        ValueError, OverflowError: one of them is no moment.
    """
    if _SHAPES_OF_MOMENTS.issuperset("\n".join(texts).translate(_TO_ZEROS).split("\n")):
        moments = [moment.astimezone(UTC) for moment in map(datetime.fromisoformat, texts)]
        if min(moments).year >= _FIRST_YEAR and max(moments).year <= _LAST_YEAR:
            return moments
    moments = [moment for moment in map(_read_moment, texts) if moment is not None]
    if len(moments) < len(texts):
        raise ValueError
    return moments


def fits(fact: Fact, value: object) -> bool:
    """Whether a constant is of the fact's type (for a choice: one of its words)."""
    return value_reader(fact)(value) is not None


#: Gives a value the type in which facts are held; None where it is of another type.
ValueReader = Callable[[object], object | None]


def value_reader(fact: Fact) -> ValueReader:
    """How the values of a fact are read: moments in UTC, lists as tuples, four decimals."""
    if fact.type == "choice":
        words = fact.values
        return lambda value: value if value in words else None
    return _READERS[fact.type]


def _read_boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _read_integer(value: object) -> int | None:
    return value if type(value) is int and -LARGEST <= value <= LARGEST else None


def _read_number(value: object) -> int | float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:  # as no number is that is not finite
        return None
    return round(value, 4) if isinstance(value, float) else value


def _read_text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _read_moment(value: object) -> datetime | None:
    moment = read_instant(value)
    return None if moment is None else moment.astimezone(UTC)


def _read_list(value: object) -> tuple[str, ...] | None:
    if isinstance(value, tuple | list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    return None


_READERS: Mapping[str, ValueReader] = {
    "boolean": _read_boolean,
    "integer": _read_integer,
    "number": _read_number,
    "text": _read_text,
    "date": read_date,
    "instant": _read_moment,
    "list": _read_list,
}


def encode_constant(fact: Fact, value: Scalar, texts: Mapping[str, int]) -> int:
    """The whole number of a constant that a playbook compares `fact` with."""
    if fact.type == "date":
        day = read_date(value)
        return day.toordinal() if day else 0
    if fact.type == "instant":
        moment = read_instant(value)
        return math.floor(moment.timestamp()) if moment else 0
    return encode(fact, value, texts)


def encode(fact: Fact, value: object, texts: Mapping[str, int]) -> int:
    """The whole number of a fact's value, as it is held while deciding."""
    if fact.type == "choice":
        return fact.values.index(value) if isinstance(value, str) else 0
    if fact.type == "text":
        return texts.get(str(value), 0)
    if isinstance(value, datetime):
        return math.floor(value.timestamp())
    if isinstance(value, date):
        return value.toordinal()
    if fact.type == "number" and isinstance(value, int | float):
        return round(value * SCALE)
    return int(value) if isinstance(value, int) else 0
