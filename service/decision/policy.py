"""The contact policy: what no playbook can loosen.

Every guard looks at every candidate and says what it holds of it; nothing is cut short, so
that an answer can tell everything that stood in its way. The strictest verdict wins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.decision.prospect import Request
from service.playbook.rules import Step

Ruling = Literal["ALLOW", "HOLD_UNTIL", "NEEDS_DATA", "BAR"]
_STRICTNESS: tuple[Ruling, ...] = ("ALLOW", "HOLD_UNTIL", "NEEDS_DATA", "BAR")
#: Channels that reach a person at once, at whatever hour it is where they are.
_NEEDS_ZONE = frozenset({"phone", "voicemail", "text"})


@dataclass(frozen=True)
class Verdict:
    """What one guard says of one candidate; `facts` are those it would need."""

    guard: str
    ruling: Ruling
    because: str
    until: datetime | None = None
    facts: tuple[str, ...] = ()
    citation: str | None = None

    def to_json(self) -> dict[str, object]:
        """The form in an answer's `explanation.policy`."""
        return {
            "guard": self.guard,
            "verdict": self.ruling,
            "because": self.because,
            "until": None if self.until is None else self.until.isoformat(timespec="seconds"),
            "citation": self.citation,
        }


def opted_out(request: Request) -> Verdict:
    """Whether anyone may contact the prospect at all: a request to stop ends everything."""
    touch = request.history.opt_out
    if request.given.get("opted_out") is True:
        return Verdict("opt-out", "BAR", "The prospect asked for no more contact.")
    if touch is not None:
        on = touch.at.date().isoformat()
        return Verdict("opt-out", "BAR", f"The prospect asked for no more contact on {on}.")
    return Verdict("opt-out", "ALLOW", "The prospect has not asked us to stop.")


def verdicts(step: Step, request: Request, exit_: Verdict) -> tuple[Verdict, ...]:
    """What every guard says of a step; `exit_` is what `opted_out` says of the prospect.

    A step without a channel contacts nobody.
    """
    if step.channel is None:
        return ()
    return (exit_, _channel_open(step.channel, request), _hours(step.channel, request))


def _channel_open(channel: str, request: Request) -> Verdict:
    closed = request.given.get("opted_out_channels")
    if isinstance(closed, tuple) and channel in closed:
        return Verdict("channel-opt-out", "BAR", f"The prospect asked for no contact by {channel}.")
    return Verdict("channel-opt-out", "ALLOW", f"The prospect has not closed {channel}.")


def _hours(channel: str, request: Request) -> Verdict:
    if channel in _NEEDS_ZONE and request.calendar.zone is None:
        return Verdict(
            "time-zone",
            "NEEDS_DATA",
            f"Nobody knows what time it is where the prospect is, so not by {channel}.",
            facts=("time_zone",),
        )
    return Verdict("time-zone", "ALLOW", f"The hour is known, or does not matter, for {channel}.")


def strictest(found: Iterable[Verdict]) -> Verdict | None:
    """The verdict that decides; of several that hold, the one that holds longest."""
    return max(
        found,
        key=lambda v: (_STRICTNESS.index(v.ruling), v.until.timestamp() if v.until else 0),
        default=None,
    )
