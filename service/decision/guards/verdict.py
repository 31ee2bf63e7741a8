"""What a guard says of a contact: go ahead, not before, not without knowing more, or not."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

Ruling = Literal["ALLOW", "HOLD_UNTIL", "NEEDS_DATA", "BAR"]
STRICTNESS: dict[Ruling, int] = {"ALLOW": 0, "HOLD_UNTIL": 1, "NEEDS_DATA": 2, "BAR": 3}


class Verdict(NamedTuple):
    """What one guard says of one contact, and why.

    `until` stands with HOLD_UNTIL alone: no date is told that may not come true. `facts` are
    those that NEEDS_DATA asks for. `turns_at` is when time alone makes the guard say something
    else; None where it is the facts that would have to change.
    """

    guard: str
    ruling: Ruling
    because: str
    until: datetime | None = None
    facts: tuple[str, ...] = ()
    citation: str | None = None
    turns_at: datetime | None = None

    def to_json(self) -> dict[str, object]:
        """The form in an answer's `explanation.policy`; `until` is in UTC."""
        return {
            "guard": self.guard,
            "verdict": self.ruling,
            "because": self.because,
            "until": None if self.until is None else self.until.isoformat(timespec="seconds"),
            "citation": self.citation,
        }


def strictest(found: Iterable[Verdict]) -> Verdict | None:
    """The verdict that decides, None where all allow; of several that hold, the longest."""
    against = [verdict for verdict in found if verdict.ruling != "ALLOW"]
    return max(against, key=_strictness) if against else None


def _strictness(verdict: Verdict) -> tuple[int, float]:
    return STRICTNESS[verdict.ruling], verdict.until.timestamp() if verdict.until else 0
