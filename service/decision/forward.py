"""A playbook played forward, to see what would go out, when, and how it ends.

Every answer is carried out when it is due, and the next is asked for at that moment, as a CRM
would do it, of a prospect who stays silent. What else happens, a reply or a new fact, is
assumed. Pure: it decides with the function that it is given.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from service.decision import prospect
from service.decision.answer import Decision
from service.decision.message import Notice
from service.decision.prospect import FieldError, InvalidRequest, Request, Words
from service.decision.ready import Ready
from service.decision.timeline import Assumption, End, Entry, Happened, Timeline, Why

Decider = Callable[[Request], Decision]

DAYS = 365
MOST_DAYS = 1_100
MOST_TOUCHES = 400
#: What one call may cost, over all its playbooks. One decision costs `_cost`, which is a few
#: microseconds a unit; the whole is about two seconds of one core at worst.
MOST_WORK = 250_000
#: More touches than these in 24 hours come from a playbook that goes in circles.
_MOST_IN_A_DAY = 20
_DAY = timedelta(days=1)
#: No two things happen in the same moment: whoever does the second has done the first.
_APART = timedelta(minutes=1)
#: Hardly a day before the last moment that a request can name.
_LATEST = datetime(2999, 12, 31, tzinfo=UTC)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_CONTACTS_NOBODY = frozenset({"wait", "ask_for_data", "stop"})
_OUR_WORDS: dict[Why, str] = {
    "end_of_time": "The days that were asked about are over.",
    "too_many_touches": "It would go on like this; the timeline shows no more touches.",
    "too_many_decisions": "It takes more decisions than one timeline may; ask for fewer days.",
}


def play_side_by_side(
    players: Sequence[tuple[Ready, Decider]],
    body: Mapping[str, Any],
    now: datetime,
    *,
    assume: Sequence[Assumption] = (),
    days: int = DAYS,
) -> list[Timeline]:
    """Play some playbooks forward over the same days; see `play_forward`.

    They share `MOST_WORK`: each has its part of what those before it have left.
    """
    timelines: list[Timeline] = []
    left = MOST_WORK
    for number, (ready, decider) in enumerate(players):
        part = left // (len(players) - number)
        timelines.append(
            play_forward(ready, decider, body, now, assume=assume, days=days, most_work=part)
        )
        left -= timelines[-1].work
    return timelines


def play_forward(  # noqa: PLR0913 - all of it is what is asked
    ready: Ready,
    decider: Decider,
    body: Mapping[str, Any],
    now: datetime,
    *,
    assume: Sequence[Assumption] = (),
    days: int = DAYS,
    most_touches: int = MOST_TOUCHES,
    most_work: int = MOST_WORK,
) -> Timeline:
    """Play a playbook forward from the decision request `body`, as of `now` if it names no moment.

    `decider` decides a request with the playbook `ready`. Where an answer expires before it
    is due, it is asked for again then, and so at the end of every wait.

    Raises:
        InvalidRequest: a value does not fit its fact; paths begin with `/prospect`, `/history`
            or `/assume`.
    """
    play = _Play(ready, decider, body, now, days)
    notices = _check(ready.words, assume, now)
    end = play.through(assume, most_touches, most_work)
    return Timeline(
        playbook=ready.ruleset.name,
        digest=ready.ruleset.digest,
        prospect_id=play.request.prospect_id,
        as_of=play.start,
        until=play.local(play.until),
        entries=tuple(play.entries),
        assumed=tuple(play.happened),
        end=end,
        warnings=(*play.warnings, *notices, *_not_reached(assume, len(play.entries))),
        work=play.work,
    )


class _Play:
    """The prospect, the history and the moment, as a timeline goes on."""

    def __init__(
        self, ready: Ready, decider: Decider, body: Mapping[str, Any], now: datetime, days: int
    ) -> None:
        self._ready, self._decider, self._body = ready, decider, dict(body)
        self.request = prospect.read_request(body, ready.words, now)
        self._now = self.request.history.as_of
        self._history = list(body["history"])
        self._coming: list[tuple[datetime, Assumption, str | None]] = []
        self.start = self.local(self._now)
        self.until = max(self._now, min(self._now + _DAY * days, _LATEST))
        self.warnings = self.request.warnings
        self.entries: list[Entry] = []
        self.happened: list[Happened] = []
        self.work = 0

    def through(self, assume: Sequence[Assumption], most_touches: int, most_work: int) -> End:
        """Play until there is an end."""
        while self.work + self._cost() <= most_work:
            self.work += self._cost()
            decision = self._ask()
            moment = _asked_again(decision, self._now)
            if self._coming and (moment is None or self._coming[0][0] <= moment):
                self._happen()
            elif moment is None:
                return self._end(_why_it_ends(decision), decision)
            elif moment >= self.until:
                return self._end("end_of_time")
            elif not _acts(decision):
                self._now = moment
            elif self._too_many(most_touches):
                return self._end("too_many_touches")
            else:
                self._carry_out(decision, moment, assume)
        return self._end("too_many_decisions")

    def _cost(self) -> int:
        return 50 + len(self._ready.rules) + len(self._history)

    def _ask(self) -> Decision:
        body = {**self._body, "history": self._history, "as_of": self._now.isoformat()}
        self.request = prospect.read_request(body, self._ready.words, self._now)
        return self._decider(self.request)

    def local(self, moment: datetime) -> datetime:
        """A moment on the prospect's clock."""
        return self.request.calendar.local(moment)

    def _day(self, moment: datetime) -> int:
        return (self.local(moment).date() - self.start.date()).days

    def _too_many(self, most: int) -> bool:
        lately = self.entries[-_MOST_IN_A_DAY:]
        crowded = len(lately) == _MOST_IN_A_DAY and self._now - lately[0].at < _DAY
        return crowded or len(self.entries) >= most

    def _carry_out(self, decision: Decision, due: datetime, assume: Sequence[Assumption]) -> None:
        touches = self.request.history.touches
        at = max(due, (touches[-1].at if touches else _NEVER) + _APART)
        entry = Entry(
            number=len(self.entries) + 1,
            at=self.local(at),
            day=self._day(at),
            action=decision.action,
            channel=decision.channel,
            rule=decision.rule,
            step=decision.step,
            message=decision.message,
            because=decision.because,
            reason=decision.reason,
            held=_held(decision),
        )
        self._now = at
        self.entries.append(entry)
        self._history.append(_touch(entry))
        for assumption in assume:
            if assumption.after_step == entry.number:
                self._expect(assumption, entry)

    def _expect(self, assumption: Assumption, entry: Entry) -> None:
        """Remember what comes after a step, where that is not after the end of time."""
        later = self.request.calendar.after(self._now, assumption.days_later, "days")
        at = max(later, self._now + _APART)
        if at < self.until:
            self._coming.append((at, assumption, assumption.channel or entry.channel))
            self._coming.sort(key=lambda coming: coming[0])

    def _happen(self) -> None:
        """The next assumption comes true."""
        at, assumption, channel = self._coming.pop(0)
        self._now = max(self._now, at)
        come_in = channel if assumption.outcome else None
        self.happened.append(Happened(self.local(at), self._day(at), assumption, come_in))
        facts = self._body["prospect"]
        self._body["prospect"] = {**facts, **assumption.facts, "id": facts["id"]}
        if assumption.outcome:
            self._history.append(
                {
                    "at": at.isoformat(),
                    "direction": "inbound",
                    "channel": channel,
                    "outcome": assumption.outcome,
                }
            )

    def _end(self, why: Why, decision: Decision | None = None) -> End:
        at = self.until if why == "end_of_time" else self._now
        return End(
            why=why,
            at=self.local(at),
            day=self._day(at),
            rule=decision.rule if decision else "",
            because=decision.because if decision else _OUR_WORDS[why],
            facts_needed=decision.facts_needed if decision else (),
            held=_held(decision) if decision else (),
        )


def _acts(decision: Decision) -> bool:
    """Whether the answer is to be carried out when it is due, and not asked for again before."""
    timing = decision.timing
    return (
        timing is not None
        and decision.action not in _CONTACTS_NOBODY
        and timing.due < timing.expires
    )


def _asked_again(decision: Decision, now: datetime) -> datetime | None:
    """When the answer is carried out or asked for again, in UTC; None where neither will be."""
    timing = decision.timing
    if timing is None or decision.action == "stop":
        return None
    moment = min(timing.due, timing.expires).astimezone(UTC)
    return None if moment <= now and decision.action in _CONTACTS_NOBODY else moment


def _why_it_ends(decision: Decision) -> Why:
    match decision.action:
        case "stop":
            return "stopped"
        case "ask_for_data":
            return "needs_data"
    return "nothing_to_wait_for"


def _held(decision: Decision) -> tuple[Mapping[str, object], ...]:
    return tuple(v.to_json() for v in decision.policy if v.ruling != "ALLOW")


def _touch(entry: Entry) -> dict[str, object]:
    """The touch that a CRM would write down, if nobody answered."""
    return {
        "at": entry.at.isoformat(),
        "direction": "outbound",
        "channel": entry.channel,
        "action": entry.action,
        "template": None if entry.message is None else entry.message.template,
        "outcome": "no_answer" if entry.channel == "phone" else "sent",
    }


def _check(words: Words, assume: Sequence[Assumption], now: datetime) -> tuple[Notice, ...]:
    """What is odd about the facts assumed; raises InvalidRequest where one is wrong."""
    errors: list[FieldError] = []
    notices: list[Notice] = []
    for number, assumption in enumerate(assume):
        body = {"prospect": {**assumption.facts, "id": "assumed"}, "history": ()}
        try:
            notices += prospect.read_request(body, words, now).warnings
        except InvalidRequest as invalid:
            errors += [
                FieldError(f"/assume/{number}/facts{e.path.removeprefix('/prospect')}", e.message)
                for e in invalid.errors
            ]
    if errors:
        raise InvalidRequest(tuple(errors))
    return tuple(dict.fromkeys(notices))


def _not_reached(assume: Sequence[Assumption], entries: int) -> tuple[Notice, ...]:
    return tuple(
        Notice(
            "assumption-not-reached",
            f"the timeline has no step {step}; what was assumed after it did not happen",
            "name an earlier step, or ask for more days",
        )
        for step in sorted({a.after_step for a in assume if a.after_step > entries})
    )
