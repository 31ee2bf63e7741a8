"""Three years of each shipped playbook under the contact policy: never broken, and hardly slower.

Every touch is held against a second reading of the policy and of the laws, in `policy_read`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.decision import decide
from service.decision.forward import play_forward
from service.decision.guards import Guards, make_guards
from service.decision.timeline import Assumption, Timeline
from service.policy import load_policy
from service.store.in_force.packs import open_packs
from tests.playbooks.policy_read import Case, Reading, Touch, reading
from tests.policies import SHIPPED, UNGUARDED
from tests.simulation import PLAYBOOKS, START, ready

NAMES = sorted(path.stem for path in PLAYBOOKS.glob("*.yaml"))
DEFAULT = (PLAYBOOKS / "policy" / "default.yaml").read_text("utf-8")
LAWS = PLAYBOOKS / "policy" / "laws"
THREE_YEARS, YEAR = 3 * 365, 365
#: Its daily touches take long to reckon, so most prospects are not followed for as long.
QUICK = "pace-by-person"

AMERICA = (
    *("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix"),
    *("America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu"),
)
PROPOSAL = {"deal_stage": "proposal"}
URGENT = {"seniority": "individual", "purchase_type": "commodity", "urgency": "critical"}
ILLINOIS = {"time_zone": "America/Chicago", "country": "US", "region": "IL"}
#: What they are, and where their clocks can be.
PEOPLE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "a manager in Illinois": ({**ILLINOIS, "seniority": "manager"}, ("America/Chicago",)),
    "an urgent buyer in Illinois": ({**ILLINOIS, **URGENT}, ("America/Chicago",)),
    "a friend in London": (
        {"time_zone": "Europe/London", "country": "GB", "rapport": "strong", **PROPOSAL},
        ("Europe/London",),
    ),
    "an urgent buyer in Kolkata": (
        {"time_zone": "Asia/Kolkata", "country": "IN", **URGENT, **PROPOSAL},
        ("Asia/Kolkata",),
    ),
    "an executive in Auckland": (
        {"time_zone": "Pacific/Auckland", "country": "NZ", "seniority": "c_level", **PROPOSAL},
        ("Pacific/Auckland",),
    ),
    "a client in São Paulo": (
        {
            **PROPOSAL,
            "time_zone": "America/Sao_Paulo",
            "country": "BR",
            "rapport": "some",
            "existing_client": True,
            "other_contacts": 2,
        },
        ("America/Sao_Paulo",),
    ),
    "a director in Dubai": (
        {"time_zone": "Asia/Dubai", "country": "AE", "seniority": "director"},
        ("Asia/Dubai",),
    ),
    "somebody anywhere": (PROPOSAL, ()),
    "somebody in America": ({"country": "US", "rapport": "some", **PROPOSAL}, AMERICA),
    "somebody in Japan": ({"country": "JP", "rapport": "strong", **PROPOSAL}, ("Asia/Tokyo",)),
    "a British number": ({"phone_number": "+442079460000"}, ("Europe/London",)),
    "a consumer in Denver": (
        {"time_zone": "America/Denver", "country": "US", "region": "CO", "audience": "b2c"},
        ("America/Denver",),
    ),
    "no calls": ({**ILLINOIS, "opted_out_channels": ["phone", "voicemail"]}, ("America/Chicago",)),
    "no e-mail": ({**ILLINOIS, "opted_out_channels": ["email"]}, ("America/Chicago",)),
}
PAIRS = [(name, person) for name in NAMES for person in PEOPLE]


def guards_of(text: str) -> Guards:
    """A policy's text made ready, with all the laws that ship."""
    loaded = load_policy(text, open_packs(LAWS).laws)
    assert loaded.diagnostics == ()
    assert loaded.policy is not None
    return make_guards(loaded.policy)


ALL_LAWS = f"laws: [{', '.join(path.stem for path in sorted(LAWS.glob('*.yaml')))}]\n"
SELLER_IN_BAVARIA = DEFAULT.replace("rules:\n", "seller: {country: DE, region: BY}\nrules:\n", 1)
GUARDS = {
    "none": UNGUARDED,
    "default": SHIPPED,
    "a seller": guards_of(SELLER_IN_BAVARIA),
    "laws": guards_of(DEFAULT.replace("laws: []\n", ALL_LAWS)),
}
READINGS: dict[str, Reading] = {
    "default": reading(DEFAULT),
    "a seller": reading(SELLER_IN_BAVARIA),
    "laws": reading(DEFAULT, LAWS),
}


def played(
    name: str,
    policy: str,
    facts: Mapping[str, Any],
    *,
    days: int = YEAR,
    assume: tuple[Assumption, ...] = (),
    **more: Any,
) -> Timeline:
    """A playbook played forward under a policy."""
    book, guards = ready(name), GUARDS[policy]
    return play_forward(
        book,
        lambda request: decide(book, guards, request),
        {"prospect": {"id": "p-1", **facts}, "history": [], **more},
        START,
        assume=assume,
        days=days,
        most_touches=2_000,
        most_work=10**9,
    )


@cache
def silent(name: str, policy: str, person: str) -> Timeline:
    """What somebody who never says a word gets."""
    days = YEAR if name == QUICK else THREE_YEARS
    return played(name, policy, PEOPLE[person][0], days=days)


def contacts(name: str, line: Timeline) -> list[Touch]:
    """The contacts of a timeline."""
    sequences = {play.name for play in ready(name).ruleset.plays if play.is_sequence}
    return [
        Touch(entry.at, entry.channel, entry.rule if entry.rule in sequences else "")
        for entry in line.entries
        if entry.channel is not None
    ]


def closest(line: Timeline) -> timedelta:
    """The shortest time between contacts."""
    moments = [entry.at for entry in line.entries if entry.channel]
    return min((b - a for a, b in pairwise(moments)), default=timedelta.max)


# ---- the default policy -------------------------------------------------------------


@pytest.mark.parametrize(("name", "person"), PAIRS)
def test_no_touch_breaks_the_default_policy(name: str, person: str) -> None:
    """Each is at a good hour, on a good day, not too soon and not too many."""
    facts, zones = PEOPLE[person]

    touches = contacts(name, silent(name, "default", person))

    assert list(READINGS["default"].broken(Case(facts, zones), touches)) == []


@pytest.mark.parametrize(("name", "person"), PAIRS)
def test_the_default_policy_leaves_a_playbook_its_pace(name: str, person: str) -> None:
    """As many touches as without it, or hardly fewer; and the same end for the same reason."""
    free, held = silent(name, "none", person), silent(name, "default", person)

    assert abs(len(free.entries) - len(held.entries)) <= max(1, len(free.entries) // 50)
    assert (held.end.why, held.end.rule) == (free.end.why, free.end.rule)
    assert held.end.because == free.end.because
    assert closest(held) >= closest(free) - timedelta(hours=1)  # where the clocks change


@pytest.mark.parametrize("person", ["an urgent buyer in Kolkata", "a manager in Illinois"])
def test_the_quickest_playbook_keeps_it_for_three_years(person: str) -> None:
    """A touch a day, for as long as it takes."""
    facts, zones = PEOPLE[person]

    line = played(QUICK, "default", facts, days=THREE_YEARS)

    assert list(READINGS["default"].broken(Case(facts, zones), contacts(line.playbook, line))) == []
    assert len(line.entries) > 300
    assert line.end.why == "end_of_time"


@pytest.mark.parametrize("name", NAMES)
def test_calls_rest_on_the_holidays_of_the_seller_too(name: str) -> None:
    """Ours in Bavaria, theirs in Illinois."""
    facts, zones = PEOPLE["an urgent buyer in Illinois"]

    touches = contacts(name, silent(name, "a seller", "an urgent buyer in Illinois"))

    assert list(READINGS["a seller"].broken(Case(facts, zones), touches)) == []


# ---- where the policy has to hold something back ------------------------------------

SATURDAY_NIGHT = datetime(2026, 1, 11, 4, 50, tzinfo=UTC)  # ten to eleven in Chicago


def busy(hours_ago: tuple[float, ...], channel: str) -> list[dict[str, Any]]:
    """Touches of the last days, as a request has them."""
    return [
        {
            "at": (START - timedelta(hours=hours)).isoformat(),
            "direction": "outbound",
            "channel": channel,
            "action": "follow_up",
        }
        for hours in hours_ago
    ]


#: It calls for a call at once, and is no answer.
NO_SHOW = {
    "at": (START - timedelta(minutes=6)).isoformat(),
    "direction": "inbound",
    "channel": "meeting",
    "outcome": "no_show",
}
CROWDED: dict[str, dict[str, Any]] = {
    "eight e-mails in a week": {"history": busy((20, 40, 60, 80, 100, 120, 140, 160), "email")},
    "three calls today": {"history": [*busy((2, 4, 6), "phone"), NO_SHOW]},
    "a call a moment ago": {"history": [*busy((0.2,), "phone"), NO_SHOW]},
    "twelve with colleagues": {"account_history": busy(tuple(range(5, 160, 13)), "email")},
    "asked on Saturday night": {"as_of": SATURDAY_NIGHT.isoformat()},
}


@pytest.mark.parametrize("crowd", CROWDED)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_too_much_is_held_and_not_bunched(name: str, crowd: str) -> None:
    """Whatever went before, no rule is broken afterwards, and the pace comes back."""
    facts, zones = PEOPLE["an urgent buyer in Illinois"]
    asked = CROWDED[crowd]
    before = [
        Touch(datetime.fromisoformat(touch["at"]), touch["channel"])
        for touch in asked.get("history", ())
        if touch["direction"] == "outbound"
    ]
    account = [datetime.fromisoformat(touch["at"]) for touch in asked.get("account_history", ())]

    days = 90 if name == QUICK else YEAR
    free = played(name, "none", facts, days=days, **asked)
    held = played(name, "default", facts, days=days, **asked)

    case = Case(facts, zones, before, account)
    assert list(READINGS["default"].broken(case, contacts(name, held))) == []
    assert len(free.entries) - 8 <= len(held.entries) <= len(free.entries) + 1
    assert closest(held) >= min(closest(free), timedelta(hours=12)) - timedelta(hours=1)


def test_there_was_something_to_hold() -> None:
    """The cases above are not all let through: each rule about when holds one of them."""
    facts = PEOPLE["an urgent buyer in Illinois"][0]

    lines = [
        played(name, "default", facts, days=14, **asked)
        for name in NAMES
        for asked in CROWDED.values()
    ]

    held = {str(verdict["guard"]) for line in lines for e in line.entries for verdict in e.held}
    counted = {"contacts-a-week", "calls-a-day", "contacts-of-an-account"}
    assert held >= counted | {"breathing-space"}


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_met_with_a_heap_on_their_return(name: str) -> None:
    """Whoever is away for three weeks gets nothing then, and afterwards one thing at a time."""
    facts, zones = PEOPLE["an urgent buyer in Illinois"]
    back = date(2026, 3, 2)
    away = Assumption(
        2, outcome="out_of_office", days_later=1, facts={"out_of_office_until": back.isoformat()}
    )

    line = played(name, "default", {**facts, **PROPOSAL}, assume=(away,))

    touches = contacts(name, line)
    assert list(READINGS["default"].broken(Case(facts, zones), touches)) == []
    days = [touch.at.astimezone(ZoneInfo(zones[0])).date() for touch in touches]
    since = [happened.at.date() for happened in line.assumed]
    assert not [day for day in days if since and since[0] < day <= back]
    assert max((days.count(day) for day in days if day > back), default=0) <= 2
    assert not [
        touch for touch in touches if not touch.sequence and days.count(touch.at.date()) > 2
    ]


# ---- the laws, all at once ----------------------------------------------------------

ALL_CHANNELS = ["email", "phone", "voicemail", "text", "social"]
PLACES: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "Illinois": (ILLINOIS, ("America/Chicago",)),
    "Florida": (
        {"time_zone": "America/New_York", "country": "US", "region": "FL"},
        ("America/New_York",),
    ),
    "El Paso": (
        {"time_zone": "America/Denver", "country": "US", "region": "TX"},
        ("America/Denver",),
    ),
    "America": ({"country": "US"}, AMERICA),
    "France": ({"time_zone": "Europe/Paris", "country": "FR"}, ("Europe/Paris",)),
    "Britain": ({"time_zone": "Europe/London", "country": "GB"}, ("Europe/London",)),
    "Sydney": (
        {"time_zone": "Australia/Sydney", "country": "AU", "region": "NSW"},
        ("Australia/Sydney",),
    ),
    "Canada": (
        {"time_zone": "America/Toronto", "country": "CA", "region": "ON"},
        ("America/Toronto",),
    ),
    "anywhere": ({}, ()),
    "a clock and no country": ({"time_zone": "Europe/Paris"}, ("Europe/Paris",)),
}
WILLING = {"do_not_call": False, "consented_channels": ALL_CHANNELS}
DEALT = {"last_purchase_on": "2025-06-01", "last_inquiry_on": "2025-12-20"}
CONSENTS: dict[str, dict[str, Any]] = {
    "a business": {"audience": "b2b", **WILLING},
    "a consumer": {"audience": "b2c", **WILLING},
    "a consumer who only bought": {
        "audience": "b2c",
        "do_not_call": True,
        "consented_channels": [],
        **DEALT,
    },
    "nobody asked": {"rapport": "strong", **PROPOSAL},
}
LEGAL = [(name, place, consent) for name in NAMES for place in PLACES for consent in CONSENTS]


@pytest.mark.parametrize(("name", "place", "consent"), LEGAL)
def test_no_touch_breaks_a_law(name: str, place: str, consent: str) -> None:
    """Under all laws that ship, and the default policy as well."""
    where, zones = PLACES[place]
    facts = {**where, **URGENT, **CONSENTS[consent]}

    line = played(name, "laws", facts, days=90 if name == QUICK else 270)

    assert list(READINGS["laws"].broken(Case(facts, zones), contacts(name, line))) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", [place for place in PLACES if PLACES[place][0].get("country")])
def test_laws_leave_a_business_that_agreed_its_pace(name: str, place: str) -> None:
    """Whoever consented, is on no list and lives somewhere hears from us as planned."""
    facts = {**PLACES[place][0], **PROPOSAL, **CONSENTS["a business"]}

    days = 90 if name == QUICK else YEAR
    free, held = (played(name, policy, facts, days=days) for policy in ("none", "laws"))

    assert abs(len(free.entries) - len(held.entries)) <= max(1, len(free.entries) // 20)
    assert (held.end.why, held.end.rule) == (free.end.why, free.end.rule)


def test_the_reading_sees_what_is_broken() -> None:
    """It is no reading that finds nothing: every kind of rule and law is broken by some touch."""
    facts = {**PLACES["Illinois"][0], "audience": "b2c", "do_not_call": True}
    night = datetime(2026, 7, 4, 5, tzinfo=UTC)
    calls = [Touch(night + timedelta(minutes=10 * number), "text") for number in range(13)]
    french = Case({"country": "FR", "audience": "b2c"}, ("Europe/Paris",), declined=(night,))

    broken = [
        *READINGS["laws"].broken(Case(facts, ("America/Chicago",)), calls),
        *READINGS["laws"].broken(french, [Touch(touch.at, "phone") for touch in calls]),
        *READINGS["laws"].broken(
            Case({"opted_out_channels": ["mail"]}, ()), [Touch(night, "mail")]
        ),
    ]

    found = {line.split(":")[0] for line in broken}
    default = {row["guard"] for row in READINGS["default"].rows}
    assert found >= default | {"do-not-call", "opt-out"}
    assert found >= {"us-calling-hours", "us-do-not-call"}
    assert found >= {"france-hours", "france-cap", "france-rest"}
