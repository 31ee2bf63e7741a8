"""Everyday slips of the pen, told by the text alone: signs for words, a `$` left out, a comma."""

import re
from collections.abc import Container, Sequence

from service.playbook.text.source import shortened

#: Words from elsewhere for the words of conditions.
SYNONYMS = {"or": "any", "either": "any", "and": "all", "both": "all"}
_WORDS_FOR_SIGNS = {
    ">=": "at_least",
    "=>": "at_least",
    ">": "more_than",
    "<=": "at_most",
    "=<": "at_most",
    "<": "less_than",
    "==": "is",
    "=": "is",
    "!=": "not",
    "<>": "not",
}
_COMPARISON = re.compile(r"(>=|=>|<=|=<|==|!=|<>|>|<|=)\s*(-?[\w$][\w.-]*)")


def comparison(text: object) -> str:
    """How to write a comparison that begins the text: `>= 3` is `{at_least: 3}`; else empty."""
    found = _COMPARISON.match(text) if isinstance(text, str) else None
    return f"write `{{{_WORDS_FOR_SIGNS[found[1]]}: {found[2]}}}`" if found else ""


def reference(text: object, names: Container[str]) -> str:
    """How to write the name of a fact or parameter where its value is meant; else empty."""
    return f"did you mean `${text}`?" if isinstance(text, str) and text in names else ""


def cut_off(names: Sequence[str], values: Sequence[object], name: str) -> str:
    """How to keep the text in one piece that a comma before `name` has cut.

    `names` and `values` are the group's, in order; the pieces stand there as names without
    a value.
    """
    last = first = names.index(name)
    while first and values[first] is None:
        first -= 1
    while last + 1 < len(names) and values[last + 1] is None:
        last += 1
    hint = f"a comma ends a text without quotes; put quotes round all of it, if `{name}` belongs"
    if not isinstance(values[first], str):
        return f"{hint} to one"
    whole = ", ".join((str(values[first]), *names[first + 1 : last + 1]))
    return f'put quotes round a text with a comma: `{names[first]}: "{shortened(whole)}"`'
