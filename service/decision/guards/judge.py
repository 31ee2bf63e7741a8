"""Every guard on one step: may this contact be made, and when at the earliest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from service.decision.absence import absence, end_of_hold
from service.decision.calendar import Calendar
from service.decision.candidates import Candidate
from service.decision.guards import standing
from service.decision.guards.allowance import allowance, excepts
from service.decision.guards.gates import Gate, absence_gate, gate, window_gate
from service.decision.guards.together import FARTHEST, excluding, open_together
from service.decision.guards.verdict import Verdict, strictest
from service.decision.prospect import Request
from service.decision.timing import Opening, said
from service.playbook.rules import Window
from service.playbook.vocabulary import CHANNELS
from service.policy.policy import Jurisdiction, Policy, Row

_AWAY = "They are away; the day after their return is the earliest."
_NOWHERE = "Its hours never come at once in all the time zones where they may be."


@dataclass(frozen=True)
class Guards:
    """A contact policy made ready: by channel the rows that always bind, and those that may."""

    policy: Policy
    always: dict[str, tuple[Row, ...]]
    sometimes: dict[str, tuple[Row, ...]]


def make_guards(policy: Policy) -> Guards:
    """Sort the rows of a policy by channel; done once, when it is loaded."""
    rows = {
        channel: tuple(row for row in policy.rows if not row.channels or channel in row.channels)
        for channel in CHANNELS
    }
    return Guards(
        policy,
        {name: tuple(row for row in found if _binds_all(row)) for name, found in rows.items()},
        {name: tuple(row for row in found if not _binds_all(row)) for name, found in rows.items()},
    )


def _binds_all(row: Row) -> bool:
    return row.law is None and not row.audience


@dataclass(frozen=True, slots=True)
class Judged:
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
        """The strictest; None for a step that contacts nobody."""
        return strictest(self.verdicts)


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
    channel, clocks = candidate.step.channel, request.clocks
    if channel is None:
        return Judged((), window_gate(window, (request.calendar,))(start))
    judged = _judge(guards, exit_, candidate, channel, window, start, request)
    if judged.due is None and len(clocks) > 1 and channel not in standing.RING:
        # Unknown hours close only what rings: the rest goes by UTC.
        by_utc = replace(request, clocks=(request.calendar,))
        return _judge(guards, exit_, candidate, channel, window, start, by_utc)
    return judged


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
    day = request.calendar.local(moment).date()
    rows = _binding(guards, channel, request)
    who = _who(exit_, channel, rows, request, day, lost=planned is None)
    gates = _gates(guards, rows, request, candidate)
    when = [_at(gate, moment, request.calendar) for gate in gates]
    turns = [verdict.turns_at for verdict in (*who, *when)]
    turns_at = min(filter(None, [*turns, _law_turns(guards, channel, request, day)]), default=None)
    worst = strictest((*who, *when))
    if planned is None or worst is None or worst.ruling in ("BAR", "NEEDS_DATA"):
        return Judged((*who, *when), None, turns_at)
    opens = [in_window, *(gate.opens for gate in gates)]
    due = open_together(moment, opens)
    if due is None:
        shut = [number - 1 for number in excluding(moment, opens)]
        return Judged((*who, *_shut(when, gates, shut, window)), None, turns_at)
    later = request.calendar.local(due.start).date()
    if later != day:  # consent may be over by then
        who = _who(exit_, channel, rows, request, later, lost=False)
        if any(verdict.ruling in ("BAR", "NEEDS_DATA") for verdict in who):
            return Judged((*who, *when), None, turns_at)
    return Judged((*who, *when), due, turns_at)


# ---- who, and when ------------------------------------------------------------------


def _who(
    exit_: Verdict,
    channel: str,
    rows: Sequence[Row],
    request: Request,
    day: date,
    *,
    lost: bool,
) -> list[Verdict]:
    """The guards about whether the prospect may be contacted at all."""
    excepted = any(excepts(row, request, day) for row in rows if _binds_for_sure(row, request))
    hour = standing.hour_known(channel, request)
    if lost and len(request.clocks) > 1 and channel in standing.RING:
        hour = Verdict("time-zone", "NEEDS_DATA", _NOWHERE, facts=("time_zone",))
    found = (
        exit_,
        standing.channel_open(channel, request),
        standing.do_not_call(channel, request, excepted=excepted),
        standing.bounced(channel, request),
        hour,
        *(allowance(row, channel, request, day) for row in rows),
    )
    return [verdict for verdict in found if verdict is not None]


def _gates(
    guards: Guards, rows: Sequence[Row], request: Request, candidate: Candidate
) -> list[Gate]:
    """The guards about when."""
    found = (gate(row, request, candidate, guards.policy.seller) for row in rows)
    gates = [each for each in found if each is not None]
    away = absence(request)
    if away is not None:
        over = end_of_hold(away.back, request.calendar)
        gates.append(Gate("out-of-office", _AWAY, None, absence_gate(over)))
    return gates


def _at(gate: Gate, moment: datetime, calendar: Calendar) -> Verdict:
    """What a gate says of a moment."""
    opening = gate.opens(moment)
    if opening is not None and opening.start == moment:
        return Verdict(gate.guard, "ALLOW", gate.because, citation=gate.citation)
    if opening is not None and opening.start <= moment + FARTHEST:
        until = said(opening.start, calendar)
        return Verdict(gate.guard, "HOLD_UNTIL", gate.because, until, citation=gate.citation)
    turns_at = None if opening is None else opening.start - FARTHEST
    return Verdict(gate.guard, "BAR", gate.because, citation=gate.citation, turns_at=turns_at)


def _shut(
    when: Sequence[Verdict], gates: Sequence[Gate], shut: Sequence[int], window: Window
) -> list[Verdict]:
    """The verdicts, where some guards and the window exclude each other for ninety days.

    `shut` are those by number; -1 is the window.
    """
    names = [f"the window `{window.name}`" if n < 0 else f"`{gates[n].guard}`" for n in shut]
    because = f"Within 90 days {' and '.join(names)} are never open together."
    return [
        replace(verdict, ruling="BAR", because=because, until=None) if number in shut else verdict
        for number, verdict in enumerate(when)
    ]


# ---- which rows bind ----------------------------------------------------------------


def _binding(guards: Guards, channel: str, request: Request) -> tuple[Row, ...]:
    """The rows that bind on the day of the question. What is not known could bind, so it does."""
    always, sometimes = guards.always[channel], guards.sometimes[channel]
    if not sometimes:
        return always
    day = request.calendar.local(request.history.as_of).date()
    return (*always, *(row for row in sometimes if _is_of(row, request, day, unknown=True)))


def _binds_for_sure(row: Row, request: Request) -> bool:
    """Whether it is known, of a row that binds, that it is meant for the prospect."""
    return _is_of(row, request, None, unknown=False)


def _is_of(row: Row, request: Request, day: date | None, *, unknown: bool) -> bool:
    """Whether a row is for this prospect, and in force; `unknown` where nobody knows."""
    law = row.law
    return _among(row.audience, request.given.get("audience"), unknown) and (
        law is None
        or (
            (day is None or _in_force(law, day))
            and _among((law.country,), _country(request), unknown)
            and _among((law.region,) if law.region else (), _region(request), unknown)
        )
    )


def _among(wanted: Sequence[str], found: object, unknown: bool) -> bool:  # noqa: FBT001
    if not wanted:
        return True
    return found in wanted if found else unknown


def _in_force(law: Jurisdiction, day: date) -> bool:
    return not ((law.begins and day < law.begins) or (law.ends and day >= law.ends))


# A place whose holidays nobody lists still has its laws.


def _country(request: Request) -> str:
    return request.calendar.country or _said(request, "country")


def _region(request: Request) -> str:
    return request.calendar.region or _said(request, "region").removeprefix(f"{_country(request)}-")


def _said(request: Request, name: str) -> str:
    value = request.given.get(name)
    return value.upper() if isinstance(value, str) else ""


def _law_turns(guards: Guards, channel: str, request: Request, day: date) -> datetime | None:
    """When the next law of the channel begins or ends."""
    laws = (row.law for row in guards.sometimes[channel] if row.law)
    days = (turn for law in laws for turn in (law.begins, law.ends) if turn and turn > day)
    first = min(days, default=None)
    return None if first is None else request.calendar.morning(first)
