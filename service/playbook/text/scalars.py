"""What an unquoted YAML word means: the core schema of YAML 1.2, and nothing of 1.1.

So `no`, `on`, `10:30`, `1_000` and `2026-11-20` are text, and `010` is ten. Quoted words and
blocks are text whatever they look like; they never come here.
"""

import math
import re
from dataclasses import dataclass

#: Beyond this, integers no longer survive every JSON reader.
LARGEST_INTEGER = 2**53
#: No integer within `LARGEST_INTEGER` has more digits, leading noughts apart.
_MOST_DIGITS = 16

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DECIMAL = re.compile(r"([-+]?)0*([0-9]+)\Z", re.ASCII)
_HEXADECIMAL = re.compile(r"0x0*([0-9a-fA-F]+)\Z")
_OCTAL = re.compile(r"0o0*([0-7]+)\Z")
_FRACTION = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")


@dataclass(frozen=True)
class Refused:
    """A number that no playbook may hold, with the code and the words to say so."""

    code: str
    message: str
    hint: str


#: What an unquoted word can be.
Plain = str | int | float | bool | Refused | None

_TOO_LARGE = Refused(
    "number-too-large",
    "this number is too large",
    f"the largest is {LARGEST_INTEGER}; put quotes round it if it is text",
)


def plain_value(word: str) -> Plain:
    """The value of an unquoted word; `Refused` for a number out of bounds."""
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if _NOT_FINITE.match(word):
        return Refused(
            "not-a-number",
            f"`{word}` is not a number that a playbook can use",
            "write an ordinary number, or put quotes round it if it is text",
        )
    for pattern, base in ((_HEXADECIMAL, 16), (_OCTAL, 8)):
        if digits := pattern.match(word):
            return _integer(digits[1], base)
    if digits := _DECIMAL.match(word):
        return _integer(digits[2], 10, digits[1])
    return _float(word) if _FRACTION.match(word) else word


def _integer(digits: str, base: int, sign: str = "") -> int | Refused:
    # Counted before conversion: `int` of very many digits is slow, and raises.
    if len(digits) > _MOST_DIGITS * 2:
        return _TOO_LARGE
    size = int(digits, base)
    if size > LARGEST_INTEGER:
        return _TOO_LARGE
    return -size if sign == "-" else size


def _float(word: str) -> float | Refused:
    value = float(word)
    return value if math.isfinite(value) else _TOO_LARGE
