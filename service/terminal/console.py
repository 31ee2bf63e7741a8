"""Text on a terminal: shown as it is, and nothing in it obeyed."""

import json

from rich.console import Console

from service.playbook.text.source import UNPRINTABLE


def terminal(*, stderr: bool = False) -> Console:
    """A console that shows text as it is: nobody's brackets or colons become markup."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def plain(value: object) -> str:
    """Any value in words for a person; what a terminal would obey is made harmless."""
    match value:
        case None:
            words = "nothing"
        case bool():
            words = "yes" if value else "no"
        case str():
            words = value
        case list() | tuple():
            words = ", ".join(plain(each) for each in value) or "none"
        case _:
            words = json.dumps(value, ensure_ascii=False, default=str)
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", words)


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
