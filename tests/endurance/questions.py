"""Prospects and histories at random, in the words of a playbook."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from service.decision import Ready

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)

_CHANNELS = ("email", "phone", "voicemail", "text", "social", "mail", "meeting")
_OUTCOMES = {
    "outbound": ("sent", "delivered", "opened", "bounced", "no_answer", "voicemail_left", "spoke"),
    "inbound": ("replied", "auto_reply", "declined", "meeting_booked", "no_show", "opted_out"),
}
_ZONES = ("America/Chicago", "Asia/Kathmandu", "Pacific/Apia", "Europe/London", "Nowhere/At_All")
_COUNTRIES = ("US", "DE", "IN", "ZZ")
_TEXTS = ("x", "Kathy", "\u05d0\u200f", "\U0001f600", "{{ id }}", "a" * 400)


def question(random: Random, ready: Ready, touches: int = 8) -> dict[str, Any]:
    """A request of the right shape, with up to so many touches; it can always be answered."""
    mine = [name for name, fact in ready.facts.items() if fact.origin == "caller"]
    chosen = random.sample(mine, random.randint(0, len(mine)))
    given = {name: _value(random, name, ready) for name in chosen}
    history = [_touch(random, ready) for _ in range(random.randint(0, touches))]
    return {
        "prospect": {**given, "id": "c-1"},
        "history": history,
        "as_of": (NOW + timedelta(hours=random.randrange(9_000))).isoformat(),
    }


def _value(random: Random, name: str, ready: Ready) -> object:
    fact = ready.facts[name]
    match name:
        case "time_zone":
            return random.choice(_ZONES)
        case "country":
            return random.choice(_COUNTRIES)
    lowest = fact.minimum or 0
    values: Mapping[str, object] = {
        "boolean": random.random() < 0.5,
        "integer": random.choice([lowest, lowest + 1, lowest + random.randrange(400), 2**53]),
        "number": random.choice([0, 1, 2.5, 1e6]),
        "choice": random.choice(fact.values or ("",)),
        "date": str((NOW + timedelta(days=random.randint(-400, 400))).date()),
        "instant": _moment(random),
        "list": random.sample(_TEXTS, random.randint(0, 3)),
        "text": random.choice(_TEXTS),
    }
    return values[fact.type]


def _moment(random: Random) -> str:
    return (NOW + timedelta(minutes=random.randint(-900_000, 20_000))).isoformat()


def _touch(random: Random, ready: Ready) -> dict[str, Any]:
    direction = random.choice(["outbound", "outbound", "outbound", "inbound"])
    touch = {
        "at": _moment(random),
        "direction": direction,
        "channel": random.choice(_CHANNELS),
        "outcome": random.choice(_OUTCOMES[direction]),
    }
    if direction == "outbound":
        touch["action"] = random.choice(["follow_up", "reopen", "break_up", "strange"])
        touch["template"] = random.choice(["", *ready.messages])
    return touch
