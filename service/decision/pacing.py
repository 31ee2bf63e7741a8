"""From when on a step could be done: its wait, and what it counts from."""

from datetime import date, datetime

from service.decision.absence import absence, end_of_wait
from service.decision.candidates import Candidate
from service.decision.facts import Facts
from service.decision.landing import landed
from service.decision.prospect import Request
from service.decision.ready import Ready
from service.decision.reasoning import value
from service.playbook.rules import Ref, Wait, Window


def ready_at(
    ready: Ready,
    request: Request,
    facts: Facts,
    candidate: Candidate,
    changes_at: datetime | None,
) -> datetime | None:
    """From when on a step could be done, perhaps past; None where it has no time.

    `stop` has none. `wait` is timed by when to ask again: at the end of its own wait, or at
    `changes_at`, where the passing of time could change the answer sooner; it has no time
    where neither will be.
    """
    step, as_of = candidate.step, request.history.as_of
    if step.action == "stop":
        return None
    end = as_of
    if step.wait is not None:
        window = ready.ruleset.windows[step.window]
        end = _end_of_wait(request, facts, step.wait, window, candidate)
    if step.action == "wait":
        return min((m for m in (end, changes_at) if m and m > as_of), default=None)
    return end


def _end_of_wait(
    request: Request, facts: Facts, wait: Wait, window: Window, candidate: Candidate
) -> datetime:
    """Where there is nothing to wait after, as for whoever was never touched: at once."""
    anchor = _anchor(request, facts, wait, candidate)
    if anchor is None:
        return request.history.as_of
    amount = value(wait.amount, facts)
    count = int(amount) if isinstance(amount, int | float) else 0
    away = absence(request) if candidate.step.channel else None
    end = end_of_wait(anchor, count, wait.unit, request.calendar, away)
    return landed(end, wait, window, request.calendar)


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
        return request.calendar.morning(moment)
    return None
