"""What happened between us and a prospect, as it stood at one moment."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from service.playbook.rules import Play
from service.playbook.vocabulary import (
    CHANNELS,
    HUMAN_INBOUND,
    OPT_OUTS,
    OUTBOUND_OUTCOMES,
    TALK,
    UNREACHED,
)

DAY = 86_400
_moment = attrgetter("at")
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
#: Later in this list is later in the life of a touch.
_PROGRESS_OF_OUTCOME = {outcome: i for i, outcome in enumerate(OUTBOUND_OUTCOMES)}
#: Of touches at one moment a call comes before the voicemail that follows it.
_PLACE_OF_CHANNEL = {channel: i for i, channel in enumerate(CHANNELS)}


class Touch(NamedTuple):
    """One contact, either way. `at` is in UTC; an empty word was not given.

    Outbound without a channel is a task that contacted nobody, such as finding a name:
    no touch and no attempt, but done, so sequences go on after it.
    """

    at: datetime
    direction: str
    channel: str | None
    action: str = ""
    template: str = ""
    outcome: str = ""
    id: str = ""

    @property
    def channels(self) -> tuple[str, ...]:
        """A call that ended on the answering machine counts for both channels."""
        if self.channel == "phone" and self.outcome == "voicemail_left":
            return ("phone", "voicemail")
        return (self.channel,) if self.channel else ()

    @property
    def is_human_contact(self) -> bool:
        """Whether the prospect themselves was in it."""
        humane = HUMAN_INBOUND if self.direction == "inbound" else TALK
        return self.outcome in humane

    @property
    def is_done(self) -> bool:
        """Whether something outbound was carried out: a task, or a contact that arrived."""
        return self.direction == "outbound" and self.outcome not in UNREACHED


def _order(touch: Touch) -> tuple[Any, ...]:
    """One order for any listing of the same touches: by time, then by what they are."""
    return (
        touch.at,
        touch.direction == "inbound",
        _PLACE_OF_CHANNEL.get(touch.channel or "", -1),
        _PROGRESS_OF_OUTCOME.get(touch.outcome, 0),
        touch.action,
        touch.template,
        touch.outcome,
        touch.id,
    )


def _each_once(touches: list[Touch]) -> list[Touch]:
    """The touches in order; of those with one id the latest state, and none twice."""
    touches.sort(key=_moment)
    if all(a.at < b.at for a, b in pairwise(touches)) and not any(t.id for t in touches):
        return touches  # which is nearly always so, and then their time is order enough
    ordered = sorted(set(touches), key=_order)
    by_id = {touch.id or i: touch for i, touch in enumerate(ordered)}
    return sorted(by_id.values(), key=_order)


class History:
    """The touches up to `as_of`: each once, in order.

    Of touches with one `id`, the latest state counts. `later` is how many were left out
    because they lie after `as_of`.
    """

    def __init__(self, touches: Iterable[Touch], as_of: datetime) -> None:
        self.as_of = as_of
        given = list(touches)
        self.touches = tuple(_each_once([touch for touch in given if touch.at <= as_of]))
        self.later = sum(touch.at > as_of for touch in given)
        self.outbound = tuple(touch for touch in self.touches if touch.direction == "outbound")
        self.inbound = tuple(touch for touch in self.touches if touch.direction == "inbound")
        self.done = tuple(touch for touch in self.outbound if touch.is_done)
        self.reached = tuple(touch for touch in self.done if touch.channel)
        self.last_reply_at = max(
            (touch.at for touch in self.touches if touch.is_human_contact), default=None
        )
        since = self.last_reply_at or _LONG_AGO
        self.attempts = tuple(touch for touch in self.reached if touch.at > since)

    @cached_property
    def first_touch_at(self) -> datetime | None:
        """When we first reached out."""
        return self.reached[0].at if self.reached else None

    @cached_property
    def last_touch_at(self) -> datetime | None:
        """When we last reached out."""
        return self.reached[-1].at if self.reached else None

    @cached_property
    def opt_out(self) -> Touch | None:
        """The first request for no more contact."""
        return next((touch for touch in self.inbound if touch.outcome in OPT_OUTS), None)

    def matching(self, done: Mapping[str, Any]) -> list[Touch]:
        """The touches that a `done` test counts, in order.

        Touches that reached nobody are counted only where their outcome is asked for.
        """
        outcomes = done["outcome"]
        if done["direction"] == "inbound":
            touches = self.inbound
        else:
            touches = self.outbound if outcomes else self.done
        if done["since"] == "last_reply" and self.last_reply_at:
            touches = tuple(touch for touch in touches if touch.at > self.last_reply_at)
        if done["within"] is not None:
            start = self.as_of - timedelta(days=done["within"])
            touches = tuple(touch for touch in touches if touch.at > start)
        actions, channels, templates = done["action"], done["channel"], done["template"]
        return [
            touch
            for touch in touches
            if (not actions or touch.action in actions)
            and (not channels or any(channel in channels for channel in touch.channels))
            and (not templates or touch.template in templates)
            and (not outcomes or touch.outcome in outcomes)
        ]

    def progress(self, play: Play) -> tuple[int, Touch | None]:
        """How many steps of a sequence were done since the last reply, and the last of them.

        Steps are matched in order, each touch once. A repeating sequence counts from 0
        again after its last step.
        """
        steps, count = play.steps, 0
        last: Touch | None = None
        since = self.last_reply_at or _LONG_AGO
        for touch in self.done:
            if touch.at <= since:
                continue
            if count == len(steps):
                if not play.repeat:
                    break
                count = 0
            step = steps[count]
            if (
                touch.action == step.action
                and (step.channel is None or step.channel in touch.channels)
                and (not touch.template or not step.template or touch.template == step.template)
            ):
                count, last = count + 1, touch
        if play.repeat and count == len(steps):
            count = 0
        return count, last
