"""The parameters of an address: each one known, there once, and as it should be."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from service.playbook.values import TYPE_WORDS, read_instant
from service.store.ledger.pages import MOST
from service.web.exchange import current_exchange
from service.web.problems import InvalidBody
from service.web.requests import MAX_MISTAKES, Mistake

#: Gives the value that a text means. Raises ValueError, with what it must be in plain words.
Reader = Callable[[str], object]

_LONGEST_NUMBER = 18


def read_query(readers: Mapping[str, Reader]) -> dict[str, Any]:
    """The values of the parameters that the current request has, by name.

    Raises:
        InvalidBody: one is not among `readers`, comes twice, or has no fitting value.
    """
    found: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for name, texts in current_exchange().args.lists():
        try:
            found[name] = _one(name, texts, readers)
        except ValueError as error:
            mistakes.append(Mistake(f"?{name[:100]}", str(error)))
    if mistakes:
        raise InvalidBody(*mistakes[:MAX_MISTAKES])
    return found


def _one(name: str, texts: list[str], readers: Mapping[str, Reader]) -> object:
    if name not in readers:
        known = ", ".join(f"`{each}`" for each in readers)
        raise ValueError(f"is not a parameter here; there are {known}")
    if len(texts) > 1:
        raise ValueError("is there more than once")
    return readers[name](texts[0])


def short_text(longest: int) -> Reader:
    """A text that is not empty; characters that nobody sees are none of it."""

    def read(text: str) -> str:
        if not 1 <= len(text) <= longest or not text.isprintable():
            raise ValueError(f"must be 1 to {longest} printable characters")
        return text

    return read


def an_id(longest: int) -> Reader:
    """Somebody else's id: whatever it holds."""

    def read(text: str) -> str:
        if not 1 <= len(text) <= longest:
            raise ValueError(f"must have 1 to {longest} characters")
        return text

    return read


def one_of(words: tuple[str, ...]) -> Reader:
    """One of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of: {', '.join(words)}")
        return text

    return read


def whole_number(smallest: int, largest: int | None = None) -> Reader:
    """A whole number of decimal digits, with bounds that belong to it."""
    bounds = f"of at least {smallest}" if largest is None else f"from {smallest} to {largest}"

    def read(text: str) -> int:
        digits = re.fullmatch(f"[0-9]{{1,{_LONGEST_NUMBER}}}", text)
        if digits is None or int(text) < smallest or (largest is not None and int(text) > largest):
            raise ValueError(f"must be a whole number {bounds}")
        return int(text)

    return read


def moment(text: str) -> datetime:
    """A moment as RFC 3339 has it."""
    found = read_instant(text)
    if found is None:
        raise ValueError(f"must be {TYPE_WORDS['instant']}, with an offset; write `+` as `%2B`")
    return found


LIMIT = whole_number(1, MOST)
#: What every list takes whose pages have cursors.
PAGES: Mapping[str, Reader] = {"since": moment, "until": moment, "cursor": str, "limit": LIMIT}
