"""The hash that gives every unit its place in an experiment, and the ranges of the arms.

GrowthBook's hash, version 2, as its guide "Build your own SDK" gives it: FNV-1a of 32 bits
over the seed and the key, and once more over the digits of what came out, modulo 10,000.
Hashing twice makes the places in two experiments independent, which once did not.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

#: The version of the hash, kept with each phase: another one would move everybody.
HASH_VERSION: Final = 2
#: How many places there are.
PLACES: Final = 10_000

_OFFSET: Final = 0x811C9DC5
_PRIME: Final = 0x01000193

Range = tuple[float, float]


def normal(key: str) -> str:
    """The one spelling (Unicode NFC) of a key that can be written in several."""
    return unicodedata.normalize("NFC", key)


def code_units(text: str) -> Sequence[int]:
    """The UTF-16 code units of a text: the characters of JavaScript.

    So the place is that of the published JavaScript for every text, also beyond U+FFFF, where
    a character of Python's is two of JavaScript's.
    """
    if text.isascii():
        return text.encode()
    encoded = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(encoded[i : i + 2], "little") for i in range(0, len(encoded), 2)]


def fnv1a32(units: Iterable[int], state: int = _OFFSET) -> int:
    """FNV-1a of 32 bits; `state` is the hash of what comes before."""
    for unit in units:
        state = (state ^ unit) * _PRIME & 0xFFFFFFFF
    return state


def bucket(seed: str, key: str) -> float:
    """The place of a key from 0 to 0.9999, in steps of a ten-thousandth."""
    return bucket_after(fnv1a32(code_units(seed)), code_units(key))


def bucket_after(seeded: int, units: Iterable[int]) -> float:
    """As `bucket`, of a seed that has been hashed and a key taken apart."""
    return fnv1a32(b"%d" % fnv1a32(units, seeded)) % PLACES / PLACES


def shares(weights: Sequence[int]) -> tuple[float, ...]:
    """The weights as shares of one."""
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def ranges(coverage: float, shares: Sequence[float]) -> tuple[Range, ...]:
    """For each share the places that are its own: from (included), to (not included).

    Where a range begins hangs on the shares alone; with the coverage it only grows. So more
    coverage brings units in and moves nobody from arm to arm.
    """
    covered = min(max(coverage, 0.0), 1.0)
    starts = accumulate(shares, initial=0.0)
    return tuple(
        (start, start + covered * share) for start, share in zip(starts, shares, strict=False)
    )


def choose(place: float, ranges: Iterable[Range]) -> int | None:
    """The number of the range in which a place lies; None where it lies in none."""
    for number, (low, high) in enumerate(ranges):
        if low <= place < high:
            return number
    return None
