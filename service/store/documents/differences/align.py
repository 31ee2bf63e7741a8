"""Which parts of two versions belong together, and how each has changed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from service.store.documents.differences.parts import Aspects, Change, Part, Piece, Section
from service.store.documents.differences.sentences import Subject


def changes(before: Sequence[Section], after: Sequence[Section]) -> tuple[Change, ...]:
    """What has changed, section by section; two versions have the same sections."""
    return tuple(
        change for one, other in zip(before, after, strict=True) for change in _section(one, other)
    )


def _section(before: Section, after: Section) -> Iterator[Change]:
    old = {part.name: part for part in _distinct(before.parts)}
    new = {part.name: part for part in _distinct(after.parts)}
    renamed = _renamed(old, new)
    for name, part in old.items():
        if name in renamed:
            other = new[renamed[name]]
            yield Subject(part, other, part.title).renamed(other.name)
        elif name not in new:
            yield Subject(part, None, part.title).removed()
    for name, part in new.items():
        if name in old:
            yield from _part(old[name], part)
        elif name not in renamed.values():
            yield Subject(None, part, part.title).added()
    if before.is_ordered:
        yield from _moved(old, new)


def _distinct(parts: Sequence[Part]) -> Iterator[Part]:
    """The parts, each with a name of its own: of two with one name the second is `name (2)`."""
    seen: Counter[str] = Counter()
    for part in parts:
        seen[part.name] += 1
        if seen[part.name] == 1:
            yield part
        else:
            name = f"{part.name} ({seen[part.name]})"
            yield replace(part, name=name, title=f"{part.sort} `{name}`")


def _renamed(old: dict[str, Part], new: dict[str, Part]) -> dict[str, str]:
    """The old and new names of parts that are the same but for the name."""
    gone = [part for name, part in old.items() if name not in new]
    come = [part for name, part in new.items() if name not in old]
    found: dict[str, str] = {}
    for part in gone:
        same = [other for other in come if other.meaning == part.meaning and part.aspects]
        if len(same) == 1:
            found[part.name] = same[0].name
            come.remove(same[0])
    return found


def _moved(old: dict[str, Part], new: dict[str, Part]) -> Iterator[Change]:
    """Parts of both versions that stand at another place among each other."""
    were = [name for name in old if name in new]
    are = [name for name in new if name in old]
    kept = _kept(were, are)
    for name in are:
        if name not in kept:
            subject = Subject(old[name], new[name], new[name].title)
            yield subject.moved(_place(name, were), _place(name, are))


def _kept(were: Sequence[str], are: Sequence[str]) -> set[str]:
    blocks = SequenceMatcher(None, were, are, autojunk=False).get_matching_blocks()
    return {name for block in blocks for name in were[block.a : block.a + block.size]}


def _place(name: str, names: Sequence[str]) -> str:
    place = names.index(name)
    return f"after `{names[place - 1]}`" if place else "first"


# ---- one part -----------------------------------------------------------------------


def _part(before: Part, after: Part) -> Iterator[Change]:
    if before.meaning == after.meaning:
        return
    subject = Subject(before, after, after.title)
    found = [*_aspects(subject, before.aspects, after.aspects), *_pieces(before, after)]
    yield from found or [subject.otherwise()]


def _aspects(subject: Subject, before: Aspects, after: Aspects) -> Iterator[Change]:
    for aspect in dict.fromkeys((*before, *after)):
        old, new = before.get(aspect), after.get(aspect)
        if old != new:
            yield subject.aspect(aspect, old, new)


# ---- its rows or steps --------------------------------------------------------------


def _pieces(before: Part, after: Part) -> Iterator[Change]:
    pairs, gone, come = _matched(before.pieces, after.pieces)
    yield from _all_alike(before, after, pairs) or (
        change for one, other in pairs for change in _piece(before, after, one, other)
    )
    for number in list(gone):
        same = [n for n in come if before.pieces[number].meaning == after.pieces[n].meaning]
        if same:
            gone.remove(number)
            come.remove(same[0])
            subject = Subject(before, after, _piece_title(before, number))
            was, now = _nth(before, number), _nth(after, same[0])
            yield subject.change("moved", f" is {now} now", "order", (was, now))
    for number in gone:
        subject = Subject(before, after, _piece_title(before, number))
        yield subject.change("removed", f" is gone: {_described(before.pieces[number])}")
    for number in come:
        subject = Subject(before, after, _piece_title(after, number))
        yield subject.change("added", f" is new: {_described(after.pieces[number])}")


def _matched(
    old: Sequence[Piece], new: Sequence[Piece]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """The pieces that have changed, in pairs; those that are gone; those that are new."""
    pairs: list[tuple[int, int]] = []
    were, are = ([repr(piece.meaning) for piece in pieces] for pieces in (old, new))
    matcher = SequenceMatcher(None, were, are, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "replace" and b - a == d - c:
            pairs += zip(range(a, b), range(c, d), strict=True)
        elif tag == "replace":
            rest = list(range(c, d))
            for one in range(a, b):
                like = [other for other in rest if _are_alike(old[one], new[other])]
                pairs += [(one, other) for other in like[:1]]
                rest = [other for other in rest if other not in like[:1]]
    equal = matcher.get_matching_blocks()
    known = {block.a + i for block in equal for i in range(block.size)} | {a for a, _ in pairs}
    met = {block.b + i for block in equal for i in range(block.size)} | {b for _, b in pairs}
    gone = [number for number in range(len(old)) if number not in known]
    return pairs, gone, [number for number in range(len(new)) if number not in met]


def _are_alike(old: Piece, new: Piece) -> bool:
    """Whether most of what is said of two pieces is the same."""
    same = sum(new.aspects.get(aspect) == words for aspect, words in old.aspects.items())
    return 2 * same > max(len(old.aspects), len(new.aspects))


def _piece(before: Part, after: Part, one: int, other: int) -> Iterator[Change]:
    subject = Subject(before, after, _piece_title(after, other))
    old, new = before.pieces[one], after.pieces[other]
    yield from list(_aspects(subject, old.aspects, new.aspects)) or [subject.otherwise()]


def _all_alike(before: Part, after: Part, pairs: list[tuple[int, int]]) -> list[Change]:
    """The changes of every piece, told once, where all of them have changed alike."""
    if not len(before.pieces) == len(after.pieces) == len(pairs) > 1:
        return []
    subject = Subject(before, after, f"every {after.piece_name} of `{after.name}`")
    told = [
        tuple(_aspects(subject, before.pieces[one].aspects, after.pieces[other].aspects))
        for one, other in pairs
    ]
    return list(told[0]) if len(set(told)) == 1 else []


def _piece_title(part: Part, number: int) -> str:
    if not part.piece_name:  # a play of one step is called as its step is
        return part.title
    return f"{part.piece_name} {number + 1} of `{part.name}`"


def _nth(part: Part, number: int) -> str:
    return f"{part.piece_name} {number + 1}"


def _described(piece: Piece) -> str:
    return ", ".join(f"{aspect.label} {words}" for aspect, words in piece.aspects.items())
