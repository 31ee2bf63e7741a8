"""What holds of every decision, whatever the playbook and whoever the prospect."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from service.decision import Ready, decide, make_ready, read_request
from service.playbook import Playbook, load
from service.playbook.rules import Window
from tests.oracle.clock import after, first_open, is_open, landed
from tests.oracle.draws import random_sheet
from tests.oracle.prospects import NOON, random_body
from tests.oracle.sheets import mended
from tests.oracle.story import moment
from tests.oracle.time_sweep import BEGIN, TWO_YEARS
from tests.oracle.whereabouts import ZONES, possible_zones
from tests.policies import UNGUARDED

Body = dict[str, Any]
SHIPPED = sorted((Path(__file__).parents[2] / "playbooks").glob("*.yaml"))
#: What the contact policy and the calendar look at, whatever the playbook says.
ALWAYS_USED = {
    *("id", "time_zone", "country", "region", "phone_number"),
    *("opted_out", "opted_out_channels"),
}
WARNED = ("unknown-fact", "touch-after-as-of")
#: These may not come at any hour: where no zone is possible, they do not come at all.
RING = ("phone", "voicemail", "text")
SECOND, QUARTER, NINETY_DAYS = timedelta(seconds=1), timedelta(minutes=15), timedelta(days=90)
Zones = Sequence[ZoneInfo | None]


class Asked:
    """One playbook, ready for requests, and its text."""

    def __init__(self, text: str) -> None:
        loaded = load(text)
        assert loaded.playbook is not None
        assert loaded.ruleset is not None
        self.text = text
        self.playbook: Playbook = loaded.playbook
        self.ready: Ready = make_ready(loaded.ruleset)

    def answer(self, body: Body) -> Body:
        return decide(self.ready, UNGUARDED, read_request(body, self.ready, NOON)).to_json()

    def bytes(self, body: Body) -> str:
        return json.dumps(self.answer(body))


def but_for_warnings(answer: Body) -> str:
    """An answer without the warnings that a test has asked for."""
    warnings = [each for each in answer["warnings"] if each["code"] not in WARNED]
    return json.dumps({**answer, "warnings": warnings})


def check_all(asked: Asked, random: Random) -> None:
    """Every property, for one request."""
    body = random_body(random, asked.text, asked.playbook)
    if random.random() < 0.7:
        body["prospect"]["time_zone"] = random.choice(("America/New_York", "Asia/Kolkata"))
    body["prospect"] |= {"country": random.choice((None, "US", "DE")), "region": None}
    expected = asked.answer(body)
    shuffled = {**body, "history": random.sample(body["history"], len(body["history"]))}
    later = moment(body["as_of"]) + timedelta(seconds=random.choice((1, 86_400)))
    touch = {"at": later.isoformat(), "direction": "inbound", "channel": "email",
             "outcome": "opted_out", "id": "t1"}  # fmt: skip
    told_later = {**body, "history": [*body["history"], touch]}
    irrelevant = {**body, "prospect": {**body["prospect"], **unused_facts(asked)}}

    assert asked.bytes(body) == json.dumps(expected)
    assert Asked(asked.text).bytes(body) == json.dumps(expected)
    assert asked.bytes(shuffled) == json.dumps(expected)
    assert but_for_warnings(asked.answer(told_later)) == but_for_warnings(expected)
    assert but_for_warnings(asked.answer(irrelevant)) == but_for_warnings(expected)
    check_timing(asked, body, expected)


def unused_facts(asked: Asked) -> Body:
    """Facts that the playbook does not name, and one that nobody knows."""
    facts = asked.playbook.facts.values()
    texts = [fact.name for fact in facts if fact.type == "text" and fact.origin == "caller"]
    unused = [name for name in texts if name not in asked.text and name not in ALWAYS_USED]
    return {"nobody_knows_it": 1, **dict.fromkeys(unused, "something")}


def clocks(prospect: Mapping[str, Any], channel: str | None = "email") -> Zones:
    """The clocks that count: all that may be theirs; for what contacts nobody, only a sure one."""
    zones = [ZoneInfo(name) for name in possible_zones(prospect)]
    return zones if len(zones) == 1 or (zones and channel) else [None]


def all_open(window: Window, instant: datetime, zones: Zones, country: str | None) -> bool:
    """Whether a window is open on every clock."""
    return all(is_open(window, instant, zone, country) for zone in zones)


def first_all_open(
    window: Window, instant: datetime, zones: Zones, country: str | None
) -> datetime | None:
    """The first whole second of ninety days at which a window is open on every clock.

    Windows open and close on quarters of an hour, on every clock of a country with several.
    """
    if len(zones) == 1:
        return first_open(window, instant, zones[0], country)
    asked = instant if not instant.microsecond else instant.replace(microsecond=0) + SECOND
    moment, end = asked, asked + NINETY_DAYS
    while moment <= end:
        if all_open(window, moment, zones, country):
            return moment
        moment = moment.replace(minute=moment.minute // 15 * 15, second=0) + QUARTER
    return None


def first_due(
    window: Window, instant: datetime, zones: Zones, country: str | None, channel: str | None
) -> datetime | None:
    """When something may be done first; where clocks never agree, by UTC, unless it rings."""
    found = first_all_open(window, instant, zones, country)
    if found is None and channel not in RING:
        return first_open(window, instant, None, country)
    return found


def check_timing(asked: Asked, body: Body, answer: Body) -> None:
    """What is due lies ahead, in its window, and on one of its days."""
    timing = answer["timing"]
    if timing is None:
        return
    due, not_before = moment(timing["due"]), moment(timing["not_before"])
    as_of = moment(body["as_of"])
    window = asked.ready.ruleset.windows[timing["window"]]
    country = body["prospect"].get("country")
    place = clocks(body["prospect"], answer["channel"]), country, answer["channel"]

    assert max(as_of, not_before) <= due
    assert as_of < moment(timing["expires"]) <= due + timedelta(days=7)
    assert first_due(window, due, *place) == due
    assert first_due(window, not_before, *place) == not_before
    check_overdue(timing, as_of)
    if not_before < as_of:
        assert due == first_due(window, as_of, *place)


def check_overdue(timing: Body, as_of: datetime) -> None:
    """It is overdue by the time since it could have been done; what lies ahead is not."""
    asked = as_of.replace(microsecond=0) + (SECOND if as_of.microsecond else timedelta())
    not_before = moment(timing["not_before"])
    if not_before < asked:
        assert length(timing["overdue_by"]) == asked - not_before
    else:
        assert (timing["overdue_by"], timing["not_before"]) == (None, timing["due"])


def length(written: str) -> timedelta:
    """A duration of ISO 8601."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", written)
    assert found, written
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_holds_of_the_shipped_playbooks(path: Path) -> None:
    """Order, irrelevant facts and the future change nothing; what is due is in its window."""
    asked = Asked(path.read_text(encoding="utf-8"))
    random = Random(path.stem)  # noqa: S311 - a repeatable choice, not a secret
    bodies = 6

    for _ in range(bodies):
        check_all(asked, random)


def test_there_are_shipped_playbooks() -> None:
    """They are found."""
    assert len(SHIPPED) >= 5


@settings(max_examples=25, phases=[Phase.generate])
@given(st.integers(0, 2**32))
def test_what_holds_of_random_playbooks(seed: int) -> None:
    """The same of playbooks that nobody thought of."""
    random = Random(seed)  # noqa: S311 - a repeatable choice, not a secret
    found = mended(random_sheet(random))
    assume(found is not None)
    assert found is not None
    asked = Asked(found[1])

    for _ in range(3):
        check_all(asked, random)


# ---- when something is due ----------------------------------------------------------

WINDOWS = ("business_hours", "early", "after_hours", "early_or_after_hours", "any_time",
           "weekend", "nights", "weekday_nights")  # fmt: skip
WAITS = ((0, "days"), (1, "days"), (7, "days"), (30, "days"), (5, "hours"), (36, "hours"),
         (1, "business_days"), (3, "business_days"), (12, "business_days"))  # fmt: skip
#: Each wait, and what may become of its end; only days have a beginning.
Ending = tuple[int, str, str, str]
ENDINGS: tuple[Ending, ...] = tuple(
    (*wait, roll, at)
    for wait in WAITS
    for roll in ("none", "to_business_day")
    for at in ("same_time", "window_start")
    if wait[1] != "hours" or at == "same_time"
)


def plays() -> str:
    """One play for each window and each ending of a wait."""
    return "\n".join(
        f"  - {{rule: r{n}-{m},"
        f" when: {{owner_name: {name}-{amount}-{unit}-{roll}-{at}}},"
        f" do: {{action: check_in, channel: email, window: {name},"
        f" wait: {{for: {amount} {unit}, after: last_touch, roll: {roll}, at: {at}}}}},"
        f" because: It is tried.}}"
        for n, name in enumerate(WINDOWS)
        for m, (amount, unit, roll, at) in enumerate(ENDINGS)
    )


WAITING = Asked(f"""
playbook: waiting
title: Waiting
about: One play for each window and each wait.
windows:
  weekend: {{days: [sat, sun], hours: ["09:15-12:00", "11:00-14:45"]}}
  nights: {{days: every_day, hours: 22:00-02:30, holidays: ignore}}
  weekday_nights: {{hours: 23:30-00:45}}
plays:
{plays()}
otherwise: {{action: wait, because: Nothing else.}}
""")


@settings(max_examples=150)
@given(
    st.sampled_from(WINDOWS),
    st.sampled_from(ENDINGS),
    st.none() | st.sampled_from(sorted(ZONES)),
    st.sampled_from((None, None, "US", "DE", "IN", "SA", "CN", "JP")),
    st.integers(0, TWO_YEARS // timedelta(seconds=1)),
    st.sampled_from((0, 0, 59, 3600, 86_400, 7 * 86_400, 10_000_000)),
)
def test_what_is_due_is_due_by_the_clock_on_the_wall(
    window: str,
    wait: Ending,
    zone: str | None,
    country: str | None,
    second: int,
    ago: int,
) -> None:
    """Wait and window end when a clock says so that is read minute by minute."""
    as_of = BEGIN + timedelta(seconds=second)
    check_due(window, wait, zone, country, as_of, as_of - timedelta(seconds=ago))


def check_due(
    window: str,
    wait: Ending,
    zone: str | None,
    country: str | None,
    as_of: datetime,
    touched: datetime,
) -> None:
    """One whole decision, and the same by the clock."""
    touch = {"at": touched.isoformat(), "direction": "outbound", "channel": "email"}
    prospect = {"id": "p", "owner_name": "-".join(map(str, (window, *wait))), "country": country}
    body = {"prospect": prospect | ({"time_zone": zone} if zone else {}), "history": [touch],
            "as_of": as_of.isoformat()}  # fmt: skip
    zones = clocks(prospect | {"time_zone": zone})
    hours = WAITING.ready.ruleset.windows[window]
    amount, unit, roll, at = wait
    place = (zones[0] if len(zones) == 1 else None), country
    ready_at = landed(after(touched, amount, unit, *place), roll, at, hours, *place)
    first = first_due(hours, ready_at, zones, country, "email")
    expected = first_due(hours, max(ready_at, as_of), zones, country, "email")
    assert first is not None

    timing = WAITING.answer(body)["timing"]

    assert (moment(timing["due"]), timing["window"]) == (expected, window)
    assert moment(timing["not_before"]) == (first if first < as_of else expected)
    check_overdue(timing, as_of)


def changes(zone: ZoneInfo) -> list[datetime]:
    """The hours of two years in which a zone's clock is changed."""
    hours = [BEGIN + timedelta(hours=n) for n in range(TWO_YEARS // timedelta(hours=1))]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]


@pytest.mark.parametrize(
    "zone",
    ["America/New_York", "America/Havana", "America/Nuuk", "Africa/Cairo", "Africa/Casablanca",
     "Antarctica/Troll", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Chatham"],
)  # fmt: skip
def test_what_is_due_is_due_where_the_clock_is_changed(zone: str) -> None:
    """The same in the hours around every change, skipped and repeated hours among them."""
    found = changes(ZoneInfo(zone))
    assert len(found) >= 4
    random = Random(zone)  # noqa: S311 - a repeatable choice, not a secret

    for change in found:
        for _ in range(12):
            as_of = change + timedelta(minutes=random.randint(-200, 200))
            wait = random.choice(ENDINGS)
            touched = as_of - timedelta(days=random.choice((0, wait[0])))
            window = random.choice(("nights", "weekday_nights", "weekend", "any_time"))
            check_due(window, wait, zone, None, as_of, touched)


def test_the_clock_is_utc_where_no_zone_is_known() -> None:
    """A sanity check of the clock itself."""
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)

    assert first_open(WAITING.ready.ruleset.windows["early"], noon, None) == datetime(
        2026, 11, 23, 7, 30, tzinfo=UTC
    )
