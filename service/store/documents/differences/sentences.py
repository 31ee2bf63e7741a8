"""Changes in words."""

from dataclasses import dataclass

from service.store.documents.differences.parts import Aspect, Change, ChangeKind, Part

#: Of a long text, so many words are shown round what has changed, and so many characters.
_AROUND = 3
_MOST = 120


@dataclass(frozen=True)
class Subject:
    """What a sentence is about: a part, or a piece of it, in both versions."""

    before: Part | None
    after: Part | None
    title: str

    def change(
        self, kind: ChangeKind, sentence: str, what: str = "",
        values: tuple[str | None, str | None] = (None, None),
    ) -> Change:  # fmt: skip
        """A change of it; `sentence` goes on after the title."""
        part = self.before or self.after
        return Change(
            kind,
            part.sort if part else "",
            part.name if part else "",
            what,
            *values,
            self.before.line if self.before else None,
            self.after.line if self.after else None,
            f"{self.title}{sentence}",
        )

    def added(self) -> Change:
        """It is new."""
        return self.change("added", " is new")

    def removed(self) -> Change:
        """It is gone."""
        return self.change("removed", " is gone")

    def renamed(self, name: str) -> Change:
        """It has another name, and is the same otherwise."""
        part = self.before or self.after
        old = part.name if part else ""
        return self.change("renamed", f" is called `{name}` now", "name", (old, name))

    def moved(self, before: str, after: str) -> Change:
        """It stands elsewhere in an order that means something."""
        return self.change("moved", f" now stands {after}, not {before}", "order", (before, after))

    def otherwise(self) -> Change:
        """It has changed in a way that its aspects do not show."""
        return self.change("changed", " has changed")

    def aspect(self, aspect: Aspect, before: str | None, after: str | None) -> Change:
        """One aspect of it is another, new or gone."""
        sentence = _SENTENCES[aspect.form](aspect.label, before, after)
        return self.change("changed", sentence, aspect.label, (before, after))


def _verb(label: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f" now {label} {_shown(after)}"
    if after is None:
        return f" no longer {label} {_shown(before)}"
    return f" {label} {_from_to(before, after)}"


def _test(label: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f" now asks for {label} {_shown(after)}"
    if after is None:
        return f" no longer asks for {label} {_shown(before)}"
    return f": {label} {_from_to(before, after)}"


def _text(label: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f" now has {label} (“{_shown(after)}”)"
    if after is None:
        return f" no longer has {label} (“{_shown(before)}”)"
    old, new = excerpts(before, after)
    return f": {label} has changed (“{old}” → “{new}”)"


_SENTENCES = {"verb": _verb, "test": _test, "text": _text}


def _from_to(before: str, after: str) -> str:
    if len(before) > _MOST or len(after) > _MOST:
        before, after = excerpts(before, after)
    return f"{before} → {after}"


def _shown(text: str | None) -> str:
    words = " ".join((text or "").split())
    return words if len(words) <= _MOST else words[: _MOST - 1] + "…"


def excerpts(before: str, after: str) -> tuple[str, str]:
    """Of two texts, the words that differ and a few round them."""
    old, new = before.split(), after.split()
    if old == new:  # only blanks and line breaks differ
        return _shown(repr(before)), _shown(repr(after))
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    return _excerpt(old, first, last), _excerpt(new, first, last)


def _excerpt(words: list[str], first: int, last: int) -> str:
    begin, end = max(0, first - _AROUND), min(len(words), len(words) - last + _AROUND)
    text = " ".join(words[begin:end])
    if len(text) > _MOST:
        text, end = text[: _MOST - 1], 0
    return f"{'…' if begin else ''}{text}{'…' if end < len(words) else ''}"
