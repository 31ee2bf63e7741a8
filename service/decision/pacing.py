"""When a step is due: its wait, what it counts from, and the window it falls into."""

from datetime import date, datetime, time

from service.decision.candidates import Candidate
from service.decision.changes import next_change
from service.decision.clock import opening
from service.decision.facts import Facts
from service.decision.prospect import Request
from service.decision.ready import Ready
from service.decision.reasoning import value
from service.decision.timing import Timing, schedule
from service.playbook.rules import Ref, Wait


def pace(
    ready: Ready,
    request: Request,
    facts: Facts,
    candidate: Candidate,
    held_until: datetime | None = None,
) -> Timing | None:
    """The timing of a candidate; None where it has none, or its window never opens.

    `stop` has no timing. `wait` is timed by when to ask again: at the end of its own wait, or
    sooner where the passing of time could change the answer; None where neither will be.
    """
    step, as_of = candidate.step, request.history.as_of
    if step.action == "stop":
        return None
    changes_at = next_change(ready.clockwork, facts, request.history, request.calendar)
    ready_at = as_of
    if step.wait is not None:
        ready_at = _end_of_wait(request, facts, step.wait, candidate)
    if step.action == "wait":
        moments = [moment for moment in (ready_at, changes_at) if moment and moment > as_of]
        if not moments:
            return None
        ready_at = min(moments)
    if held_until is not None:
        ready_at = max(ready_at, held_until)
    window = ready.ruleset.windows[step.window]
    return schedule(as_of, ready_at, window, request.calendar, changes_at)


def _end_of_wait(request: Request, facts: Facts, wait: Wait, candidate: Candidate) -> datetime:
    """Where there is nothing to wait after, as for whoever was never touched: at once."""
    anchor = _anchor(request, facts, wait, candidate)
    if anchor is None:
        return request.history.as_of
    amount = value(wait.amount, facts)
    count = int(amount) if isinstance(amount, int | float) else 0
    return request.calendar.after(anchor, count, wait.unit)


def _anchor(request: Request, facts: Facts, wait: Wait, candidate: Candidate) -> datetime | None:
    """The moment a wait counts from; None where there is no such moment."""
    history = request.history
    if isinstance(wait.after, Ref):
        return _moment_of(request, facts.get(wait.after.name))
    match wait.after:
        case "previous_step":
            play = candidate.play
            touch = history.progress(play)[1] if play and play.is_sequence else None
            return touch.at if touch else history.last_touch_at
        case "last_touch":
            return history.last_touch_at
        case "first_touch":
            return history.first_touch_at
        case "last_reply":
            return history.last_reply_at
    return history.as_of


def _moment_of(request: Request, moment: object) -> datetime | None:
    """The moment a fact holds; a date begins at midnight where the prospect is."""
    if isinstance(moment, datetime):
        return moment
    if isinstance(moment, date):
        return opening(datetime.combine(moment, time()), request.calendar.zone)
    return None
