"""Every guard on one step: may this contact be made, and when at the earliest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from service.decision.absence import absence
from service.decision.calendar import Calendar
from service.decision.candidates import Candidate
from service.decision.guards import standing
from service.decision.guards.allowance import allowance, excepts
from service.decision.guards.binding import Gated, Guards, binding, binds_for_sure, law_turns
from service.decision.guards.gates import from_then_on, window_gate
from service.decision.guards.together import FARTHEST, Opens, excluding, open_together
from service.decision.guards.verdict import Verdict, strictest
from service.decision.prospect import Request
from service.decision.timing import Opening, said
from service.playbook.rules import Window
from service.policy.policy import Row

_AWAY = Verdict(
    "out-of-office", "ALLOW", "They are away; the day after their return is the earliest."
)
_NOWHERE = Verdict(
    "time-zone",
    "NEEDS_DATA",
    "Its hours never come at once in all the time zones where they may be.",
    facts=("time_zone",),
)


class Judged(NamedTuple):
    """What the guards say of a step, and when it may be done.

    `verdicts`: every guard's, none cut short. `due`: the first moment at which its window and
    every guard are open, and when one of them closes; None where it is barred, lacks data, or
    its window never opens. `turns_at`: when time alone changes what a guard says.
    """

    verdicts: tuple[Verdict, ...]
    due: Opening | None
    turns_at: datetime | None = None

    @property
    def verdict(self) -> Verdict | None:
        """The strictest; None where nothing stands in the way."""
        return strictest(self.verdicts)

    @property
    def opens_at(self) -> datetime | None:
        """When time alone may open what is barred; None where the facts would have to change."""
        turns = [each.turns_at for each in self.verdicts if each.ruling == "BAR"]
        return None if None in turns else max(filter(None, turns), default=None)


def judge(
    guards: Guards,
    exit_: Verdict,
    candidate: Candidate,
    window: Window,
    start: datetime,
    request: Request,
) -> Judged:
    """Hold every guard against a step that could be done from `start` on, in its window.

    `exit_` is what `opted_out` says of the prospect. A step without a channel contacts nobody.
    """
    channel = candidate.step.channel
    if channel is None:
        return Judged((), window_gate(window, (request.calendar,))(start))
    judged = _judge(guards, exit_, candidate, channel, window, start, request)
    if judged.due is not None or len(request.clocks) == 1:
        return judged
    # It may be that no hour is right on all the clocks that may be theirs. What rings needs to
    # know then; the rest goes by UTC.
    by_utc = replace(request, clocks=(request.calendar,))
    judged = _judge(guards, exit_, candidate, channel, window, start, by_utc)
    if judged.due is None or channel not in standing.RING:
        return judged
    verdicts = (_NOWHERE if each.guard == "time-zone" else each for each in judged.verdicts)
    return judged._replace(verdicts=(*verdicts,), due=None)


def _judge(
    guards: Guards,
    exit_: Verdict,
    candidate: Candidate,
    channel: str,
    window: Window,
    start: datetime,
    request: Request,
) -> Judged:
    in_window = window_gate(window, request.clocks)
    planned = in_window(start)
    moment = start if planned is None else planned.start
    rows = binding(guards, channel, request)
    who = _who(exit_, channel, rows.who, request, moment)
    gates = _gates(rows.when, request, candidate)
    openings = [opens(moment) for _, opens in gates]
    when = [
        allows
        if opening is not None and opening.start == moment
        else _closed(allows, opening, moment, request.calendar)
        for (allows, _), opening in zip(gates, openings, strict=True)
    ]
    verdicts = (*who, *when)
    turns = [law_turns(guards, channel, request), *[verdict.turns_at for verdict in verdicts]]
    turns_at = min(filter(None, turns), default=None)
    worst = strictest(verdicts)
    if planned is None or (worst is not None and worst.ruling in ("BAR", "NEEDS_DATA")):
        return Judged(verdicts, None, turns_at)
    if worst is None:
        return Judged(verdicts, _until_first_closes(planned, openings), turns_at)
    every = [in_window, *(opens for _, opens in gates)]
    due = open_together(moment, every)
    if due is None:
        shut = [number - 1 for number in excluding(moment, every)]
        later = open_together(moment, every, 2 * FARTHEST)
        reopens = None if later is None else later.start - FARTHEST
        turns_at = min(filter(None, (turns_at, reopens)), default=None)
        return Judged((*who, *_shut(when, shut, window, reopens)), None, turns_at)
    if rows.who:  # consent may be over by then
        who = _who(exit_, channel, rows.who, request, due.start)
        if any(verdict.ruling in ("BAR", "NEEDS_DATA") for verdict in who):
            return Judged((*who, *when), None, turns_at)
    return Judged((*who, *when), due, turns_at)


# ---- who, and when ------------------------------------------------------------------


def _who(
    exit_: Verdict,
    channel: str,
    rows: Sequence[Row],
    request: Request,
    moment: datetime,
) -> list[Verdict]:
    """The guards about whether the prospect may be contacted at all."""
    excepted = False
    allowances: list[Verdict | None] = []
    if rows:  # they alone go by the day
        day = request.calendar.local(moment).date()
        excepted = any(excepts(row, request, day) for row in rows if binds_for_sure(row, request))
        allowances = [allowance(row, channel, request, day) for row in rows]
    found = (
        exit_,
        standing.channel_open(channel, request),
        standing.do_not_call(channel, request, excepted=excepted),
        standing.bounced(channel, request),
        standing.hour_known(channel, request),
        *allowances,
    )
    return [verdict for verdict in found if verdict is not None]


def _gates(
    rows: Sequence[Gated], request: Request, candidate: Candidate
) -> list[tuple[Verdict, Opens]]:
    """The guards about when: what each says while it is open, and when it is."""
    gates = [(allows, gate(request, candidate)) for _, gate, allows in rows]
    away = absence(request)
    if away is not None:
        gates.append((_AWAY, from_then_on(away.free)))
    return gates


def _until_first_closes(planned: Opening, openings: Sequence[Opening | None]) -> Opening:
    """What is open already, until the first of window and gates closes."""
    ends = [each.end for each in (planned, *openings) if each is not None and each.end is not None]
    return Opening(planned.start, min(ends, default=None))


def _closed(
    allows: Verdict, opening: Opening | None, moment: datetime, calendar: Calendar
) -> Verdict:
    """What a gate that opens first at `opening` says of a moment before."""
    if opening is not None and opening.start <= moment + FARTHEST:
        return allows._replace(ruling="HOLD_UNTIL", until=said(opening.start, calendar))
    turns_at = None if opening is None else opening.start - FARTHEST
    return allows._replace(ruling="BAR", turns_at=turns_at)


def _shut(
    when: Sequence[Verdict],
    shut: Sequence[int],
    window: Window,
    reopens: datetime | None,
) -> list[Verdict]:
    """The verdicts, where some guards and the window exclude each other for ninety days.

    `shut` are those by number; -1 is the window. `reopens` is when they no longer do.
    """
    names = [f"the window `{window.name}`" if n < 0 else f"`{when[n].guard}`" for n in shut]
    because = f"Within 90 days {' and '.join(names)} are never open together."
    return [
        verdict._replace(ruling="BAR", because=because, until=None, turns_at=reopens)
        if number in shut
        else verdict
        for number, verdict in enumerate(when)
    ]
