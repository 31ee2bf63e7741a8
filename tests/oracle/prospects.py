"""Random requests: what is known of a prospect, what has happened, and when it is asked."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from service.playbook.rules import Play, Playbook
from service.playbook.vocabulary import CHANNELS, INBOUND_OUTCOMES, OUTBOUND_OUTCOMES
from tests.oracle.stock import (
    ACTIONS,
    TEMPLATES,
    Kind,
    value_for,
)

NOON = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
Body = dict[str, Any]


def random_body(random: Random, text: str, playbook: Playbook) -> Body:
    """A request for a playbook of this text, mostly about the facts that it names.

    Some histories go through the steps of one of its sequences.
    """
    given = [fact for fact in playbook.facts.values() if fact.origin == "caller"]
    kinds = {fact.name: Kind(fact.type, fact.values, fact.ordered) for fact in given}
    named = {name: kind for name, kind in kinds.items() if name in text and name != "id"}
    prospect = {
        name: value_for(random, name, kind) for name, kind in named.items() if random.random() < 0.7
    }
    if random.random() < 0.1:
        prospect |= dict.fromkeys(random.sample([*kinds], 2))
    if random.random() < 0.05:
        prospect |= {"no_such_fact": 7, "touches": 99, "k1": True}
    as_of = _moment(random, NOON, random.choice((0, 0, 1, 3, 40)))
    history = [_touch(random, as_of) for _ in range(random.choice((0, 0, 1, 2, 3, 5, 8, 12)))]
    sequences = [play for play in playbook.plays if play.is_sequence]
    if sequences and random.random() < 0.5:
        history = history[:2] + _walk(random, as_of, random.choice(sequences))
    if history and random.random() < 0.2:
        history.append(dict(random.choice(history)))
    return {"prospect": {**prospect, "id": "p"}, "history": history, "as_of": _told(random, as_of)}


def _walk(random: Random, as_of: datetime, play: Play) -> list[dict[str, Any]]:
    """The first steps of a sequence, done one after the other, with a slip here and there."""
    steps = (play.steps * 3)[: random.randint(1, len(play.steps) + 1)]
    walk = []
    for number, step in enumerate(steps):
        at = as_of - timedelta(days=len(steps) - number, seconds=random.choice((0, 0, 5)))
        told: dict[str, Any] = {"at": _told(random, at), "direction": "outbound"}
        told |= {"action": step.action}
        told["channel"] = step.channel or random.choice((*CHANNELS, None))
        if step.template and random.random() < 0.7:
            told["template"] = step.template
        if random.random() < 0.1:
            told["outcome"] = random.choice(OUTBOUND_OUTCOMES)
        walk.append(told)
    return walk


def _moment(random: Random, near: datetime, days: int) -> datetime:
    """A moment some days before another, often to the second, sometimes just beside it."""
    exact = near - timedelta(days=days)
    beside = random.choice((0, 0, 0, 1, -1, 3600, -3600, 40_000))
    return exact + timedelta(seconds=beside, microseconds=random.choice((0, 0, 0, 1, 500_000)))


def _told(random: Random, moment: datetime) -> str:
    offset = timedelta(minutes=random.choice((0, 0, -360, 330, 840)))
    return moment.astimezone(timezone(offset)).isoformat()


def _touch(random: Random, as_of: datetime) -> dict[str, Any]:
    at = _moment(random, as_of, random.choice((0, 1, 2, 3, 5, 7, 7, 10, 14, 14, 20, 30, 60, -1)))
    told: dict[str, Any] = {"at": _told(random, at), "channel": random.choice((*CHANNELS, None))}
    if random.random() < 0.2:
        told |= {"direction": "inbound", "outcome": random.choice((*INBOUND_OUTCOMES, None))}
    else:
        outcome = random.choice((*OUTBOUND_OUTCOMES, *(None,) * 8))
        told |= {"direction": "outbound", "outcome": outcome}
        told["action"] = random.choice((*ACTIONS, *ACTIONS, *ACTIONS, None, "odd_one"))
    if random.random() < 0.5:
        told["channel"] = random.choice(("email", "phone"))
    if random.random() < 0.4:
        told["template"] = random.choice((*TEMPLATES, None, "unheard-of"))
    if random.random() < 0.2:
        told["id"] = random.choice(("t1", "t2", None))
    return told
