"""What `never-give-up` does in three years of silence."""

from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from service.decision import Decision
from tests.simulation import SILENCE, START, Sent, ago, gaps, silence

HERE = {"time_zone": "America/Chicago"}
#: Whom the silence is tried with; nothing is known about the first.
PEOPLE: dict[str, dict[str, Any]] = {
    "nobody": {},
    "stranger": {**HERE, "rapport": "none", "existing_client": True},
    "acquaintance": {**HERE, "rapport": "some"},
    "client": {**HERE, "rapport": "some", "existing_client": True},
    "friend": {**HERE, "rapport": "strong", "country": "US"},
    "friend without a zone": {"rapport": "strong"},
    "friend who hates calls": {**HERE, "rapport": "strong", "opted_out_channels": ["phone"]},
    "friend who hates parcels": {**HERE, "rapport": "strong", "opted_out_channels": ["mail"]},
    "friend who hates mails": {**HERE, "rapport": "strong", "opted_out_channels": ["email"]},
    "friend with a phone": {**HERE, "opted_out_channels": ["email", "mail"]},
}
#: What happened before the silence.
HISTORIES = {
    "nothing": (),
    "a talk": (ago(30, "email"), ago(28, "email", "follow_up")),
    "a hasty week": tuple(ago(day, "email", "follow_up") for day in (6, 4, 2)),
}
NO_EMAIL = ("friend who hates mails", "friend with a phone")
#: How many days before the simulation the silence began.
BEGAN = {"nothing": 0, "a talk": 30, "a hasty week": 6}
FRIENDS = (
    "client",
    "friend",
    "friend without a zone",
    "friend who hates calls",
    "friend who hates parcels",
)
CASES = [(person, history, False) for person in PEOPLE for history in HISTORIES]
CASES += [(person, "a talk", True) for person in ("nobody", "stranger", "friend")]

BY_EMAIL = [case for case in CASES if case[0] not in NO_EMAIL]

each_case = pytest.mark.parametrize(("person", "history", "daily"), CASES)


@cache
def silent(person: str, history: str, daily: bool) -> tuple[list[Sent], Decision]:
    """What one of them gets, and the last answer."""
    return silence("never-give-up", PEOPLE[person], HISTORIES[history], asked_daily=daily)


def drip(person: str, history: str, daily: bool) -> list[Sent]:
    """The touches of the drip among them, those of the last resort too."""
    sent, _ = silent(person, history, daily)
    return [touch for touch in sent if touch.rule in ("drip", "drip-by-email", "a-useful-call", "")]


@each_case
def test_silence_never_ends_it(person: str, history: str, daily: bool) -> None:
    """After three years of silence there is still a touch to come, as soon as ever (A1)."""
    sent, last = silent(person, history, daily)

    pace = 94 if person in NO_EMAIL else 24
    assert last.action != "stop"
    assert START + SILENCE - sent[-1].at < timedelta(days=pace)
    assert max(gaps(sent)) < pace


@each_case
def test_drip_is_subtle(person: str, history: str, daily: bool) -> None:
    """Nobody hears from us more than once in three weeks (A3)."""
    sent, _ = silent(person, history, daily)

    assert min(gaps(sent)) > 20.9  # a day that the clocks go forward is an hour short


@each_case
def test_most_touches_help(person: str, history: str, daily: bool) -> None:
    """Of any four drip touches at least three help, and at most one is a hello (A4)."""
    actions = [touch.action for touch in drip(person, history, daily)]

    fours = [actions[i : i + 4] for i in range(len(actions) - 3)]
    assert fours
    for four in fours:
        assert sum(action in ("add_value", "send_sample") for action in four) >= 3
        assert four.count("check_in") <= 1


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("person", ["stranger", "acquaintance", "friend"])
def test_drip_has_all_three_kinds(person: str, history: str) -> None:
    """Who can be reached gets help by e-mail, samples by post, and now and then a call (A3)."""
    kinds = {(touch.action, touch.channel) for touch in drip(person, history, False)}

    assert kinds == {("add_value", "email"), ("send_sample", "mail"), ("check_in", "phone")}


@pytest.mark.parametrize(("person", "history", "daily"), BY_EMAIL)
def test_no_text_comes_twice_in_a_row(person: str, history: str, daily: bool) -> None:
    """Nobody whom we may write to gets the same text twice in a row."""
    sent, _ = silent(person, history, daily)

    assert all(a.template != b.template for a, b in pairwise(sent))


@each_case
def test_humour_is_for_friends(person: str, history: str, daily: bool) -> None:
    """Only friends, and clients who like us a little, are ever laughed with (A5)."""
    sent, _ = silent(person, history, daily)

    assert any(touch.action == "reopen" for touch in sent) == (person in FRIENDS)


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("person", FRIENDS)
def test_humour_is_rare(person: str, history: str) -> None:
    """Humour waits for three touches and two weeks, then rests half a year each time (A5)."""
    sent, _ = silent(person, history, False)

    jokes = [touch for touch in sent if touch.action == "reopen"]
    earlier = [touch for touch in HISTORIES[history] if touch["direction"] == "outbound"]
    assert len(earlier) + sent.index(jokes[0]) >= 3
    assert jokes[0].at - START >= timedelta(days=14 - BEGAN[history])
    assert len(jokes) >= 4
    assert min(gaps(jokes)) >= 180


@each_case
def test_one_plain_question(person: str, history: str, daily: bool) -> None:
    """In one silence there is one question about the right person, after six weeks (A6)."""
    sent, _ = silent(person, history, daily)

    asked = [touch for touch in sent if touch.action == "ask_still_contact"]
    assert len(asked) == (person not in NO_EMAIL)
    assert all(touch.at - START >= timedelta(days=45 - BEGAN[history]) for touch in asked)


def test_question_comes_again_in_a_new_silence() -> None:
    """Whoever answered and fell silent again is asked once more (A6)."""
    history = (
        *(ago(400, "email", "ask_still_contact"), ago(399, "email")),
        ago(398, "email", "follow_up"),
    )

    sent, _ = silence("never-give-up", PEOPLE["stranger"], history)

    assert [touch.action for touch in sent].count("ask_still_contact") == 1


def test_old_contact_is_left_in_peace() -> None:
    """When the contact has left, the successor is looked for, and nothing else happens (A7)."""
    facts = {**PEOPLE["friend"], "contact_left": True}

    sent, last = silence("never-give-up", facts, HISTORIES["a talk"])

    assert [(touch.action, touch.channel) for touch in sent] == [("find_new_contact", None)]
    assert last.action == "stop"


@pytest.mark.parametrize("outcome", ["opted_out", "complained", "declined"])
@pytest.mark.parametrize("person", PEOPLE)
def test_request_to_stop_ends_it(person: str, outcome: str) -> None:
    """Whoever asks us to stop hears nothing more, on any channel (A8)."""
    history = (*HISTORIES["a talk"], ago(1, "email", outcome=outcome))

    sent, last = silence("never-give-up", PEOPLE[person], history)

    assert sent == []
    assert (last.action, last.reason) == ("stop", "STOPPED")
