"""`house`, the default playbook: in three years each part of the blend has its say."""

from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from service.decision import Decision
from tests.simulation import START, Sent, ago, answer, ready, silence

NAME = "house"
CHICAGO = {"time_zone": "America/Chicago"}
TALKED = (ago(12, "email"), ago(10, "email", "follow_up"))
PROPOSED = (ago(2, "email", "follow_up"),)
MISSED = (ago(9, "email", outcome="meeting_booked"), ago(1, "meeting", outcome="no_show"))
MET = (ago(0.05, "phone", "follow_up", outcome="spoke"),)
NEXT_WEEK = (START + timedelta(days=8)).isoformat()
CASES: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], ...]]] = {
    "nobody knows anything": ({}, ()),
    "a place only": (CHICAGO, ()),
    "a good call": ({**CHICAGO, "next_meeting_at": NEXT_WEEK}, MET),
    "a meeting to come": (
        {**CHICAGO, "next_meeting_at": NEXT_WEEK, "open_questions": ["rivals"]},
        MET,
    ),
    "talking": ({**CHICAGO, "open_questions": ["rivals"]}, (ago(1, "email"),)),
    "waiting for us": (CHICAGO, (ago(3, "email", "follow_up"), ago(1, "email"))),
    "a missed meeting": (CHICAGO, MISSED),
    "missed, nobody knows where": ({}, MISSED),
    "a proposal": ({**CHICAGO, "deal_stage": "proposal", "other_contacts": 2}, PROPOSED),
    "a proposal among friends": (
        {**CHICAGO, "deal_stage": "proposal", "rapport": "strong", "personal_contact_known": True},
        PROPOSED,
    ),
    "a proposal to a client": (
        {**CHICAGO, "deal_stage": "proposal", "rapport": "some", "existing_client": True},
        PROPOSED,
    ),
    "screened": (
        {**CHICAGO, "deal_stage": "proposal", "rapport": "some", "calls_screened": True},
        PROPOSED,
    ),
    "it went well": ({**CHICAGO, "purchase_type": "capital", "seniority": "vp"}, TALKED),
    "an old friend": ({**CHICAGO, "rapport": "strong"}, TALKED),
    "daily": (
        {**CHICAGO, "seniority": "individual", "purchase_type": "commodity", "urgency": "critical"},
        (),
    ),
    "quick buyer": ({**CHICAGO, "buying_cycle_days": 20, "seniority": "c_level"}, ()),
    "no e-mail": ({**CHICAGO, "opted_out_channels": ["email"]}, ()),
}
GIVE_UP_AFTER = {"quick buyer": 40}
PARTS = {
    *("come-back-as-agreed", "missed-meeting", "missed-meeting-by-email", "thank-you"),
    *("second-insight", "ask-at-the-meeting", "ask-while-they-talk", "answer-them", "first-hello"),
    *("voicemail-when-nobody-answers", "goodbye-by-voicemail", "clean-break-up"),
    *("nothing-on-record", "personal-number", "screened-calls", "call-me-back", "polite-email"),
    *("their-reason-to-buy", "ask-the-others", "good-person-voicemail", "reopen-with-a-smile"),
    *("every-day-by-phone", "by-phone", "by-email"),
}

each_case = pytest.mark.parametrize("case", CASES)


@cache
def silent(case: str) -> tuple[tuple[Sent, ...], Decision]:
    """What goes out to one of them in three years of silence, and the last answer."""
    sent, last = silence(NAME, *CASES[case])
    return tuple(sent), last


def began(case: str) -> float:
    """How many days before the simulation the silence began: with the last talk, or first touch."""
    history = CASES[case][1]
    talks = [t for t in history if t.get("outcome", "replied") in ("replied", "spoke")]
    moments = [t["at"] for t in talks if t["direction"] == "inbound" or "outcome" in t]
    moments = moments or [t["at"] for t in history] or [START.isoformat()]
    return (START - datetime.fromisoformat(moments[0])) / timedelta(days=1)


@each_case
def test_silence_ends_in_a_goodbye(case: str) -> None:
    """Whatever is known, silence ends in a goodbye, and after it nothing goes out (B4, B7)."""
    sent, last = silent(case)

    goodbyes = [touch.action == "break_up" for touch in sent]
    ways = [touch.channel for touch in sent if touch.action == "break_up"]
    expected = {"no e-mail": ["voicemail"]}.get(case, ["email", "voicemail"])
    if "time_zone" not in CASES[case][0]:
        expected = ["email"]
    assert ways == expected
    assert goodbyes == sorted(goodbyes)
    assert (last.action, last.reason) == ("stop", "STOPPED")


@each_case
def test_no_goodbye_before_its_time(case: str) -> None:
    """Twice the buying cycle and ten attempts come first; then it takes two touches (B1, B2)."""
    sent, _ = silent(case)

    tries = [touch for touch in sent if touch.action != "break_up"]
    goodbye = next(touch for touch in sent if touch.action == "break_up")
    lasted = (goodbye.at - START) / timedelta(days=1) + began(case)
    assert len(tries) >= 10 - len([t for t in CASES[case][1] if t["direction"] == "outbound"])
    assert lasted >= GIVE_UP_AFTER.get(case, 480)
    assert lasted <= max(GIVE_UP_AFTER.get(case, 480), 10 * 7) + 2 * (30 + 4)


@each_case
def test_goodbye_comes_by_voice_as_soon_as_it_may(case: str) -> None:
    """The voicemail follows the e-mail on the same day (B4)."""
    sent, _ = silent(case)

    goodbyes = [touch for touch in sent if touch.action == "break_up"]
    assert goodbyes[-1].at - goodbyes[0].at < timedelta(hours=8)


@each_case
def test_silence_is_never_longer_than_the_pace(case: str) -> None:
    """Between attempts lies what the pace says: a month, and a weekend, at the most (B3, D6)."""
    facts, history = CASES[case]
    sent, _ = silent(case)

    gaps = [(after.at - before.at) / timedelta(days=1) for before, after in pairwise(sent)]
    fresh = [
        gap
        for gap, after in zip(gaps, sent[1:], strict=True)
        if (after.at - START) / timedelta(days=1) + began(case) < 89
    ]
    patient = 15 if facts.get("deal_stage") else 14
    assert max(gaps) <= 30 + 4
    assert max(fresh) <= patient + 3
    assert history == () or sent[0].at <= START + timedelta(days=patient + 3)


@pytest.mark.parametrize("case", ["a place only", "a proposal", "it went well", "quick buyer"])
def test_asking_every_day_changes_nothing_of_the_end(case: str) -> None:
    """A CRM that asks every day sees the same end as one that asks when something is due."""
    sent, last = silence(NAME, *CASES[case], asked_daily=True)

    goodbyes = [touch.channel for touch in sent if touch.action == "break_up"]
    assert goodbyes == ["email", "voicemail"]
    assert last.action == "stop"
    assert len(sent) == pytest.approx(len(silent(case)[0]), abs=4)


def test_every_part_of_the_blend_has_its_say() -> None:
    """Among a few prospects, every play of the blend is carried out at least once."""
    agreed = {**CHICAGO, "revisit_on": "2026-03-02"}
    seen = {touch.rule for case in CASES for touch in silent(case)[0]}

    seen |= {touch.rule for touch in silence(NAME, agreed, TALKED)[0]}
    seen |= {touch.rule for touch in silence(NAME, {**CHICAGO, "deal_stage": "proposal"})[0]}

    assert seen - {""} == PARTS


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"opted_out_channels": ["email", "phone"]}, "leave-them-alone"),
        ({"deal_stage": "won"}, "won"),
        ({"contact_left": True}, "contact-has-left"),
        ({"deal_stage": "lost"}, "thank-and-learn"),
        ({"sweet_spot": False}, "move-on"),
    ],
    ids=str,
)
@each_case
def test_exits_come_first(case: str, facts: dict[str, Any], rule: str) -> None:
    """Wherever an exit holds, it is the answer, whatever else could be done (A8, E10, E11)."""
    given, history = CASES[case]
    tries = [ago(0.01 * n, "email", "re_engage") for n in (1, 2, 3)]

    decision = answer(ready(NAME), {**given, **facts}, [*history, *tries], START)

    unthanked = case == "no e-mail" and rule == "thank-and-learn"
    assert decision.rule == ("lost-is-lost" if unthanked else rule)


@each_case
def test_opting_out_ends_everything(case: str) -> None:
    """Whoever asks us to stop is left alone at once (A8)."""
    given, history = CASES[case]

    sent, last = silence(NAME, given, [*history, ago(0.01, "email", outcome="opted_out")])

    assert sent == []
    assert (last.action, last.reason) == ("stop", "STOPPED")


@pytest.mark.parametrize("case", ["a place only", "it went well", "an old friend", "daily"])
def test_a_reply_changes_everything(case: str) -> None:
    """A reply in the midst of silence is answered at once, and nothing is counted against them."""
    facts, history = CASES[case]
    long_silent = [ago(600 - n, "email", "re_engage") for n in range(0, 590, 30)]

    before = answer(ready(NAME), facts, [*history, *long_silent], START)
    sent, last = silence(NAME, facts, [*history, *long_silent, ago(0.1, "email")])

    assert before.rule != "answer-them"
    assert (sent[0].rule, sent[0].at) == ("answer-them", START)
    assert last.rule == "clean-break-up"
    assert sent[-1].at >= START + timedelta(days=480)


def test_a_reply_to_the_goodbye_opens_the_door_again() -> None:
    """After the goodbye only a reply brings us back, on the day that they name (B7)."""
    sent, _ = silent("quick buyer")
    history = [
        {
            "at": touch.at.isoformat(),
            "direction": "outbound",
            "channel": touch.channel,
            "action": touch.action,
        }
        for touch in sent
    ]
    later = sent[-1].at + timedelta(days=3)
    reply = {"at": later.isoformat(), "direction": "inbound", "channel": "email"}
    facts = {**CASES["quick buyer"][0], "revisit_on": "2026-12-01"}

    again, _ = silence(NAME, facts, [*history, reply], start=later + timedelta(hours=2))

    assert again[0].rule == "come-back-as-agreed"
    assert again[0].at.date().isoformat() == "2026-12-01"


def test_the_worried_voicemail_is_left_once() -> None:
    """After a quiet week one worried voicemail is left, in three years, and no second (C3, C5)."""
    sent, _ = silent("it went well")

    worried = [n for n, touch in enumerate(sent) if touch.rule == "good-person-voicemail"]
    assert len(worried) == 1
    assert sent[worried[0]].channel == "voicemail"
    assert sent[worried[0]].at - sent[worried[0] - 1].at >= timedelta(days=7)


def test_humour_is_rare() -> None:
    """Jokes wait for a fortnight and three attempts, and come twice a year at most (A5)."""
    sent, _ = silent("an old friend")

    jokes = [touch.at for touch in sent if touch.rule == "reopen-with-a-smile"]
    assert jokes[0] >= START + timedelta(days=2)
    assert len([touch for touch in sent if touch.at < jokes[0]]) >= 2
    assert all(b - a >= timedelta(days=180) for a, b in pairwise(jokes))


@each_case
def test_nobody_jokes_with_strangers(case: str) -> None:
    """Humour goes to friends, and to clients who like us, and to nobody else (A5)."""
    sent, _ = silent(case)

    joked = any(touch.rule == "reopen-with-a-smile" for touch in sent)

    assert joked == (CASES[case][0].get("rapport") == "strong" or case == "a proposal to a client")


@each_case
def test_words_change(case: str) -> None:
    """Nobody gets the same e-mail twice in a row, nor the same voicemail."""
    sent, _ = silent(case)

    for channel in ("email", "voicemail"):
        texts = [touch.template for touch in sent if touch.channel == channel]
        assert all(a != b for a, b in pairwise(texts))
