"""A timeline: what a playbook would do, day by day, what is assumed to happen, and the end.

`forward` makes one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from service.decision.message import Message, Notice

Why = Literal[
    "stopped",
    "needs_data",
    "end_of_time",
    "nothing_to_wait_for",
    "too_many_touches",
    "too_many_decisions",
]


@dataclass(frozen=True)
class Assumption:
    """What happens after a step (the first is 1) of a timeline.

    So many days later the `outcome` comes in by the `channel` (None: the step's own), and
    `facts` change. Without an outcome only facts change.
    """

    after_step: int
    outcome: str | None = None
    channel: str | None = None
    days_later: int = 1
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One answer carried out: the touch, or the task where there is no channel.

    `day` counts days of the prospect's calendar, from 0. `rule` is empty where no play won,
    `step` is 0 outside sequences. `held` are the guards that had anything against it.
    """

    number: int
    at: datetime
    day: int
    action: str
    channel: str | None
    rule: str
    step: int
    message: Message | None
    because: str
    reason: str
    held: tuple[Mapping[str, object], ...]

    def to_json(self) -> dict[str, object]:
        """The form in a timeline's `entries`."""
        return {
            "number": self.number,
            "at": _written(self.at),
            "day": self.day,
            "action": self.action,
            "channel": self.channel,
            "rule": self.rule or None,
            "step": self.step or None,
            "message": None if self.message is None else self.message.to_json(),
            "because": self.because,
            "reason": self.reason,
            "held": [dict(verdict) for verdict in self.held],
        }


@dataclass(frozen=True)
class Happened:
    """An assumption come true."""

    at: datetime
    day: int
    assumption: Assumption
    channel: str | None

    def to_json(self) -> dict[str, object]:
        """The form in a timeline's `assumed`."""
        return {
            "after_step": self.assumption.after_step,
            "at": _written(self.at),
            "day": self.day,
            "outcome": self.assumption.outcome,
            "channel": self.channel,
            "facts": dict(self.assumption.facts),
        }


@dataclass(frozen=True)
class End:
    """Why a timeline goes no further, and the rule, the facts and the guards behind that."""

    why: Why
    at: datetime
    day: int
    rule: str
    because: str
    facts_needed: tuple[str, ...]
    held: tuple[Mapping[str, object], ...]

    def to_json(self) -> dict[str, object]:
        """The form in a timeline's `end`."""
        return {
            "why": self.why,
            "at": _written(self.at),
            "day": self.day,
            "rule": self.rule or None,
            "because": self.because,
            "facts_needed": list(self.facts_needed),
            "held": [dict(verdict) for verdict in self.held],
        }


@dataclass(frozen=True)
class Timeline:
    """A playbook played forward, in order; times are on the prospect's clock.

    `work` is what it cost, in the units of `forward.MOST_WORK`.
    """

    playbook: str
    digest: str
    prospect_id: str
    as_of: datetime
    until: datetime
    entries: tuple[Entry, ...]
    assumed: tuple[Happened, ...]
    end: End
    warnings: tuple[Notice, ...]
    work: int

    def to_json(self, version: int = 1) -> dict[str, object]:
        """The form in an answer's `timelines`; `version` is the playbook's."""
        return {
            "playbook": {"name": self.playbook, "version": version, "digest": self.digest},
            "entries": [entry.to_json() for entry in self.entries],
            "assumed": [happened.to_json() for happened in self.assumed],
            "end": self.end.to_json(),
            "warnings": [warning.to_json() for warning in self.warnings],
        }


def answer_of(timelines: Sequence[Timeline], versions: Sequence[int], days: int) -> dict[str, Any]:
    """The whole answer as JSON: some playbooks over the same days."""
    first = timelines[0]
    return {
        "prospect_id": first.prospect_id,
        "as_of": _written(first.as_of),
        "until": _written(first.until),
        "days": days,
        "timelines": [
            line.to_json(version) for line, version in zip(timelines, versions, strict=True)
        ],
    }


def assumption_of(item: Mapping[str, Any]) -> Assumption:
    """An assumption from the JSON of a request whose shape is right; null is as left out."""
    return Assumption(**{name: value for name, value in item.items() if value is not None})


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
