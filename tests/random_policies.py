"""Random contact policies, and what they look at of a prospect."""

from datetime import date, timedelta
from random import Random
from typing import Any

from service.decision.guards import Guards, make_guards
from service.playbook.rules import Window
from service.playbook.vocabulary import CHANNELS
from service.policy.policy import (
    Audience,
    Cap,
    Consent,
    Demand,
    Gap,
    Hours,
    Jurisdiction,
    NoHolidays,
    Per,
    Policy,
    Registry,
    Rest,
    Row,
    Seller,
)

_COUNTRIES = ("US", "GB", "FR")
_REGIONS = ("", "", "IL", "FL")
_DAYS = (date(2026, 1, 1), date(2026, 11, 20), date(2026, 12, 1), date(2027, 3, 1))
#: None is longer than the ninety days for which a contact is put off: of what is barred because
#: it opens later, nobody says to the second when that ends.
_SPANS = (timedelta(hours=4), timedelta(days=1), timedelta(days=7), timedelta(days=60))
_PER: tuple[Per, ...] = ("prospect", "account")
_AUDIENCES: tuple[tuple[Audience, ...], ...] = ((), (), ("b2b",), ("b2c",))


def random_guards(random: Random) -> Guards:
    """Up to six rows about anything, laws among them."""
    rows = tuple(_row(random, number) for number in range(random.randint(0, 6)))
    return make_guards(Policy("random", "Random", "", Seller(random.choice(("", "US"))), rows, ""))


def _row(random: Random, number: int) -> Row:
    channels = random.choice((("email",), ("phone", "voicemail"), CHANNELS, ()))
    law = _law(random) if random.random() < 0.4 else None
    audience = law.audience if law else random.choice(_AUDIENCES)
    return Row(f"row-{number}", channels, _demand(random), "Because.", 1, audience, law)


def _law(random: Random) -> Jurisdiction:
    begins, ends = random.choice((None, *_DAYS)), random.choice((None, None, *_DAYS))
    country, region = random.choice(_COUNTRIES), random.choice(_REGIONS)
    audience = random.choice(_AUDIENCES)
    return Jurisdiction(country, region, audience, begins, ends, "A law", _DAYS[0])


def _demand(random: Random) -> Demand:
    purchase, inquiry = (random.choice((None, 1, 30, 730)) for _ in range(2))
    opens = random.choice((0, 480, 720))
    days = random.choice(((), (1, 2, 3, 4, 5, 6, 7), (1, 3, 6)))
    window = Window("hours", days, ((opens, random.choice((840, 1200, 1440))),), bool(days))
    return random.choice(
        (
            Hours(window, random.choice(((), (), ("Europe/Paris",)))),
            Cap(random.randint(1, 3), random.choice(_SPANS), random.choice(_PER)),
            Gap(random.choice(_SPANS[:3]), random.random() < 0.5),
            NoHolidays(("prospect", "seller")),
            Consent(purchase, inquiry),
            Rest(random.choice((1, 30, 90))),
            Registry(purchase, inquiry),
        )
    )


def facts_for_guards(random: Random) -> dict[str, Any]:
    """Some of what guards look at, as a request gives it."""
    some: dict[str, tuple[Any, ...]] = {
        "opted_out": (False, False, True),
        "opted_out_channels": ([], ["phone"], ["email"]),
        "do_not_call": (True, False),
        "consented_channels": ([], ["email"], ["phone", "email"]),
        "audience": ("b2b", "b2c"),
        "country": (*_COUNTRIES, "DE"),
        "region": ("IL", "FL"),
        "phone_number": ("+1 312 555 0100", "+49 30 1234567"),
        "email_changed_at": ("2026-11-19T09:00:00Z",),
        "phone_changed_at": ("2026-10-01T09:00:00Z",),
        "last_purchase_on": ("2026-11-19", "2025-01-01"),
        "last_inquiry_on": ("2026-10-25", "2024-01-01"),
        "out_of_office_until": ("2026-11-10", "2026-11-25", "2027-01-11"),
    }
    chance = random.choice((0.1, 0.4, 0.8))
    return {name: random.choice(told) for name, told in some.items() if random.random() < chance}
