"""What is wrong with a playbook, where, and what to do about it.

A mistake in a playbook is a value, not an exception: everything wrong is shown at once,
sorted by place. Messages are lower case, without a final full stop, and name the user's
own words in backticks; the hint says what to do.
"""

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Place:
    """A position in a text; lines and columns count from 1."""

    line: int
    column: int


START = Place(1, 1)


@dataclass(frozen=True)
class Diagnostic:
    """One mistake or doubt: a stable kebab-case code, plain words, a place and a hint."""

    code: str
    message: str
    place: Place = START
    hint: str = ""
    severity: Severity = "error"

    def to_json(self) -> dict[str, object]:
        """The form that the service and `unghost check --format json` give."""
        fields = asdict(self)
        place = fields.pop("place")
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "line": place["line"],
            "column": place["column"],
            "hint": self.hint,
        }


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each diagnostic once, by place, then code, then message."""
    return tuple(sorted(set(diagnostics), key=lambda d: (d.place, d.code, d.message)))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether anything there keeps the playbook from being used."""
    return any(d.severity == "error" for d in diagnostics)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint with the nearest known word, or the known words where they are few."""
    choices = sorted(known)
    near = [
        *difflib.get_close_matches(word, choices, n=1, cutoff=0.6),
        *difflib.get_close_matches(word.lower(), choices, n=1, cutoff=0.6),
    ]
    if near:
        return f"did you mean `{near[0]}`?"
    if 0 < len(choices) <= 12:  # noqa: PLR2004 - more than a dozen words is no help
        return "one of: " + ", ".join(f"`{choice}`" for choice in choices)
    return ""
