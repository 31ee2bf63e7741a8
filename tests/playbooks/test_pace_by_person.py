"""`pace-by-person`, asked for three years on end, does what its doctrine says."""

from datetime import datetime, time, timedelta
from functools import cache
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest

from service.playbook.vocabulary import STANDARD_FACTS
from tests.simulation import START, Sent, ago, answer, ready, silence

NAME = "pace-by-person"
CHICAGO: dict[str, object] = {"time_zone": "America/Chicago"}
INPUTS = ("seniority", "purchase_type", "urgency")
GRID = {name: STANDARD_FACTS[name].values for name in INPUTS}
DAILY: dict[str, object] = {
    "seniority": "individual",
    "purchase_type": "commodity",
    "urgency": "critical",
}
FORTNIGHTLY: dict[str, object] = {"seniority": "vp", "purchase_type": "capital", "urgency": "none"}

SILENT: dict[str, dict[str, object]] = {
    "nothing known": {},
    "a place only": CHICAGO,
    "daily, by phone": {**CHICAGO, **DAILY},
    "quick, nobody knows where": {**DAILY, "seniority": "manager"},
    "fortnightly": {"time_zone": "Asia/Kolkata", **FORTNIGHTLY},
    "no e-mail": {**CHICAGO, "opted_out_channels": ["email"], "seniority": "director"},
    "no phone": {**CHICAGO, "opted_out_channels": ["phone"], "purchase_type": "considered"},
    "a comment": {"time_zone": "Europe/Berlin", "shared_comment": "we lose a day"},
}


each_case = pytest.mark.parametrize("case", SILENT)


@cache
def silent(case: str) -> tuple[Sent, ...]:
    """What goes out to one of them in three years of silence."""
    sent, last = silence(NAME, SILENT[case])
    assert last.action != "stop"
    return tuple(sent)


def days_of(case: str) -> int:
    """The pace of one of them."""
    return pace(*(SILENT[case].get(name) for name in INPUTS))


def pace(seniority: object, purchase_type: object, urgency: object) -> int:
    """The days that the table gives; None stands for what nobody knows."""
    given = dict(zip(INPUTS, (seniority, purchase_type, urgency), strict=True))
    facts = {name: value for name, value in given.items() if value is not None}
    decision = answer(ready(NAME), facts, [ago(1, "email", "follow_up")], START)
    return int(str(decision.facts["pace_days"]))


PACES = {
    cell: pace(*cell)
    for cell in product(*((*STANDARD_FACTS[name].values, None) for name in INPUTS))
}


@pytest.mark.parametrize(
    ("position", "rises"), [(0, True), (1, True), (2, False)], ids=list(INPUTS)
)
def test_pace_is_monotonic(position: int, rises: bool) -> None:
    """Seniority and size only ever slow the pace, urgency only ever quickens it (D5)."""
    steps = [
        (cell, (*cell[:position], after, *cell[position + 1 :]))
        for before, after in pairwise(GRID[INPUTS[position]])
        for cell in PACES
        if cell[position] == before
    ]

    wrong = [(a, b) for a, b in steps if (PACES[a] > PACES[b] if rises else PACES[a] < PACES[b])]

    assert wrong == []
    assert len(steps) > 30


@pytest.mark.parametrize("position", range(3), ids=list(INPUTS))
def test_unknown_lies_between(position: int) -> None:
    """What nobody knows is paced as something between the extremes."""
    words = GRID[INPUTS[position]]

    def at(cell: tuple[str | None, ...], word: str | None) -> int:
        return PACES[(*cell[:position], word, *cell[position + 1 :])]

    outside = [
        cell
        for cell in PACES
        if cell[position] is None
        and not min(at(cell, w) for w in words) <= PACES[cell] <= max(at(cell, w) for w in words)
    ]

    assert outside == []


def test_corners() -> None:
    """The corners of the table are the source's own (D3, D4)."""
    capital = {days for (_, kind, _), days in PACES.items() if kind == "capital"}

    assert PACES["individual", "commodity", "critical"] == 1
    assert PACES["vp", "capital", "none"] == PACES["c_level", "capital", "none"] == 14
    assert capital == {7, 10, 14}
    assert min(PACES.values()) == 1
    assert max(PACES.values()) == 14


@each_case
def test_silence_is_never_longer_than_the_pace(case: str) -> None:
    """In three years no silence is longer than the table says; calls wait for office hours (D6)."""
    days, zone = days_of(case), ZoneInfo(str(SILENT[case].get("time_zone", "UTC")))

    sent = silent(case)

    late = [
        (before, after)
        for before, after in pairwise(sent)
        if after.at > latest(before.at, days, zone, by_email=after.channel == "email")
    ]
    assert late == []
    assert len(sent) >= 3 * 365 // 15


@each_case
def test_silence_is_never_broken_sooner_than_the_pace(case: str) -> None:
    """Only a voicemail after a call that nobody took goes out before its time (D2, D6)."""
    days = days_of(case)

    sent = silent(case)

    soon = [
        (before, after)
        for before, after in pairwise(sent)
        if after.at - before.at < timedelta(days=days, hours=-1)
        and not (before.channel == "phone" and after.channel == "voicemail")
    ]
    assert soon == []


def test_daily_calls() -> None:
    """A junior buyer with a critical need is rung on every working day (D4)."""
    sent = silent("daily, by phone")

    calls = {local(touch).date() for touch in sent if touch.channel == "phone"}
    day, working_days = local(sent[1]).date(), set()
    while day <= max(calls):
        if day.weekday() < 5:
            working_days.add(day)
        day += timedelta(days=1)
    assert calls == working_days
    assert {touch.channel for touch in sent[1:]} == {"phone"}


@each_case
def test_words_change(case: str) -> None:
    """Nobody gets the same e-mail twice in a row, nor the same voicemail."""
    sent = silent(case)

    for channel in ("email", "voicemail"):
        texts = [touch.template for touch in sent if touch.channel == channel]
        assert all(a != b for a, b in pairwise(texts))


def test_after_a_good_call() -> None:
    """Thanks at once, an insight two days later, then nothing until the meeting (D1)."""
    meeting = START + timedelta(days=8)
    facts = {**CHICAGO, "seniority": "vp", "next_meeting_at": meeting.isoformat()}

    sent, _ = silence(NAME, facts, [ago(0.05, "phone", "follow_up", outcome="spoke")])

    assert [(t.action, t.at) for t in sent[:2]] == [
        ("thank_you", START),
        ("second_insight", START + timedelta(days=2)),
    ]
    assert sent[2].at >= meeting


def test_missed_meeting() -> None:
    """After a meeting that fell through: a call, a voicemail, and an e-mail at the pace (D2)."""
    booked = ago(9, "email", outcome="meeting_booked")

    sent, _ = silence(NAME, CHICAGO, [booked, ago(1, "meeting", outcome="no_show")])

    assert [(t.action, t.channel) for t in sent[:4]] == [
        ("re_engage", "phone"),
        ("re_engage", "voicemail"),
        ("re_engage", "email"),
        ("re_engage", "phone"),
    ]


def test_a_reply_is_answered_at_once() -> None:
    """Whoever replies is answered the same moment, and then the pace counts anew (D6)."""
    history = [ago(3, "email", "re_engage"), ago(0.1, "email")]

    sent, _ = silence(NAME, {**CHICAGO, **FORTNIGHTLY}, history)

    assert (sent[0].rule, sent[0].at) == ("answer-them", START)
    assert sent[1].at == START + timedelta(days=14)


def latest(before: datetime, days: int, zone: ZoneInfo, *, by_email: bool) -> datetime:
    """When the next touch must be out: after the pace, calls at the next office hour."""
    wall = before.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    while not by_email and not (wall.weekday() < 5 and time(9) <= wall.time() < time(17)):
        next_day = wall.date() + timedelta(days=wall.time() >= time(9))
        wall = datetime.combine(next_day, time(9))
    return wall.replace(tzinfo=zone)


def local(touch: Sent) -> datetime:
    """When a touch went out, in Chicago."""
    return touch.at.astimezone(ZoneInfo("America/Chicago"))
