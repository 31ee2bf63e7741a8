"""A request read once more, from its JSON: what is known, what happened, what is counted.

Written apart from `service.decision`, so that the two can be held against each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

from service.playbook.rules import Play, Step
from service.playbook.vocabulary import CHANNELS, OUTBOUND_OUTCOMES, Fact
from tests.oracle.whereabouts import possible_zones

HUMAN = {"replied", "declined", "meeting_booked", "meeting_cancelled", "spoke", "held"}
NOBODY = {"bounced", "not_sent"}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Event:
    """One touch, as it was told; a word that was not given is empty."""

    at: datetime
    inbound: bool
    stage: int
    channel: str
    action: str
    template: str
    outcome: str
    id: str

    def is_by(self, channels: tuple[str, ...]) -> bool:
        """Whether it went by one of these; an answering machine is reached by phone."""
        machine = self.channel == "phone" and self.outcome == "voicemail_left"
        return self.channel in channels or (machine and "voicemail" in channels)


def moment(text: str) -> datetime:
    """A moment of a request, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def event(told: Mapping[str, Any]) -> Event:
    """One touch of a request."""
    inbound = told["direction"] == "inbound"
    outcome = told.get("outcome") or ("replied" if inbound else "sent")
    stage = 0 if inbound else OUTBOUND_OUTCOMES.index(outcome)
    channel, action, template, own_id = (
        told.get(key) or "" for key in ("channel", "action", "template", "id")
    )
    return Event(moment(told["at"]), inbound, stage, channel, action, template, outcome, own_id)


def order(one: Event) -> tuple[Any, ...]:
    """How events stand in a story: by time; at one time, what we did, channel by channel."""
    channel = CHANNELS.index(one.channel) if one.channel else -1
    words = (one.action, one.template, one.outcome, one.id)
    return (one.at, one.inbound, channel, one.stage, words)


def typed(fact: Fact, written: Any) -> Any:
    """A value in the form in which facts are compared."""
    if fact.type == "date":
        return date.fromisoformat(written)
    if fact.type == "instant":
        return moment(written)
    if fact.type == "list":
        return tuple(written)
    return round(written, 4) if isinstance(written, float) else written


class Story:
    """One request: `facts` are those given, with those that the history tells."""

    def __init__(self, body: Mapping[str, Any], words: Mapping[str, Fact]) -> None:
        self.now = moment(body["as_of"])
        self.given = {
            name: typed(words[name], value)
            for name, value in body["prospect"].items()
            if name in words and words[name].origin == "caller"
            if value is not None and not (isinstance(value, str) and not value.strip())
        }
        zones = possible_zones(self.given)
        self.zone = zones[0] if len(zones) == 1 else None
        self.given.pop("time_zone", None)  # a zone that nobody knows is none
        if self.zone:
            self.given["time_zone"] = self.zone
        latest: dict[object, Event] = {}
        for one in sorted({event(told) for told in body["history"]}, key=order):
            if one.at <= self.now:
                latest[one.id or one] = one
        self.events = sorted(latest.values(), key=order)
        self.sent = [one for one in self.events if not one.inbound]
        self.done = [one for one in self.sent if one.outcome not in NOBODY]
        self.arrived = [one for one in self.done if one.channel]
        human = [one.at for one in self.events if one.outcome in HUMAN]
        self.human_at = max(human) if human else None
        self.attempts = [one for one in self.arrived if self.is_since_human(one)]
        self.facts = {**self.given, **self._told()}

    def is_since_human(self, one: Event) -> bool:
        """Whether it came after the last word from a human there, or there was none."""
        return self.human_at is None or one.at > self.human_at

    def _told(self) -> dict[str, Any]:
        """The facts that the history tells."""
        here = self.now.astimezone(ZoneInfo(self.zone)) if self.zone else self.now
        told: dict[str, Any] = {
            "now": self.now,
            "today": here.date(),
            "touches": len(self.arrived),
            "ever_replied": self.human_at is not None,
            "attempts": len(self.attempts),
        }
        for channel in CHANNELS:
            told[f"attempts_{channel}"] = sum(one.is_by((channel,)) for one in self.attempts)
        if self.arrived:
            told["days_since_first_touch"] = (self.now - self.arrived[0].at) // DAY
            told["days_since_last_touch"] = (self.now - self.arrived[-1].at) // DAY
        if self.arrived or self.human_at:
            told["silent_days"] = (self.now - (self.human_at or self.arrived[0].at)) // DAY
        for last in [one for one in self.sent if one.channel][-1:]:
            words = {"channel": last.channel, "outcome": last.outcome, "action": last.action}
            told |= {f"last_{key}": word for key, word in words.items() if word}
        inbound = [one for one in self.events if one.inbound]
        return told | ({"last_inbound": inbound[-1].outcome} if inbound else {})

    def count(self, done: Mapping[str, Any]) -> int:
        """How many events a `done` test counts."""
        return sum(self._counts(done, one) for one in self.events)

    def _counts(self, done: Mapping[str, Any], one: Event) -> bool:
        if one.inbound != (done["direction"] == "inbound"):
            return False
        if done["since"] == "last_reply" and not self.is_since_human(one):
            return False
        if done["within"] is not None and self.now - one.at >= done["within"] * DAY:
            return False
        if not done["outcome"] and not one.inbound and one.outcome in NOBODY:
            return False
        if done["channel"] and not one.is_by(tuple(done["channel"])):
            return False
        asked = [(done[key], getattr(one, key)) for key in ("action", "template", "outcome")]
        return all(not words or word in words for words, word in asked)

    def progress(self, play: Play) -> int:
        """How many steps of a sequence are done; one that repeats begins again from 0."""
        events = filter(self.is_since_human, self.done)
        done = 0
        for step in cycle(play.steps) if play.repeat else play.steps:
            if not any(_is_done(step, one) for one in events):
                break
            done += 1
        return done % len(play.steps) if play.repeat else done


def _is_done(step: Step, one: Event) -> bool:
    fits_template = not (step.template and one.template) or step.template == one.template
    fits_channel = step.channel is None or one.is_by((step.channel,))
    return one.action == step.action and fits_channel and fits_template
