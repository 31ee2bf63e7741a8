"""`courteous-persistence`, asked for three years on end, does what its doctrine says."""

from datetime import time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.playbook import load
from tests.simulation import PLAYBOOKS, START, Sent, ago, answer, ready, silence

NAME = "courteous-persistence"
CHICAGO = {"time_zone": "America/Chicago", "deal_stage": "proposal"}
PEOPLE: dict[str, dict[str, Any]] = {
    "a stranger": CHICAGO,
    "a stranger with colleagues": {**CHICAGO, "other_contacts": 2, "rapport": "none"},
    "somebody who trusts us": {**CHICAGO, "rapport": "some", "other_contacts": 1},
    "a friend": {**CHICAGO, "rapport": "strong", "personal_contact_known": True},
    "a friend in India": {**CHICAGO, "rapport": "strong", "time_zone": "Asia/Kolkata"},
    "screened in Sydney": {
        "deal_stage": "negotiation",
        "rapport": "some",
        "calls_screened": True,
        "time_zone": "Australia/Sydney",
    },
    "a friend somewhere": {"deal_stage": "proposal", "rapport": "strong"},
    "a friend without a phone": {
        **CHICAGO,
        "rapport": "strong",
        "opted_out_channels": ["phone", "voicemail"],
    },
}
PROPOSAL = ago(2, "email", "follow_up")
CALLS = ("phone", "voicemail", "text")

each_person = pytest.mark.parametrize("person", PEOPLE)


@cache
def silent(person: str) -> tuple[Sent, ...]:
    """What goes out to one of them in three years of silence after a proposal."""
    return tuple(silence(NAME, PEOPLE[person], [PROPOSAL])[0])


@each_person
def test_two_weeks_of_patience(person: str) -> None:
    """Nobody is asked before two weeks have passed since the proposal (E1)."""
    first = silent(person)[0]

    waited = first.at - (START - timedelta(days=2))

    assert timedelta(days=14) <= waited < timedelta(days=18)


@pytest.mark.parametrize(
    ("person", "rule", "channel"),
    [
        ("a stranger", "polite-email", "email"),
        ("somebody who trusts us", "call-me-back", "voicemail"),
        ("a friend", "personal-number", "phone"),
        ("a friend in India", "call-me-back", "voicemail"),
        ("screened in Sydney", "screened-calls", "phone"),
        ("a friend somewhere", "polite-email", "email"),
        ("a friend without a phone", "polite-email", "email"),
    ],
)
def test_first_word(person: str, rule: str, channel: str) -> None:
    """The first word is spoken as the relationship allows (E3, E4, E5, E9)."""
    first = silent(person)[0]

    assert (first.rule, first.channel) == (rule, channel)


@each_person
def test_attempts_stay_spaced(person: str) -> None:
    """A working week lies between attempts, and later a month, for as long as it lasts (E8)."""
    sent = silent(person)

    gaps = [b.at - a.at for a, b in pairwise(sent)]
    later = [gap for gap, touch in zip(gaps, sent[1:], strict=True) if "door" in touch.rule]
    assert min(gaps) >= timedelta(days=7, hours=-1)
    assert min(later) >= timedelta(days=30, hours=-1)
    assert len(sent) < 3 * 12 + 4


@each_person
def test_calls_keep_their_hours(person: str) -> None:
    """Every call comes before nine or after work where the prospect is, on a working day (E9)."""
    zone = ZoneInfo(PEOPLE[person].get("time_zone", "UTC"))

    moments = [t.at.astimezone(zone) for t in silent(person) if t.channel in CALLS]

    assert [m for m in moments if m.weekday() >= 5] == []
    assert [
        m
        for m in moments
        if not time(7, 30) <= m.time() < time(9) and not time(17) <= m.time() < time(19, 30)
    ] == []


@each_person
def test_junk_folder_first(person: str) -> None:
    """The seller's own junk folder is looked through once, before the first word (E2)."""
    told = {
        play.name
        for play in ready(NAME).ruleset.plays
        for step in play.steps
        if any("junk folder" in item for item in step.checklist)
    }

    looked = [touch.rule in told for touch in silent(person)]

    assert looked[0]
    assert not any(looked[1:])


@pytest.mark.parametrize("person", ["a stranger with colleagues", "somebody who trusts us"])
def test_others_are_asked_once(person: str) -> None:
    """The others are asked once, after the contact was asked twice (E6)."""
    actions = [touch.action for touch in silent(person)]

    assert actions[:3] == ["request_update", "request_update", "contact_colleague"]
    assert actions.count("contact_colleague") == 1


@pytest.mark.parametrize("misfit", [{"sweet_spot": False}, {"likely_to_buy": False}], ids=str)
@each_person
def test_misfits_get_three_attempts(person: str, misfit: dict[str, bool]) -> None:
    """Who does not fit, or will not buy, gets three attempts and no more (E11)."""
    sent, last = silence(NAME, {**PEOPLE[person], **misfit}, [PROPOSAL])

    assert len([PROPOSAL, *sent]) == 3
    assert (last.action, last.rule) == ("stop", "move-on")


def test_good_fits_are_not_dropped() -> None:
    """Who fits is still asked, softly, after three years."""
    sent, last = silence(NAME, {**CHICAGO, "sweet_spot": True}, [PROPOSAL])

    assert last.action == "request_update"
    assert sent[-1].at > START + timedelta(days=3 * 365 - 35)


@pytest.mark.parametrize("lost", ["deal_stage", "declined"])
def test_lost_deals_are_thanked_once(lost: str) -> None:
    """A lost deal earns one thank-you; reasons given are not argued with (E10)."""
    facts = {**CHICAGO, "deal_stage": "lost" if lost == "deal_stage" else "proposal"}
    history = [PROPOSAL, ago(1, "email", outcome="declined" if lost == "declined" else "replied")]

    sent, last = silence(NAME, facts, history)

    assert [touch.action for touch in sent] == ["thank_and_learn"]
    assert (last.action, last.rule) == ("stop", "lost-is-lost")


@each_person
def test_a_reply_is_answered_and_begins_anew(person: str) -> None:
    """A reply is answered at once, and two weeks of patience begin again (E1, E8)."""
    history = [ago(30, "email", "request_update"), ago(1, "email")]

    sent, _ = silence(NAME, PEOPLE[person], history)

    assert (sent[0].rule, sent[0].at) == ("answer-them", START)
    assert sent[1].at - sent[0].at >= timedelta(days=14)
    assert [touch.rule for touch in sent[1:3]] == [touch.rule for touch in silent(person)[:2]]


@each_person
def test_words_change(person: str) -> None:
    """Nobody gets the same e-mail twice in a row."""
    texts = [touch.template for touch in silent(person) if touch.channel == "email"]

    assert all(a != b for a, b in pairwise(texts))


def test_without_a_proposal_nothing_goes_out() -> None:
    """Before there is a proposal, this playbook contacts nobody (E1)."""
    sent, last = silence(NAME, {**CHICAGO, "deal_stage": "discovery"}, [PROPOSAL])

    assert sent == []
    assert last.action == "wait"


def test_harsh_words_are_refused() -> None:
    """A reproach in any message keeps the playbook from being published (E8)."""
    text = (PLAYBOOKS / f"{NAME}.yaml").read_text(encoding="utf-8")
    gentle = "It takes three minutes to tell."

    loaded = load(text.replace(gentle, "I am STILL\n      waiting."))

    assert text.count(gentle) == 1
    assert loaded.ruleset is None
    assert ["E8" in d.message + d.hint for d in loaded.diagnostics] == [True]


def test_friendly_words_about_colleagues() -> None:
    """Colleagues are asked whether the contact is busy, and not told of any silence (E6)."""
    facts = {**PEOPLE["somebody who trusts us"], "first_name": "Kathy"}
    history = [
        ago(40, "email", "follow_up"),
        ago(20, "voicemail", "request_update", template="manager-presses"),
        ago(10, "email", "request_update", template="their-reason"),
    ]

    decision = answer(ready(NAME), facts, history, START)

    assert decision.action == "contact_colleague"
    assert decision.message is not None
    assert "is Kathy very busy" in decision.message.body
    assert not any(word in decision.message.body for word in ("answer", "reply", "silen", "heard"))
