"""The filters a template may use, as plain functions over values. None is what is missing.

Three differ from Liquid's own, for the sake of names and lists: `capitalize` leaves the other
letters as they are, `join` wants its separator, and what is missing passes through all of
them, so that a `default` may stand anywhere in the chain.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from service.playbook.messages.wording import shown

#: The most characters of a message, and of any text on the way to it.
LONGEST_OUTPUT = 20_000


class TemplateFault(Exception):  # noqa: N818 - `Fault` is the word for it in templates
    """A template that cannot be filled in; says why in plain words."""


@dataclass(frozen=True)
class Filter:
    """A filter, and how many values may stand after its colon."""

    apply: Callable[..., object]
    fewest: int = 0
    most: int = 0
    #: Whether nothing may come of something: the first of an empty list.
    may_lose: bool = False


def bounded(text: str) -> str:
    """The text itself. Raises TemplateFault if it is too long to go on with."""
    if len(text) > LONGEST_OUTPUT:
        raise TemplateFault(f"the text comes to more than {LONGEST_OUTPUT} characters")
    return text


def _given(argument: object) -> str:
    if argument is None:
        raise TemplateFault("a filter needs a value that is not known")
    return shown(argument)


def _of_text(change: Callable[..., str]) -> Callable[..., object]:
    """A filter that sees its value, and the values after its colon, as they read."""

    def apply(value: object, *arguments: object) -> object:
        if value is None:
            return None
        return bounded(change(bounded(shown(value)), *map(_given, arguments)))

    return apply


def _default(value: object, other: object) -> object:
    return other if value is None or value is False or value in ("", [], ()) else value


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def _whole(word: str) -> int:
    try:
        return max(int(word), 0)
    except ValueError:
        raise TemplateFault(f"`{word[:40]}` is not a whole number") from None


def _truncate(text: str, length: str, end: str = "...") -> str:
    most = _whole(length)
    return text if len(text) <= most else text[: max(most - len(end), 0)] + end


def _truncate_words(text: str, count: str, end: str = "...") -> str:
    words, most = text.split(), _whole(count)
    return text if len(words) <= most else " ".join(words[:most]) + end


def _replace(text: str, old: str, new: str) -> str:
    if len(text) + text.count(old) * len(new) > 2 * LONGEST_OUTPUT:
        raise TemplateFault(f"the text comes to more than {LONGEST_OUTPUT} characters")
    return text.replace(old, new)


def _join(value: object, separator: object) -> object:
    if not isinstance(value, list | tuple):
        return value
    return bounded(_given(separator).join(map(shown, value)))


def _first(value: object) -> object:
    return value[0] if isinstance(value, list | tuple) and value else None


def _last(value: object) -> object:
    return value[-1] if isinstance(value, list | tuple) and value else None


def _size(value: object) -> object:
    if value is None:
        return None
    return len(value if isinstance(value, list | tuple) else shown(value))


FILTERS: Mapping[str, Filter] = MappingProxyType(
    {
        "default": Filter(_default, 1, 1),
        "capitalize": Filter(_of_text(_capitalize)),
        "upcase": Filter(_of_text(str.upper)),
        "downcase": Filter(_of_text(str.lower)),
        "strip": Filter(_of_text(str.strip)),
        "truncate": Filter(_of_text(_truncate), 1, 2),
        "truncatewords": Filter(_of_text(_truncate_words), 1, 2),
        "replace": Filter(_of_text(_replace), 2, 2),
        "join": Filter(_join, 1, 1),
        "first": Filter(_first, may_lose=True),
        "last": Filter(_last, may_lose=True),
        "size": Filter(_size),
    }
)
