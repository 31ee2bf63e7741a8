"""What `clean-break-up` does in three years of silence."""

from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from service.decision import Decision
from tests.simulation import START, Sent, ago, answer, gaps, ready, silence

HERE = {"time_zone": "America/Chicago"}
#: Whom the silence is tried with.
PEOPLE: dict[str, dict[str, Any]] = {
    "usual": HERE,
    "on holiday a lot": {**HERE, "country": "US", "region": "IL"},
    "quick buyer": {**HERE, "buying_cycle_days": 30},
    "slow buyer": {**HERE, "buying_cycle_days": 400},
    "far away": {"time_zone": "Pacific/Auckland", "country": "NZ"},
    "favourite": {**HERE, "rapport": "strong", "existing_client": True, "sweet_spot": True},
    "no time zone": {},
    "hates calls": {**HERE, "opted_out_channels": ["phone", "voicemail"]},
}
#: What happened before the silence.
HISTORIES = {
    "nothing": (),
    "a talk": (ago(30, "email"), ago(28, "email", "follow_up")),
    "a hasty fortnight": tuple(ago(day, "email", "follow_up") for day in range(1, 14)),
}
#: How many days before the simulation the silence began.
BEGAN = {"nothing": 0, "a talk": 30, "a hasty fortnight": 13}
CYCLES = {"quick buyer": 30, "slow buyer": 400}
CASES = [(person, history, False) for person in PEOPLE for history in HISTORIES]
CASES += [(person, "a talk", True) for person in ("usual", "quick buyer", "no time zone")]
REACHABLE = [case for case in CASES if case[0] not in ("no time zone", "hates calls")]

each_case = pytest.mark.parametrize(("person", "history", "daily"), CASES)
each_reachable = pytest.mark.parametrize(("person", "history", "daily"), REACHABLE)


@cache
def silent(person: str, history: str, daily: bool) -> tuple[list[Sent], Decision]:
    """What one of them gets, and the last answer."""
    return silence("clean-break-up", PEOPLE[person], HISTORIES[history], asked_daily=daily)


def tries(person: str, history: str, daily: bool) -> list[Sent]:
    """The touches before the break-up."""
    sent, _ = silent(person, history, daily)
    return [touch for touch in sent if touch.action != "break_up"]


def last_mail(person: str, history: str, daily: bool) -> Sent:
    """The break-up e-mail."""
    sent, _ = silent(person, history, daily)
    return next(touch for touch in sent if touch.template == "break-up-email")


@each_reachable
def test_ends_with_one_mail_and_one_voicemail(person: str, history: str, daily: bool) -> None:
    """The last two touches are the break-up e-mail and voicemail, each once; then it stops (B4)."""
    sent, last = silent(person, history, daily)

    goodbyes = [(touch.channel, touch.template) for touch in sent if touch.action == "break_up"]
    assert goodbyes == [("email", "break-up-email"), ("voicemail", "break-up-voicemail")]
    assert [touch.action for touch in sent[-2:]] == ["break_up", "break_up"]
    assert (last.action, last.rule) == ("stop", "clean-break-up")


@each_reachable
def test_voicemail_comes_on_the_same_day(person: str, history: str, daily: bool) -> None:
    """The voicemail follows the e-mail as soon as a call is allowed, the same day (B4)."""
    sent, _ = silent(person, history, daily)

    assert sent[-1].at - sent[-2].at <= timedelta(hours=8)


@each_case
def test_no_break_up_before_its_time(person: str, history: str, daily: bool) -> None:
    """No break-up comes before twice the buying cycle and ten touches (B1, B2)."""
    goodbye = last_mail(person, history, daily)

    earlier = [touch for touch in HISTORIES[history] if touch["direction"] == "outbound"]
    assert len(earlier) + len(tries(person, history, daily)) >= 10
    fair = timedelta(days=2 * CYCLES.get(person, 240) - BEGAN[history])
    assert goodbye.at - START >= fair


@each_case
def test_break_up_is_not_put_off(person: str, history: str, daily: bool) -> None:
    """There is no last chance: once both are full, no touch but a planned one comes first (B3)."""
    goodbye = last_mail(person, history, daily)
    before = tries(person, history, daily)

    earlier = [touch for touch in HISTORIES[history] if touch["direction"] == "outbound"]
    fair = START + timedelta(days=2 * CYCLES.get(person, 240) - BEGAN[history])
    tenth = before[9 - len(earlier)].at if len(earlier) < 10 else START
    assert goodbye.at - max(fair, tenth) < timedelta(days=34 if daily else 2 * 34)


@each_case
def test_pace_is_steady(person: str, history: str, daily: bool) -> None:
    """Until the break-up a touch goes out every thirty days, or on the working day after (B3)."""
    found = gaps([*tries(person, history, daily), last_mail(person, history, daily)])

    assert min(found) > 29.9  # a day that the clocks go forward is an hour short
    assert max(found) < 34


@each_reachable
def test_email_and_phone_take_turns(person: str, history: str, daily: bool) -> None:
    """E-mail and phone take turns, and no text comes twice in a row (B3)."""
    turns = [touch for touch in tries(person, history, daily) if touch.rule == "turns"]

    channels = [touch.channel for touch in turns]
    assert set(channels) == {"email", "phone"}
    assert all(a != b for a, b in pairwise(channels))


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("person", ["no time zone", "hates calls"])
def test_nobody_is_rung_who_must_not_be(person: str, history: str) -> None:
    """Where no call is allowed there are e-mails only, and after the last e-mail nothing."""
    sent, last = silent(person, history, False)

    assert {touch.channel for touch in sent} == {"email"}
    assert [touch.action for touch in sent].count("break_up") == 1
    assert sent[-1].action == "break_up"
    assert last.action == ("ask_for_data" if person == "no time zone" else "stop")


def test_reply_to_the_break_up_begins_anew() -> None:
    """Whoever answers the break-up and falls silent again gets the same fair try (B7)."""
    history = (
        *(ago(20, "email", "break_up"), ago(20, "voicemail", "break_up")),
        *(ago(10, "email"), ago(9, "email", "follow_up")),
    )

    sent, last = silence("clean-break-up", HERE, history)

    goodbyes = [touch.channel for touch in sent if touch.action == "break_up"]
    assert goodbyes == ["email", "voicemail"]
    assert sent[-2].at - START >= timedelta(days=480 - 10)
    assert last.action == "stop"


def test_named_day_is_kept() -> None:
    """Whoever names a later day hears nothing before it, and hears from us on it (B7)."""
    history = (*HISTORIES["a talk"], ago(1, "email"))

    sent, _ = silence("clean-break-up", {**HERE, "revisit_on": "2026-09-01"}, history)

    assert sent[0].action == "revisit"
    assert sent[0].at.date().isoformat() == "2026-09-01"
    assert sent[1].at - sent[0].at >= timedelta(days=30)


def test_voicemail_closes_with_the_question() -> None:
    """The voicemail points to the e-mail, and its last words ask about six months (B6)."""
    history = (ago(1, "email", "break_up"),)

    decision = answer(ready("clean-break-up"), {**HERE, "first_name": "Kathy"}, history, START)

    assert decision.message is not None
    assert "e-mail" in decision.message.body
    assert decision.message.body.endswith("shall I try again in six months?")
