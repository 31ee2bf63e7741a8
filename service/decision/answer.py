"""A decision: the answer to one request, in the words of the contract."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from service.decision.guards.judge import Judged
from service.decision.guards.verdict import Verdict
from service.decision.message import Message, Notice
from service.decision.timing import Timing

Reason = Literal["MATCHED", "FALLBACK", "HELD", "STOPPED", "NEEDS_DATA"]


class Alternative(NamedTuple):
    """A play that fired and was not chosen, and what it lost to.

    `judged` is what the contact policy says of it where that turned it away.
    """

    rule: str
    action: str
    because: str
    lost_to: str
    judged: Judged | None = None

    def to_json(self) -> dict[str, str]:
        """The form in an answer's `explanation.alternatives`."""
        return {
            "rule": self.rule,
            "action": self.action,
            "because": self.because,
            "lost_to": self.lost_to,
        }


class Decision(NamedTuple):
    """The next action for one prospect, with its reasons.

    `rule` is the play that won (empty: none), `step` its step's number from 1 (0: no
    sequence). `rules`, `policy`, `alternatives` and `unknown_facts` explain it. `facts` is all
    that was known or concluded.
    """

    prospect_id: str
    as_of: str
    action: str
    channel: str | None
    timing: Timing | None
    message: Message | None
    checklist: tuple[str, ...]
    facts_needed: tuple[str, ...]
    reason: Reason
    because: str
    rule: str
    step: int
    rules: Sequence[Any]
    policy: tuple[Verdict, ...]
    alternatives: tuple[Alternative, ...]
    unknown_facts: Sequence[str]
    playbook: str
    digest: str
    warnings: tuple[Notice, ...]
    facts: Mapping[str, object]

    def to_json(self, version: int = 1) -> dict[str, Any]:
        """The answer as JSON, but for its `decision_id`; `version` is the playbook's."""
        return {
            "prospect_id": self.prospect_id,
            "as_of": self.as_of,
            "action": self.action,
            "channel": self.channel,
            "timing": None if self.timing is None else self.timing.to_json(),
            "message": None if self.message is None else self.message.to_json(),
            "checklist": list(self.checklist),
            "facts_needed": list(self.facts_needed),
            "reason": self.reason,
            "because": self.because,
            "explanation": {
                "rules": list(self.rules),
                "policy": [verdict.to_json() for verdict in self.policy],
                "alternatives": [lost.to_json() for lost in self.alternatives],
                "unknown_facts": list(self.unknown_facts),
            },
            "playbook": {"name": self.playbook, "version": version, "digest": self.digest},
            "experiment": None,
            "warnings": [warning.to_json() for warning in self.warnings],
        }
