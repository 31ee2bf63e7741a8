"""The variables of a playbook: what can be told apart by its tests, and nothing finer.

A fact's values are cut at the constants it is compared with anywhere in the playbook;
between two cuts every test says the same, so one sample stands for the whole region. A
fact that may be missing has one region more: unknown.

Facts are taken to be independent of one another, and so are counts of what was done: that
`attempts` never exceeds `touches` is not known here.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from service.playbook.rules import Done, Expression, Operator, Scalar
from service.playbook.vocabulary import Fact

#: A value on its type's own scale: days for a date, microseconds for an instant, the
#: position for a choice's word.
Point = bool | int | float | str
Points = Point | tuple[Point, ...]


@dataclass(frozen=True)
class Region:
    """Values that no test tells apart. `sample` is one of them, None for unknown.

    `low` and `high` are its ends (None: open-ended); equal for a single value.
    """

    sample: Point | None
    low: Point | None = None
    high: Point | None = None


UNKNOWN = Region(None)


def _single(at: Point) -> Region:
    return Region(at, at, at)


@dataclass(frozen=True)
class Variable:
    """One independent thing that tests ask about.

    - value: a fact's value; for a list, whether it is empty;
    - contains: whether the list `fact` has the element `other`;
    - compare: how `fact` stands to the fact `other` (or to the count `other`);
    - done: the count `other`;
    - result: the value of the expression `other`, concluded for `fact`;
    - progress: whether the sequence `fact` has steps left.
    """

    kind: Literal["value", "contains", "compare", "done", "result", "progress"]
    fact: str
    other: Point | Done | Expression | None
    regions: tuple[Region, ...]


COMPARED = ("less", "equal", "greater")
SAME = ("equal", "different")
LIST_STATES = ("empty", "filled")
PRESENCE = ("no", "yes")
PROGRESS = ("left", "ended")


def named(*names: str) -> tuple[Region, ...]:
    """Regions that are only names."""
    return tuple(_single(name) for name in names)


# ---- from written values to points ----------------------------------------------------

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def point(fact: Fact, value: Scalar) -> Point:
    """The value on the fact's scale; raises ValueError for a date that is none."""
    if not isinstance(value, str):
        return value
    if fact.type == "choice":
        return fact.values.index(value) if value in fact.values else len(fact.values)
    if fact.type == "date":
        return date.fromisoformat(value).toordinal()
    if fact.type == "instant":
        moment = datetime.fromisoformat(value.upper())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // timedelta(microseconds=1)
    return value


def written(fact: Fact, at: Point) -> str:
    """The point in the playbook's own words: the reverse of `point`."""
    if fact.type == "boolean":
        return "true" if at else "false"
    if fact.type == "choice":
        return f"`{fact.values[int(at)]}`"
    if fact.type == "date":
        return date.fromordinal(int(at)).isoformat()
    if fact.type == "instant":
        return (_EPOCH + timedelta(microseconds=int(at))).isoformat().replace("+00:00", "Z")
    return f"`{at}`" if isinstance(at, str) else str(at)


def is_ordered(fact: Fact) -> bool:
    """Whether the fact's values come in an order."""
    return fact.ordered or fact.type in ("integer", "number", "date", "instant")


def holds(operator: Operator, at: Point, value: Points) -> bool:
    """Whether a known value passes the test; not for known, contains and empty."""
    if isinstance(value, tuple):
        return at in value
    if operator == "is":
        return at == value
    if isinstance(at, str) or isinstance(value, str):
        return False
    if operator == "at_least":
        return at >= value
    if operator == "at_most":
        return at <= value
    return at > value if operator == "more_than" else at < value


#: Which standings of left to right (or of a count to its bound) pass a test.
_PASSING: dict[Operator, tuple[str, ...]] = {
    "is": ("equal",),
    "in": ("equal",),
    "at_least": ("equal", "greater"),
    "at_most": ("less", "equal"),
    "more_than": ("greater",),
    "less_than": ("less",),
}
MIRRORED = {"less": "greater", "greater": "less"}


def passing(operator: Operator, standings: tuple[str, ...], *, wanted: bool) -> list[str]:
    """The standings in which the test is plainly what is wanted."""
    return [each for each in standings if (each in _PASSING[operator]) == wanted]


# ---- cutting ----------------------------------------------------------------------------


def regions(fact: Fact, cuts: Iterable[Point], *, may_be_unknown: bool) -> tuple[Region, ...]:
    """All that can be told apart about a fact that is compared with these points."""
    return (*_known_regions(fact, cuts), *((UNKNOWN,) if may_be_unknown else ()))


def counted(cuts: Iterable[Point]) -> tuple[Region, ...]:
    """The regions of a count that is compared with these numbers."""
    return _whole(cuts, 0, None)


def _known_regions(fact: Fact, cuts: Iterable[Point]) -> tuple[Region, ...]:
    match fact.type:
        case "boolean":
            return (_single(at=False), _single(at=True))
        case "choice":
            return tuple(_single(i) for i in range(len(fact.values)))
        case "text":
            return _texts({cut for cut in cuts if isinstance(cut, str)})
        case "list":
            return named(*LIST_STATES)
        case "integer":
            return _whole(cuts, fact.minimum, None)
        case "date":
            return _whole(cuts, date.min.toordinal(), date.max.toordinal())
        case _:
            return _dense(cuts, fact.minimum)


def _texts(texts: set[str]) -> tuple[Region, ...]:
    other = "~" + "".join(texts)  # longer than each of them: equal to none
    return (*(_single(text) for text in sorted(texts)), Region(other))


def _numbers(cuts: Iterable[Point]) -> list[int | float]:
    return sorted({cut for cut in cuts if not isinstance(cut, str) and math.isfinite(cut)})


def _whole(cuts: Iterable[Point], low: int | None, high: int | None) -> tuple[Region, ...]:
    """Whole numbers from `low` to `high`: each cut by itself, and what lies between."""
    result: list[Region] = []
    start = low
    for cut in _numbers(cuts):
        if (low is not None and cut < low) or (high is not None and cut > high):
            continue
        floor = int(cut // 1)
        last = floor - 1 if floor == cut else floor
        if start is None or start <= last:
            result.append(Region(last, start, last))
        if floor == cut:
            result.append(_single(floor))
        start = floor + 1
    if high is None or start is None or start <= high:
        result.append(Region(0 if start is None else start, start, high))
    return tuple(result)


def _dense(cuts: Iterable[Point], low: int | None) -> tuple[Region, ...]:
    """Numbers: each cut by itself, and the open stretches between them."""
    points = _numbers(cuts)
    if low is not None:
        points = [low, *(cut for cut in points if cut > low)]
    if not points:
        return (Region(0),)
    first = () if low is not None else (Region(points[0] - 1, None, points[0]),)
    result: list[Region] = [*first, _single(points[0])]
    for before, after in pairwise(points):
        result += [Region((before + after) / 2, before, after), _single(after)]
    return (*result, Region(points[-1] + 1, points[-1], None))
