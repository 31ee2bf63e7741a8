"""What `good-person-voicemail` does in three years of silence."""

from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.decision import Decision
from tests.simulation import SILENCE, START, Sent, ago, answer, gaps, ready, silence

CHICAGO = ZoneInfo("America/Chicago")
HERE = {"time_zone": "America/Chicago"}
#: Whom the silence is tried with. All of them talked to us once.
PEOPLE: dict[str, dict[str, Any]] = {
    "usual": HERE,
    "named": {**HERE, "first_name": "Kathy", "owner_name": "Sam"},
    "in the United States": {**HERE, "country": "US", "region": "IL"},
    "favours a rival": {**HERE, "rival_favoured": True, "in_crisis": True},
    "in trouble": {**HERE, "rival_favoured": False, "in_crisis": True},
    "hard questions open": {**HERE, "open_questions": ["rivals", "steps"]},
}
#: What happened before the silence.
HISTORIES = {
    "they spoke last": (ago(20, "email", "follow_up"), ago(1, "email")),
    "one mail": (ago(30, "email"), ago(2, "email", "follow_up")),
    "many mails": (ago(30, "email"), *(ago(day, "email", "follow_up") for day in (20, 15, 9))),
    "many calls": (ago(30, "phone"), *(ago(day, "voicemail", "follow_up") for day in (9, 5, 2))),
    "already gone": (
        *(ago(60, "email"), ago(50, "email", "follow_up")),
        *(ago(45, "voicemail", "follow_up"), ago(40, "email", "follow_up")),
    ),
    "worried before": (
        *(ago(400, "email"), ago(390, "email", "follow_up")),
        *(ago(380, "voicemail", "reopen"), ago(379, "phone")),
    ),
}
CASES = [(person, history, False) for person in PEOPLE for history in HISTORIES]
CASES += [("usual", history, True) for history in ("one mail", "they spoke last")]

each_case = pytest.mark.parametrize(("person", "history", "daily"), CASES)


@cache
def silent(person: str, history: str, daily: bool) -> tuple[list[Sent], Decision]:
    """What one of them gets, and the last answer."""
    facts, before = PEOPLE[person], HISTORIES[history]
    return silence("good-person-voicemail", facts, before, asked_daily=daily)


def worried(sent: list[Sent]) -> list[Sent]:
    """The worried voicemails among the touches."""
    return [touch for touch in sent if touch.template == "worried-about-you"]


@each_case
def test_one_worried_voicemail(person: str, history: str, daily: bool) -> None:
    """In one silence there is exactly one worried voicemail (C3)."""
    sent, _ = silent(person, history, daily)

    found = [(touch.action, touch.channel) for touch in worried(sent)]
    assert found == [("reopen", "voicemail")]


@each_case
def test_several_tries_come_first(person: str, history: str, daily: bool) -> None:
    """Before the worry at least two e-mails and one voicemail went unanswered (C3)."""
    sent, _ = silent(person, history, daily)

    talked = max(touch["at"] for touch in HISTORIES[history] if touch["direction"] == "inbound")
    tried = [touch["channel"] for touch in HISTORIES[history] if touch["at"] > talked]
    tried += [str(touch.channel) for touch in sent[: sent.index(worried(sent)[0])]]
    assert tried.count("email") >= 2
    assert tried.count("voicemail") >= 1


@each_case
def test_week_of_quiet_comes_first(person: str, history: str, daily: bool) -> None:
    """Nothing goes out in the week before the worried voicemail (C3, C5)."""
    sent, _ = silent(person, history, daily)

    voicemail = worried(sent)[0]
    earlier = [datetime.fromisoformat(touch["at"]) for touch in HISTORIES[history]]
    earlier += [touch.at for touch in sent[: sent.index(voicemail)]]
    quiet = voicemail.at - max(earlier)
    assert quiet >= timedelta(days=7)
    assert quiet < timedelta(days=11) or history == "already gone"  # a long weekend at most


@each_case
def test_colleagues_come_next(person: str, history: str, daily: bool) -> None:
    """Other people at the firm come next, no sooner than three working days later (C4)."""
    sent, _ = silent(person, history, daily)

    place = sent.index(worried(sent)[0])
    assert [touch.action for touch in sent[place + 1 : place + 3]] == ["contact_colleague"] * 2
    asked, worry = sent[place + 1].at.astimezone(CHICAGO), sent[place].at.astimezone(CHICAGO)
    days = [worry.date() + timedelta(days=n) for n in range(1, (asked - worry).days + 1)]
    assert sum(day.isoweekday() <= 5 for day in days) >= 3
    assert not any(touch.action == "contact_colleague" for touch in sent[:place])


@each_case
def test_persistence_stays_quiet(person: str, history: str, daily: bool) -> None:
    """After the colleagues there is a quiet note a month, for as long as it takes (C5)."""
    sent, last = silent(person, history, daily)

    notes = sent[sent.index(worried(sent)[0]) + 3 :]
    assert {touch.rule for touch in notes} == {"keep-the-door-open"}
    assert min(gaps(notes)) > 29.9
    assert all(a.template != b.template for a, b in pairwise(notes))
    assert last.action != "stop"
    assert START + SILENCE - sent[-1].at < timedelta(days=34)


@pytest.mark.parametrize("person", PEOPLE)
def test_hard_questions_come_while_they_talk(person: str) -> None:
    """Who spoke last is asked what is still open, and is answered otherwise (C2)."""
    sent, _ = silent(person, "they spoke last", False)

    asked = "ask_discovery" if person == "hard questions open" else "follow_up"
    assert (sent[0].action, sent[0].at) == (asked, START)


def test_new_silence_allows_a_new_worry() -> None:
    """Whoever answered the worry and fell silent again may be worried about once more (C3)."""
    sent, _ = silent("usual", "worried before", False)

    assert len(worried(sent)) == 1


def test_strangers_are_not_worried_about() -> None:
    """Who never spoke to us gets the usual tries and quiet notes, and no worry (C1)."""
    sent, _ = silence("good-person-voicemail", HERE)

    assert {touch.action for touch in sent} == {"follow_up", "add_value"}


@pytest.mark.parametrize("history", ["one mail", "many mails", "already gone"])
def test_nobody_is_rung_at_an_unknown_hour(history: str) -> None:
    """Without a time zone nothing goes out when a call is next; the answer asks for it."""
    sent, last = silence("good-person-voicemail", {}, HISTORIES[history])

    assert sent == []
    assert (last.action, last.facts_needed) == ("ask_for_data", ("time_zone",))


@pytest.mark.parametrize("person", PEOPLE)
def test_no_worry_for_those_who_want_no_calls(person: str) -> None:
    """Who wants no voicemail gets quiet notes by e-mail and nothing else."""
    facts = {**PEOPLE[person], "opted_out_channels": ["voicemail", "phone"]}

    sent, _ = silence("good-person-voicemail", facts, HISTORIES["one mail"])

    assert {touch.channel for touch in sent} == {"email"}
    assert min(gaps(sent)) > 29.9


def test_cause_is_told() -> None:
    """The likeliest cause that the facts speak for stands in the reasons of the answer (C1)."""
    facts = {**HERE, "in_crisis": True, "personal_news": True}

    decision = answer(ready("good-person-voicemail"), facts, HISTORIES["already gone"], START)

    told = {rule["rule"]: rule["facts"] for rule in decision.rules}
    assert told["worried-voicemail"]["likely_cause"] == "crisis"
    assert "likely-cause" in told
