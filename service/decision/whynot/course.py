"""When a play comes up: while the doctrine is carried out in silence, and by time alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from service.decision.answer import Decision
from service.decision.changes import next_change
from service.decision.forward import MOST_DAYS, play_forward
from service.decision.history import History
from service.decision.prospect import Request
from service.decision.ready import Ready
from service.decision.whynot.again import Again, Spent
from service.playbook.values import read_instant


class Won(NamedTuple):
    """The first moment at which a play wins; `due` is when its step is, `touches` went before."""

    at: datetime
    due: datetime | None
    touches: int


class Course(NamedTuple):
    """When each play first wins, by its name.

    `end` is None where that was not followed to its end, else it says why there was no more.
    """

    won: Mapping[str, Won]
    end: str | None


#: Nobody waits for what comes after so many touches, and each costs more than the one before.
MOST_TOUCHES = 200
_TOO_FAR = f"{MOST_DAYS:,} days go by without it"
_ENDS = {
    "stopped": "the playbook stops before",
    "needs_data": "the playbook asks for data before, and goes no further",
    "nothing_to_wait_for": "nothing more happens before",
    "end_of_time": _TOO_FAR,
    "too_many_touches": f"more than {MOST_TOUCHES} touches go out before",
}


def carried_out(ready: Ready, body: Mapping[str, Any], request: Request, again: Again) -> Course:
    """Carry out what the playbook says while the prospect stays silent.

    For up to 1,100 days and 200 touches.
    """
    won: dict[str, Won] = {}
    reached = len(request.history.reached)

    def watched(asked: Request) -> Decision:
        decision = again(asked)
        history = asked.history
        _note(won, decision, history.as_of, len(history.reached) - reached)
        return decision

    past = [item for item in body["history"] if _is_past(item, request.history.as_of)]
    told = {**body, "history": past, "as_of": request.history.as_of.isoformat()}
    try:
        line = play_forward(
            ready,
            watched,
            told,
            request.history.as_of,
            days=MOST_DAYS,
            most_touches=MOST_TOUCHES,
        )
    except Spent:
        return Course(won, None)
    return Course(won, _ENDS.get(line.end.why))


def by_time_alone(ready: Ready, request: Request, decision: Decision, again: Again) -> Course:
    """Let time pass and do nothing, for up to 1,100 days."""
    won: dict[str, Won] = {}
    history = request.history
    until = history.as_of + timedelta(days=MOST_DAYS)
    now = history.as_of
    while True:
        moment = _next(ready, decision, History(history.touches, now), request)
        if moment is None:
            return Course(won, "nothing more changes by itself")
        if moment > until:
            return Course(won, _TOO_FAR)
        now = moment
        try:
            decision = again(replace(request, history=History(history.touches, now), as_of=now))
        except Spent:
            return Course(won, None)
        _note(won, decision, now, 0)


def _next(ready: Ready, decision: Decision, history: History, request: Request) -> datetime | None:
    """When the answer may next be another."""
    change = next_change(ready.clockwork, dict(decision.facts), history, request.calendar)
    expires = decision.timing.expires.astimezone(UTC) if decision.timing else None
    moments = [at for at in (change, expires) if at is not None and at > history.as_of]
    return min(moments, default=None)


def _note(won: dict[str, Won], decision: Decision, at: datetime, touches: int) -> None:
    due = None if decision.timing is None else decision.timing.due
    won.setdefault(decision.rule, Won(at, due, touches))


def _is_past(item: Mapping[str, Any], as_of: datetime) -> bool:
    at = read_instant(item["at"])
    return at is not None and at <= as_of
