"""What random playbooks and prospects are made of: facts of every type, values near an edge."""

from dataclasses import dataclass
from random import Random
from typing import Any

from service.playbook.vocabulary import CHANNELS, STANDARD_FACTS

WORDS = ("small", "middle", "large")
#: The facts that a playbook may declare; some of them with a default.
DECLARED: dict[str, dict[str, Any]] = {
    "flag": {"type": "boolean"},
    "score": {"type": "integer"},
    "weight": {"type": "number"},
    "price": {"type": "number"},
    "tone": {"type": "text"},
    "size": {"type": "choice", "values": [*WORDS], "ordered": True},
    "twin": {"type": "choice", "values": [*WORDS], "ordered": True},
    "hue": {"type": "choice", "values": ["red", "green", "blue"]},
    "fair_on": {"type": "date"},
    "demo_at": {"type": "instant"},
    "wishes": {"type": "list"},
}
#: Facts that can be compared with each other: who draws one often draws the other.
TWINS = {
    "size": "twin",
    "weight": "price",
    "tone": "owner_name",
    "score": "other_contacts",
    "fair_on": "revisit_on",
    "demo_at": "next_meeting_at",
    "last_channel": "preferred_channel",
}
#: The standard facts that tests look at.
STANDARD = (
    *("seniority", "urgency", "deal_stage", "existing_client", "sweet_spot", "buying_cycle_days"),
    *("other_contacts", "owner_name", "open_questions", "opted_out_channels", "next_meeting_at"),
    *("revisit_on", "preferred_channel", "time_zone", "country", "touches", "attempts"),
    *("attempts_email", "attempts_voicemail", "silent_days"),
    *("days_since_last_touch", "days_since_first_touch"),
    *(
        "ever_replied",
        "last_action",
        "last_channel",
        "last_outcome",
        "last_inbound",
        "today",
        "now",
    ),
)
ACTIONS = ("follow_up", "reopen", "break_up", "check_in")
TEMPLATES = ("hello", "goodbye")
ZONES = ("America/Chicago", "Pacific/Kiritimati", "Asia/Kathmandu", "UTC", "Nowhere/At_All")
#: One clock, two names for one, several, and a country that nobody knows.
COUNTRIES = ("IN", "DE", "US", "ZZ")
DAYS = tuple(f"2026-11-{day}" for day in (18, 19, 20, 21, 22))
MOMENTS = (
    *("2026-11-20T15:00:00Z", "2026-11-20T09:00:00-06:00", "2026-11-20T15:00:01+00:00"),
    *("2026-11-20T14:59:59.500Z", "2026-11-19T23:30:00-06:00", "2026-11-21T00:00:00+14:00"),
)
_VALUES: dict[str, tuple[Any, ...]] = {
    "boolean": (True, False),
    "integer": (0, 1, 2, 3, 5, 7, 14),
    "number": (-1, 0, 1, 2, 2.5, 0.1, 0.7, 10.01, 0.3333, 1.005, 0.0003),
    "text": ("Sam", "Kim", "sailing", "5", "true"),
    "date": DAYS,
    "instant": MOMENTS,
    "list": ("budget", "time", "place"),
}
_OF_ONE_FACT: dict[str, tuple[Any, ...]] = {
    "last_action": ACTIONS,
    "time_zone": ZONES,
    "country": COUNTRIES,
    "opted_out_channels": CHANNELS,
    "buying_cycle_days": (1, 2, 7, 14),
}
#: What is beside the values that playbooks name.
_BESIDE: dict[str, tuple[Any, ...]] = {
    "integer": (-1, 4, 6, 100, 2**53),
    "number": (0.09999, 2.49999, 0.1001, 0.33335, 11, -0.00001),
    "text": ("sam", "", " ", "somebody else"),
    "date": ("2026-11-17", "2026-12-31"),
    "instant": ("2026-11-20T15:00:00.999Z", "2026-11-20T20:30:00+05:30"),
    "list": ("gift", "Budget"),
}


@dataclass(frozen=True)
class Kind:
    """What a name stands for, as far as a test has to know."""

    type: str
    words: tuple[str, ...] = ()
    ordered: bool = False

    @property
    def has_order(self) -> bool:
        """Whether more and less mean something."""
        return self.ordered or self.type in ("integer", "number", "date", "instant")

    def is_comparable(self, other: "Kind") -> bool:
        """Whether a test may compare the two."""
        if self.type in ("integer", "number"):
            return other.type in ("integer", "number")
        return self.type == other.type != "list" and self.words == other.words


def kind_of(name: str) -> Kind:
    """The kind of a declared or a standard fact."""
    if name in DECLARED:
        told = DECLARED[name]
        return Kind(told["type"], tuple(told.get("values", ())), told.get("ordered", False))
    fact = STANDARD_FACTS[name]
    return Kind(fact.type, fact.values, fact.ordered)


def constants(name: str, kind: Kind) -> tuple[Any, ...]:
    """The values that tests of a fact may name."""
    return _OF_ONE_FACT.get(name) or kind.words or _VALUES[kind.type]


def value_for(random: Random, name: str, kind: Kind) -> Any:
    """A value that a request may give a fact: one that tests name, or one beside it."""
    near = constants(name, kind)
    far = () if kind.words or name in _OF_ONE_FACT else _BESIDE.get(kind.type, ())
    if kind.type == "list":
        pool = [*near, *far]
        return [random.choice(pool) for _ in range(random.randrange(4))]
    return random.choice(near if not far or random.random() < 0.7 else far)
