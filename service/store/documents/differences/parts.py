"""Anything in a playbook or a policy that can change, described in words, and a change of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Literal, NamedTuple

#: How an aspect reads in a sentence: `waits 7 days`, `` `attempts` at least 2``, a long text.
Form = Literal["verb", "test", "text"]
ChangeKind = Literal["added", "removed", "changed", "moved", "renamed"]
#: Where something stands says nothing about what it means.
_PLACES = frozenset({"place", "subject_place", "body_place", "line"})


class Aspect(NamedTuple):
    """What is said of a part: `waits`, the condition on `` `attempts` ``, its `reason`."""

    label: str
    form: Form = "verb"


Aspects = Mapping[Aspect, str]


@dataclass(frozen=True)
class Piece:
    """A row of a table, or a step of a sequence: known by its position only."""

    aspects: Aspects
    meaning: object
    line: int


@dataclass(frozen=True)
class Part:
    """Something with a name. `meaning` is all that it says: equal meanings are the same part.

    `sort` and `title` are what it is called: `play`, ``play `thank-you` ``. `pieces` are what
    it consists of, each called a `piece_name`.
    """

    sort: str
    name: str
    title: str
    aspects: Aspects
    meaning: object
    line: int | None = None
    pieces: tuple[Piece, ...] = ()
    piece_name: str = ""


@dataclass(frozen=True)
class Section:
    """Parts of one sort; `is_ordered` says whether their order means anything."""

    parts: tuple[Part, ...]
    is_ordered: bool = False


@dataclass(frozen=True)
class Change:
    """One thing that has changed.

    Attributes:
        kind: what became of it.
        part: the sort of part: `rule`, `table`, `play`, `template`, and so on.
        name: the part's name; of a part that has a new one, the old.
        what: what of the part; empty where it is the whole.
        before: what it said; None where it was not there.
        after: what it says; None where it is gone.
        line_before: the line of the part in the earlier text.
        line_after: the same in the later text.
        sentence: all this in words.
    """

    kind: ChangeKind
    part: str
    name: str
    what: str
    before: str | None
    after: str | None
    line_before: int | None
    line_after: int | None
    sentence: str

    def to_json(self) -> dict[str, object]:
        """Plain JSON."""
        return asdict(self)


def meaning(value: object) -> object:
    """A value without the places at which it was written, to be compared."""
    if is_dataclass(value) and not isinstance(value, type):
        found = (
            (each.name, meaning(getattr(value, each.name)))
            for each in fields(value)
            if each.name not in _PLACES
        )
        return (type(value).__name__, *found)
    if isinstance(value, Mapping):
        return tuple((key, meaning(each)) for key, each in value.items())
    if isinstance(value, tuple | list):
        return tuple(meaning(each) for each in value)
    return (type(value).__name__, value)  # to Python, True is 1
