"""When a play comes up: while the doctrine is carried out in silence, and by time alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from service.decision.answer import Decision
from service.decision.changes import next_change
from service.decision.forward import MOST_DAYS, play_forward
from service.decision.history import History
from service.decision.prospect import Request
from service.decision.ready import Ready
from service.decision.timeline import End
from service.decision.whynot.again import Again, Spent
from service.playbook.values import read_instant


class Won(NamedTuple):
    """The first moment at which a play wins; `due` is when its step is, `touches` went before."""

    at: datetime
    due: datetime | None
    touches: int


class Course(NamedTuple):
    """When each play first wins, by its name.

    `end` says in words why there was no more, None where that was not followed to its end.
    """

    won: Mapping[str, Won]
    end: str | None


#: Nobody waits for what comes after so many touches, and each costs more than the one before.
MOST_TOUCHES = 200
_TOO_FAR = f"{MOST_DAYS:,} days go by without it"


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

    as_of = request.history.as_of
    past = {
        name: [touch for touch in body.get(name) or () if _is_past(touch, as_of)]
        for name in ("history", "account_history")
    }
    told = {**body, **past, "as_of": as_of.isoformat()}
    try:
        line = play_forward(
            ready,
            watched,
            told,
            as_of,
            days=MOST_DAYS,
            most_touches=MOST_TOUCHES,
        )
    except Spent:
        return Course(won, None)
    return Course(won, _in_words(line.end))


def _in_words(end: End) -> str | None:
    """Why a timeline goes no further."""
    on = f"{end.at:%Y-%m-%d}"
    match end.why:
        case "stopped":
            ours = "the contact policy" if end.held else "`otherwise`"
            return f"{f'`{end.rule}`' if end.rule else ours} ends it on {on}"
        case "needs_data":
            return f"from {on} on somebody has to find out {_listed(end.facts_needed)} first"
        case "nothing_to_wait_for":
            return f"from {on} on nothing more happens"
        case "end_of_time":
            return _TOO_FAR
        case "too_many_touches":
            return f"more than {MOST_TOUCHES} touches go out before"
    return None


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names) or "more"


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
    turned_away = (lost.judged.turns_at for lost in decision.alternatives if lost.judged)
    moments = [at for at in (change, expires, *turned_away) if at and at > history.as_of]
    return min(moments, default=None)


def _note(won: dict[str, Won], decision: Decision, at: datetime, touches: int) -> None:
    due = None if decision.timing is None else decision.timing.due
    won.setdefault(decision.rule, Won(at, due, touches))


def _is_past(item: Mapping[str, Any], as_of: datetime) -> bool:
    at = read_instant(item["at"])
    return at is not None and at <= as_of
