"""Plays that come faster than the policy lets them: more often than a cap, sooner than a gap.

What is written as a number is reckoned first. Where that is too fast, the play is tried on a
prospect made up for it, and only what happens there is told: a play whose own `when`, a play
above it or a window slows it down is none of it.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from service.decision.fit.hours import called
from service.decision.fit.trial import Trial, Trials
from service.playbook.diagnostics import Diagnostic, Place
from service.playbook.rules import Play, Playbook, Step, Wait
from service.playbook.ruleset import Ruleset
from service.policy.policy import Cap, Gap, Policy, Row

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
#: Longer waits are no hurry.
_LONGEST = 10_000
#: A trial is so much longer than it takes to break a cap, to show how far it is broken.
_SPARE = 12
_SHORT = 14 * _DAY
_NOUNS = {
    "email": "e-mails",
    "phone": "calls",
    "voicemail": "voicemails",
    "text": "texts",
    "social": "social messages",
    "mail": "letters",
    "meeting": "meetings",
}


class _Pace(NamedTuple):
    """A play as it is written (None: `otherwise`): its steps, and whether it begins again."""

    play: Play | None
    steps: tuple[Step, ...]
    repeats: bool

    @property
    def place(self) -> Place:
        """Where its shortest wait stands, or where it stands itself."""
        waits = [(_least(step.wait), step.wait.place) for step in self.steps if step.wait]
        written = [(least, place) for least, place in waits if least is not None]
        if written:
            return min(written)[1]
        return self.play.place if self.play else self.steps[0].place


def too_fast(playbook: Playbook, ruleset: Ruleset, policy: Policy) -> Iterator[Diagnostic]:
    """The plays that break a cap or a gap of a policy's own by themselves."""
    rows = [row for row in policy.rows if row.law is None and not row.audience]
    trials = Trials(playbook, ruleset)
    for pace in _paces(playbook):
        caps = [(row, row.demand) for row in rows if isinstance(row.demand, Cap)]
        caps = [(row, cap) for row, cap in caps if _may_exceed(pace, row, cap)]
        gaps = [(row, row.demand) for row in rows if isinstance(row.demand, Gap)]
        gaps = [(row, gap) for row, gap in gaps if any(_hastens(pace, row, gap))]
        if not caps and not gaps:
            continue
        lasting = max((2 * cap.within for _, cap in caps), default=_SHORT) + _SHORT
        most = max((cap.at_most for _, cap in caps), default=0) * len(pace.steps) + _SPARE
        trial = trials.of(pace.play, lasting, most)
        yield from _faster(pace, caps, trial, policy)
        for row, gap in gaps:
            yield from _sooner(pace, row, gap, trial, policy)


def _paces(playbook: Playbook) -> Iterator[_Pace]:
    for play in playbook.plays:
        yield _Pace(play, play.steps, play.repeat or not play.is_sequence)
    if playbook.otherwise is not None:
        yield _Pace(None, (playbook.otherwise,), repeats=True)


# ---- as it is written ---------------------------------------------------------------


def _least(wait: Wait | None) -> timedelta | None:
    """The least time from the last contact on; None where it counts otherwise, or is a fact."""
    if wait is None:
        return timedelta()
    if wait.after not in ("last_touch", "previous_step") or not isinstance(wait.amount, int):
        return None
    return min(wait.amount, _LONGEST) * (_HOUR if wait.unit == "hours" else _DAY)


def _is_by(channel: str | None, row: Row) -> bool:
    return channel is not None and (not row.channels or channel in row.channels)


def _may_exceed(pace: _Pace, row: Row, cap: Cap) -> bool:
    """Whether the waits written leave room for more contacts than the cap."""
    counted = sum(_is_by(step.channel, row) for step in pace.steps)
    waits = [_least(step.wait) for step in pace.steps]
    if not counted or None in waits:
        return False
    if not pace.repeats:
        return counted > cap.at_most
    turn = sum((wait for wait in waits if wait), timedelta())
    return not turn or counted * (cap.within // turn + 1) > cap.at_most


def _hastens(pace: _Pace, row: Row, gap: Gap) -> Iterator[bool]:
    """For each step, whether the wait written is shorter than the gap, and nothing excepts it."""
    for number, step in enumerate(pace.steps):
        wait = _least(step.wait)
        goes_on = pace.play is not None and pace.play.is_sequence and (number or pace.repeats)
        yield (
            step.wait is not None
            and wait is not None
            and wait < gap.least
            and _is_by(step.channel, row)
            and not (gap.same_sequence_excepted and goes_on and wait < _DAY)
        )


# ---- as it goes ---------------------------------------------------------------------


def _faster(
    pace: _Pace, caps: Iterable[tuple[Row, Cap]], trial: Trial, policy: Policy
) -> Iterator[Diagnostic]:
    """Of the caps that a play breaks, the slowest: whoever keeps that keeps the others too."""
    broken = []
    for row, cap in caps:
        moments = [each.at for each in trial.contacts if each.mine and _is_by(each.channel, row)]
        most = max((sum(m - cap.within < at <= m for at in moments) for m in moments), default=0)
        if most > cap.at_most:
            seen_whole = not trial.cut_short or moments[-1] - moments[0] >= cap.within
            number = str(most) if seen_whole else f"{most} or more"
            broken.append((cap.within / cap.at_most, number, row, cap))
    if not broken:
        return
    kept, number, row, cap = max(broken, key=itemgetter(0))
    name = f"`{pace.play.name}`" if pace.play else "`otherwise`"
    unit = _DAY if kept > 2 * _DAY else _HOUR
    hint = "" if any(step.wait for step in pace.steps) else "give it a `wait`: "
    yield Diagnostic(
        "faster-than-policy",
        f"{name} makes {number} {_noun(pace, row)} in {_told(cap.within)}; `{row.name}` of the"
        f" policy `{policy.name}` allows {cap.at_most}: the rest will be held",
        pace.place,
        f"{hint}one in {_told(unit * math.ceil(kept / unit))} fits",
        "warning",
    )


def _noun(pace: _Pace, row: Row) -> str:
    used = {step.channel or "" for step in pace.steps if _is_by(step.channel, row)}
    return _NOUNS.get(used.pop(), "contacts") if len(used) == 1 else "contacts"


def _sooner(pace: _Pace, row: Row, gap: Gap, trial: Trial, policy: Policy) -> Iterator[Diagnostic]:
    counted = [each for each in trial.contacts if _is_by(each.channel, row)]
    hasty = list(_hastens(pace, row, gap))
    told: set[Place] = set()  # steps that share a wait are mended together
    for before, after in pairwise(counted):
        wait = pace.steps[after.step].wait if after.mine else None
        if wait is None or not hasty[after.step] or wait.place in told:
            continue
        if after.at - before.at < gap.least:
            told.add(wait.place)
            yield Diagnostic(
                "sooner-than-gap",
                f"{called(pace.play, after.step)} comes {_told(after.at - before.at)} after the"
                f" contact before it; `{row.name}` of the policy `{policy.name}` wants"
                f" {_told(gap.least)} between them: it will be held",
                wait.place,
                f"wait {_told(gap.least)} or longer",
                "warning",
            )


def _told(length: timedelta) -> str:
    """A length of time in words."""
    if length >= 2 * _DAY and not length % _DAY:
        return f"{length // _DAY} days"
    if not length % _HOUR:
        return "1 hour" if length == _HOUR else f"{length // _HOUR} hours"
    return f"{length // timedelta(minutes=1)} minutes"
