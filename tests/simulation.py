"""Prospects who never say a word: a playbook's answers carried out, one after the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from service.decision import Decision, Ready, decide, make_ready, read_request
from service.playbook import load
from tests.policies import SHIPPED

PLAYBOOKS = Path(__file__).parent.parent / "playbooks"
#: When a simulation begins, unless told otherwise: a Monday morning in Chicago.
START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
SILENCE = timedelta(days=3 * 365)
#: The most answers that a simulation asks for; a playbook that needs more goes in circles.
_MOST_ANSWERS = 5_000
_CONTACTS_NOBODY = ("wait", "ask_for_data")


@dataclass(frozen=True)
class Sent:
    """One answer carried out. `at` is in UTC; an internal task has no channel."""

    at: datetime
    action: str
    channel: str | None
    template: str | None
    rule: str
    because: str


@cache
def ready(playbook: str) -> Ready:
    """A shipped playbook, by name, ready for decisions. Any diagnostic at all fails."""
    loaded = load((PLAYBOOKS / f"{playbook}.yaml").read_text(encoding="utf-8"))
    assert loaded.diagnostics == ()
    assert loaded.ruleset is not None
    return make_ready(loaded.ruleset)


def silence(
    playbook: str,
    facts: Mapping[str, Any] | None = None,
    history: Iterable[Mapping[str, Any]] = (),
    *,
    start: datetime = START,
    lasting: timedelta = SILENCE,
    asked_daily: bool = False,
) -> tuple[list[Sent], Decision]:
    """What goes out to a prospect who stays silent from `start` on, and the last answer.

    Each answer is carried out when it is due, and the next is asked for at that moment. Where
    it is `asked_daily`, an answer is asked for every day and carried out only once it is due,
    so that it can still change its mind. `history` holds touches as requests do; see `ago`.
    Ends at `stop`, or where an answer has nothing to wait for.
    """
    book, touches = ready(playbook), list(history)
    now, end = start, start + lasting
    sent: list[Sent] = []
    for _ in range(_MOST_ANSWERS):
        decision = answer(book, facts or {}, touches, now)
        due = None if decision.timing is None else decision.timing.due.astimezone(UTC)
        if due is None or (decision.action in _CONTACTS_NOBODY and due <= now):
            return sent, decision
        then = min(due, now + timedelta(days=1)) if asked_daily else due
        if then >= end:
            return sent, decision
        contacts = decision.action not in _CONTACTS_NOBODY
        if contacts and (due <= now or not asked_daily):
            sent.append(_carried_out(decision, due))
            touches.append(_touch(sent[-1]))
        now = then
    message = f"{playbook} goes in circles: {sent[-3:]}"
    raise AssertionError(message)


def answer(
    book: Ready, facts: Mapping[str, Any], history: Sequence[Mapping[str, Any]], now: datetime
) -> Decision:
    """The answer of a playbook at one moment."""
    body = {
        "prospect": {"id": "p-1", **facts},
        "history": list(history),
        "as_of": now.isoformat(),
    }
    return decide(book, SHIPPED, read_request(body, book, now))


def ago(days: float, channel: str, action: str | None = None, **more: str) -> dict[str, Any]:
    """A touch that many days before `START`; without an action it came from the prospect."""
    at = (START - timedelta(days=days)).isoformat()
    if action is None:
        return {"at": at, "direction": "inbound", "channel": channel, **more}
    return {"at": at, "direction": "outbound", "channel": channel, "action": action, **more}


def gaps(sent: Sequence[Sent]) -> list[float]:
    """The days from each touch to the next."""
    return [(b.at - a.at) / timedelta(days=1) for a, b in pairwise(sent)]


def _carried_out(decision: Decision, at: datetime) -> Sent:
    template = None if decision.message is None else decision.message.template
    return Sent(at, decision.action, decision.channel, template, decision.rule, decision.because)


def _touch(sent: Sent) -> dict[str, Any]:
    touch = {
        "at": sent.at.isoformat(),
        "direction": "outbound",
        "channel": sent.channel,
        "action": sent.action,
        "template": sent.template,
        "outcome": "no_answer" if sent.channel == "phone" else "sent",
    }
    return {name: value for name, value in touch.items() if value is not None}
