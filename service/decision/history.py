"""What happened between us and a prospect, as it stood at one moment."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from operator import attrgetter, lt
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
_moment, _id = attrgetter("at"), attrgetter("id")
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
#: By direction: the outcomes in which the prospect themselves had a part.
_HUMANE = {"inbound": HUMAN_INBOUND, "outbound": TALK}
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


#: A touch of its seven fields, at once: `Touch` itself goes through a function, hundreds of times.
touch_of = partial(tuple.__new__, Touch)


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
    """The touches, given by their time, in order; of those with one id only the latest state."""
    moments = list(map(_moment, touches))
    if not all(map(lt, moments, moments[1:])):  # else their time is order enough, and none is twice
        touches = sorted(set(touches), key=_order)
    ids = list(filter(None, map(_id, touches)))
    if len(set(ids)) == len(ids):
        return touches
    latest = {touch.id: touch for touch in touches}
    return [touch for touch in touches if not touch.id or touch is latest[touch.id]]


class History:
    """The touches up to `as_of`: each once, in order.

    Of touches with one `id`, the latest state counts. `later` is how many were left out
    because they lie after `as_of`.
    """

    def __init__(self, touches: Iterable[Touch], as_of: datetime) -> None:
        self.as_of = as_of
        given = sorted(touches, key=_moment)
        known = given[: bisect_right(given, as_of, key=_moment)]
        self.later = len(given) - len(known)
        self.touches: Sequence[Touch] = _each_once(known)
        self.outbound = self._of("outbound")
        self.inbound = self._of("inbound")
        self.done: Sequence[Touch] = [t for t in self.outbound if t.outcome not in UNREACHED]
        self.reached: Sequence[Touch] = [t for t in self.done if t.channel]
        self.last_reply_at = self._last_human_contact()
        self.attempts = after(self.last_reply_at or _LONG_AGO, self.reached)

    def _of(self, direction: str) -> Sequence[Touch]:
        return [touch for touch in self.touches if touch.direction == direction]

    def _last_human_contact(self) -> datetime | None:
        for touch in reversed(self.touches):
            if touch.outcome in _HUMANE[touch.direction]:
                return touch.at
        return None

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

    @cached_property
    def done_by_action(self) -> Mapping[str, Sequence[Touch]]:
        """What was done, in order, by its action."""
        found: defaultdict[str, list[Touch]] = defaultdict(list)
        for touch in self.done:
            found[touch.action].append(touch)
        return found

    @cached_property
    def _done_since_reply(self) -> Sequence[Touch]:
        return after(self.last_reply_at or _LONG_AGO, self.done)

    def matching(self, done: Mapping[str, Any]) -> Sequence[Touch]:
        """The touches that a `done` test counts, in order.

        Touches that reached nobody are counted only where their outcome is asked for.
        """
        actions, outcomes = done["action"], done["outcome"]
        touches: Sequence[Touch]
        if done["direction"] == "inbound":
            touches = self.inbound
        elif outcomes:
            touches = self.outbound
        elif len(actions) == 1:  # as nearly always: far fewer to look through
            touches, actions = self.done_by_action.get(actions[0], ()), ()
        else:
            touches = self.done
        if done["since"] == "last_reply" and self.last_reply_at:
            touches = after(self.last_reply_at, touches)
        if done["within"] is not None:
            touches = after(self.as_of - timedelta(days=done["within"]), touches)
        channels, templates = done["channel"], done["template"]
        if actions:
            touches = [touch for touch in touches if touch.action in actions]
        if channels:
            touches = [t for t in touches if any(channel in channels for channel in t.channels)]
        if templates:
            touches = [touch for touch in touches if touch.template in templates]
        if outcomes:
            touches = [touch for touch in touches if touch.outcome in outcomes]
        return touches

    def progress(self, play: Play) -> tuple[int, Touch | None]:
        """How many steps of a sequence were done since the last reply, and the last of them."""
        count, done = self.steps_done(play)
        return count, done[-1] if done else None

    def steps_done(self, play: Play) -> tuple[int, Sequence[Touch]]:
        """How many steps of a sequence were done since the last reply, and by which touches.

        Steps are matched in order, each touch once. A repeating sequence counts from 0
        again after its last step.
        """
        steps, count = play.steps, 0
        done: list[Touch] = []
        for touch in self._done_since_reply:
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
                count += 1
                done.append(touch)
        if play.repeat and count == len(steps):
            count = 0
        return count, done


def after(moment: datetime, touches: Sequence[Touch]) -> Sequence[Touch]:
    """Those of touches in order that lie after a moment."""
    return touches[bisect_right(touches, moment, key=_moment) :]
