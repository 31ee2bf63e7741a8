"""A play tried: a prospect made up for it says nothing, and no policy stands in its way."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from service.decision.decide import decide
from service.decision.fit.prospects import prospect_for
from service.decision.forward import play_forward
from service.decision.guards import make_guards
from service.decision.prospect import InvalidRequest
from service.decision.ready import Ready, make_ready
from service.playbook.rules import ALWAYS, Play, Playbook
from service.playbook.ruleset import Ruleset
from service.policy import NO_POLICY

#: A Monday, nine in the morning.
_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
#: What all trials of a playbook may cost, in the units of `forward.MOST_WORK`.
_MOST_WORK = 150_000
_UNGUARDED = make_guards(NO_POLICY)


class Contact(NamedTuple):
    """A contact: when, by what, and by which step from 0; `mine`: by the play that is tried."""

    at: datetime
    channel: str
    mine: bool
    step: int


class Trial(NamedTuple):
    """What came of a trial; `cut_short`: it would have gone on within its time."""

    contacts: tuple[Contact, ...]
    cut_short: bool


class Trials:
    """The trials of one playbook. The engine is asked for only where there is one."""

    def __init__(self, playbook: Playbook, ruleset: Ruleset) -> None:
        self._playbook, self._ruleset = playbook, ruleset
        self._ready: Ready | None = None
        self._left = _MOST_WORK

    def of(self, play: Play | None, lasting: timedelta, most: int) -> Trial:
        """The contacts in a time, `most` at most, and the last before it; None: `otherwise`."""
        ready = self._ready = self._ready or make_ready(self._ruleset)
        body = prospect_for(self._playbook, play.when if play else ALWAYS, _START)
        try:
            line = play_forward(
                ready,
                lambda request: decide(ready, _UNGUARDED, request),
                body,
                _START,
                days=lasting.days,
                most_touches=most,
                most_work=self._left,
            )
        except InvalidRequest:
            return Trial((), cut_short=False)  # nobody is like that
        self._left -= line.work
        name = play.name if play else ""
        before = [
            Contact(datetime.fromisoformat(touch["at"]), touch["channel"], mine=False, step=0)
            for touch in body["history"][-1:]
            if touch["direction"] == "outbound"
        ]
        after = [
            Contact(entry.at, entry.channel, entry.rule == name, max(entry.step - 1, 0))
            for entry in line.entries
            if entry.channel is not None
        ]
        return Trial((*before, *after), line.end.why.startswith("too_many"))
