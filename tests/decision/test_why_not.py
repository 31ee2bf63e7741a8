"""Why not something else: what would make a play win is tried out, by whoever does not search."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from service.decision import Decision, Ready, decide, make_ready, read_request
from service.decision.candidates import candidates
from service.decision.examples import request_of
from service.decision.facts import Reading
from service.decision.guards import Guards, judge, make_guards, opted_out
from service.decision.reasoning import reason
from service.decision.whynot.openers import openers
from service.decision.whynot.report import why_not
from service.decision.whynot.values import Values
from service.playbook import load
from service.playbook.meaning.windows import BUILT_IN_WINDOWS
from service.playbook.rules import Playbook
from service.playbook.vocabulary import CHANNELS
from service.policy.policy import Consent, Jurisdiction, Policy, Row, Seller
from tests.oracle.draws import random_sheet
from tests.oracle.prospects import NOON, random_body
from tests.oracle.sheets import mended
from tests.oracle.story import moment
from tests.policies import SHIPPED, UNGUARDED
from tests.random_policies import facts_for_guards, random_guards

Body = dict[str, Any]
PLAYBOOKS = sorted((Path(__file__).parents[2] / "playbooks").glob("*.yaml"))
ANY_TIME = BUILT_IN_WINDOWS["any_time"]
POLICIES = (UNGUARDED, SHIPPED)
#: How long the silence is that is followed here.
LONGEST = timedelta(days=1_100)
_MOST_SINGLES, _SOME_PAIRS = 150, 40
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Asked:
    """One playbook, ready for questions."""

    def __init__(self, text: str, guards: Guards = UNGUARDED) -> None:
        loaded = load(text)
        assert loaded.playbook is not None
        assert loaded.ruleset is not None
        self.text = text
        self.guards = guards
        self.playbook: Playbook = loaded.playbook
        self.ready: Ready = make_ready(loaded.ruleset)

    def decide(self, body: Body) -> Decision:
        return decide(self.ready, self.guards, read_request(body, self.ready, NOON))

    def why_not(self, body: Body, **more: int) -> Body:
        """The report, as an answer has it."""
        request = read_request(body, self.ready, NOON)
        decision = decide(self.ready, self.guards, request)
        return why_not(self.ready, self.guards, body, request, decision, **more).to_json()

    def play(self, body: Body, rule: str) -> Body:
        """What the report says of one play."""
        [found] = [play for play in self.why_not(body)["plays"] if play["rule"] == rule]
        return dict(found)


def shipped(path: Path, guards: Guards) -> Asked:
    """A shipped playbook under a contact policy."""
    return Asked(path.read_text(encoding="utf-8"), guards)


# ---- trying it out ------------------------------------------------------------------


def changed(body: Body, facts: Body) -> Body:
    """The request with other facts."""
    return {**body, "prospect": {**body["prospect"], **facts}}


def asked_at(body: Body, at: datetime) -> Body:
    """The same request at another moment."""
    return {**body, "as_of": at.isoformat()}


def check(asked: Asked, body: Body, random: Random) -> None:
    """Everything that a report says of one request, tried out."""
    as_of = moment(body["as_of"])
    for name in ("history", "account_history"):
        body = {**body, name: [t for t in body.get(name, ()) if moment(t["at"]) <= as_of]}
    decision = asked.decide(body)
    report = asked.why_not(body)
    names = [play.name for play in asked.playbook.plays if play.name != decision.rule]

    assert [play["rule"] for play in report["plays"]] == names
    assert report == asked.why_not(body)
    for play in report["plays"]:
        check_status(play, decision)
        check_facts(asked, body, play, random, complete=report["searched"] == "complete")
        check_at(asked, body, play, random)
    check_on_course(asked, body, report["plays"])


def check_status(play: Body, decision: Decision) -> None:
    """Whether it fired, what it lost to, and what it lacks."""
    labels = {
        play["rule"] if play["step"] is None else f"{play['rule']}, step {play['step']}",
        f"{play['rule']}, end",
    }
    lost = [each.lost_to for each in decision.alternatives if each.rule in labels]

    assert [play["lost_to"]] == (lost or [None])
    assert (play["status"] == "lost") == bool(lost)
    if play["status"] == "lost":
        assert play["tests"] == []
    if play["status"] == "unknown":
        assert "unknown" in {test["truth"] for test in play["tests"]}


def check_facts(asked: Asked, body: Body, play: Body, random: Random, *, complete: bool) -> None:
    """With the change it wins, without any part of it not, and fewer changes do not do."""
    rule, told = play["rule"], play["would_win"]["facts"]
    facts = {each["fact"]: each["needed"] for each in told or ()}
    if told is not None:
        assert asked.decide(changed(body, facts)).rule == rule
        for left_out in facts:
            fewer = {name: value for name, value in facts.items() if name != left_out}
            assert asked.decide(changed(body, fewer)).rule != rule
        for each in told:
            assert each["seen"] != each["needed"] or type(each["seen"]) is not type(each["needed"])
    if complete or told is not None:
        most = 3 if told is None else len(facts) - 1
        for fewer in smaller(asked, body, most, random):
            assert asked.decide(changed(body, fewer)).rule != rule, fewer


def smaller(asked: Asked, body: Body, most: int, random: Random) -> Iterator[Body]:
    """Changes of at most so many facts: every one of one fact, and some of more."""
    request = read_request(body, asked.ready, NOON)
    allowed = openers(asked.guards.policy.rows, request)
    values = Values(asked.ready, request, asked.decide(body).facts, allowed)
    singles = [(name, value) for name in asked.ready.facts for value in values.of(name)]
    if len(singles) > _MOST_SINGLES:
        singles = random.sample(singles, _MOST_SINGLES)
    if most >= 1:
        yield from ({name: value} for name, value in singles)
    pairs = [pair for pair in combinations(singles, 2) if pair[0][0] != pair[1][0]]
    if most >= 2:
        yield from map(dict, random.sample(pairs, min(_SOME_PAIRS, len(pairs))))


def check_at(asked: Asked, body: Body, play: Body, random: Random) -> None:
    """It wins at that moment, and not a second before, nor at others before."""
    told = play["would_win"]["at"]
    if told is None:
        return
    at, as_of = moment(told), moment(body["as_of"])
    before = [as_of + (at - as_of) * random.random() for _ in range(3)]

    assert asked.decide(asked_at(body, at)).rule == play["rule"]
    for earlier in (*before, max(at - _SECOND, as_of)):
        assert asked.decide(asked_at(body, earlier)).rule != play["rule"], earlier


def check_on_course(asked: Asked, body: Body, plays: list[Body]) -> None:
    """The doctrine carried out by hand comes to the same moments, and not a second earlier."""
    wins = {rule: (at, history) for rule, at, history in reversed([*silence(asked, body)])}
    as_of = moment(body["as_of"])
    for play in plays:
        told = play["would_win"]["on_course"]
        assert (told is not None) == (play["rule"] in wins), play["rule"]
        if told is None:
            continue
        at, history = wins[play["rule"]]
        touches = [touch for touch in history if touch.get("channel")]
        before = [touch for touch in history if moment(touch["at"]) < at]
        reached = len(read_request(body, asked.ready, NOON).history.reached)
        assert moment(told["at"]) == at
        assert told["touches"] == len([t for t in touches if t not in body["history"]]), reached
        earlier = asked_at({**body, "history": before}, max(at - _SECOND, as_of))
        assert asked.decide(earlier).rule != play["rule"]


def silence(asked: Asked, body: Body) -> Iterator[tuple[str, datetime, list[Body]]]:
    """The play that wins, when, and after what, while nobody says a word."""
    now = as_of = moment(body["as_of"]).astimezone(UTC)
    history = [*body["history"]]
    for _ in range(2_000):
        decision = asked.decide(asked_at({**body, "history": history}, now))
        yield decision.rule, now, [*history]
        timing = decision.timing
        if timing is None or decision.action == "stop":
            return
        idle = decision.action in ("wait", "ask_for_data")
        then = min(timing.due, timing.expires).astimezone(UTC)
        if then >= as_of + LONGEST or (idle and then <= now):
            return
        if not idle and timing.due < timing.expires:
            last = max((moment(touch["at"]) for touch in history), default=None)
            then = max(then, last + _MINUTE) if last else then
            history.append(touch_of(decision, then))
            if crowded(history, body["history"], now):
                return
        now = then


def touch_of(decision: Decision, at: datetime) -> Body:
    """What is noted down of an answer carried out."""
    template = decision.message.template if decision.message else None
    outcome = "no_answer" if decision.channel == "phone" else "sent"
    return {
        "at": at.isoformat(), "direction": "outbound", "channel": decision.channel,
        "action": decision.action, "template": template, "outcome": outcome,
    }  # fmt: skip


def crowded(history: list[Body], before: list[Body], now: datetime) -> bool:
    """Whether more goes out than anybody would send: twenty in a day, or two hundred."""
    ours = history[len(before) :]
    lately = len(ours) > 20 and now - moment(ours[-21]["at"]) < timedelta(days=1)
    return lately or len(ours) > 200


# ---- what a report says ---------------------------------------------------------------

SMALL = Asked("""
playbook: small
title: Small
about: To ask why not.
facts:
  hue: {type: choice, values: [red, green, blue], title: A colour}
conclude:
  - rule: worry
    when: {attempts_email: {at_least: 2}, ever_replied: true}
    then: {worried: true}
    because: It went well, and then it went silent.
tables:
  - table: mood
    inputs: [hue, silent_days]
    output: mood
    hit: first
    because: Colours have moods.
    rows:
      - [red, any, cross]
      - [any, {at_least: 9}, calm]
exits:
  - {rule: lost, when: {deal_stage: lost}, do: stop, because: It is over.}
plays:
  - {rule: care, when: {worried: true}, do: {action: reopen, channel: email}, because: We care.}
  - rule: ring
    when: {any: [{rapport: strong}, {existing_client: true}]}
    do: {action: check_in, channel: phone}
    because: They know us.
  - {rule: calm, when: {mood: calm}, do: {action: check_in, channel: mail}, because: Gently.}
  - rule: late
    when: {silent_days: {at_least: 30}}
    do: {action: thank_you, channel: email}
    because: It is late.
otherwise: {action: follow_up, channel: email, wait: 7 days, because: Nothing else.}
""")


def situation(*days_ago: int, **prospect: Any) -> Body:
    """Somebody who had an e-mail so many days ago, and what is known of them."""
    touches = [
        {"at": (NOON - timedelta(days=days)).isoformat(), "direction": "outbound",
         "channel": "email", "action": "follow_up"}
        for days in days_ago
    ]  # fmt: skip
    return {"prospect": {"id": "p", **prospect}, "history": touches, "as_of": NOON.isoformat()}


def told(play: Body) -> list[tuple[Any, ...]]:
    """The tests that a play lacks, in short."""
    return [(t["fact"], t["seen"], t["needed"], t["truth"], t["one_of"]) for t in play["tests"]]


def test_a_conclusion_is_followed_to_what_decides_it() -> None:
    """Behind the test of a conclusion stand the tests that its rule lacks, with their lines."""
    care = SMALL.play(situation(3), "care")

    assert care["status"] == "not_met"
    assert told(care) == [
        ("worried", False, "true", "failed", False),
        ("attempts_email", 1, "at least 2", "failed", False),
        ("ever_replied", False, "true", "failed", False),
    ]
    assert [t["concludes"] for t in care["tests"]] == [None, "worried", "worried"]
    assert [t["rule"] for t in care["tests"]] == ["care", "worry", "worry"]
    assert care["would_win"]["facts"] is None


def test_a_row_that_stands_in_the_way_is_told() -> None:
    """Where a row above was taken, its test is what would have to fail."""
    calm = SMALL.play(situation(10, hue="red"), "calm")

    assert told(calm) == [
        ("mood", "cross", "calm", "failed", False),
        ("hue", "red", "anything but red", "failed", True),
    ]
    assert calm["would_win"]["facts"] == [{"fact": "hue", "seen": "red", "needed": "green"}]


def test_what_nobody_knows_is_told_as_such() -> None:
    """Either fact will do; the zone is needed too, as nobody rings into the night."""
    ring = SMALL.play(situation(3), "ring")

    assert ring["status"] == "unknown"
    assert told(ring) == [
        ("rapport", None, "strong", "unknown", True),
        ("existing_client", None, "true", "unknown", True),
    ]
    assert {each["fact"] for each in ring["would_win"]["facts"]} <= {
        "time_zone",
        "existing_client",
        "rapport",
    }
    assert len(ring["would_win"]["facts"]) == 2


def test_what_a_play_lost_to_is_told() -> None:
    """A play above it, or a guard."""
    both = situation(40, existing_client=True, time_zone="America/Chicago")
    nobody_knows_the_hour = situation(3, existing_client=True)

    assert SMALL.play(both, "late")["lost_to"] == "ring"
    assert SMALL.play(both, "late")["tests"] == []
    assert SMALL.play(nobody_knows_the_hour, "ring")["lost_to"] == "time-zone"


def test_silence_and_time_alone_are_two_things() -> None:
    """The play comes up after the reminders that go out until then, or without them."""
    late = SMALL.play(situation(3, hue="red"), "late")["would_win"]

    assert moment(late["at"]) == NOON + timedelta(days=27)
    assert late["on_course"]["touches"] == 4
    assert late["on_course"]["days"] == 27
    assert late["in_words"]["on_course"].startswith(
        "4 touches and 27 days away: earliest 2026-12-17"
    )


CHICAGO = {"existing_client": True, "time_zone": "America/Chicago", "country": "US"}
#: A law that wants consent for calls, until the first of March.
CONSENT = Row(
    "consent", ("phone",), Consent(), "Ask first.", 1,
    law=Jurisdiction("US", "", (), None, date(2027, 3, 1), "An Act, s. 1", date(2026, 11, 1)),
)  # fmt: skip


def against(play: Body) -> list[tuple[str, str, str | None]]:
    """What the contact policy has against a play, in short."""
    return [(each["guard"], each["verdict"], each["citation"]) for each in play["policy"]]


def test_every_guard_that_turned_a_play_away_is_told() -> None:
    """All must change their minds; of a play that no guard turned away there is nothing to tell."""
    listed = situation(40, **CHICAGO, do_not_call=True, opted_out_channels=["phone"])
    ring, late = SMALL.play(listed, "ring"), SMALL.play(listed, "late")

    assert against(ring) == [("channel-opt-out", "BAR", None), ("do-not-call", "BAR", None)]
    assert ring["would_win"]["facts"] == [
        {"fact": "do_not_call", "seen": True, "needed": False},
        {"fact": "opted_out_channels", "seen": ["phone"], "needed": []},
    ]
    assert ring["would_win"]["in_words"]["facts"].startswith(
        "It would win with `do_not_call` false and without phone in `opted_out_channels`, "
    )
    assert late["lost_to"] == "calm"
    assert against(late) == []


def test_a_law_is_cited_and_its_end_is_waited_for() -> None:
    """The consent that it asks for opens the way, and so does time where the law ends."""
    guards = make_guards(Policy("p", "", "", Seller(), (CONSENT,), ""))
    ring = Asked(SMALL.text, guards).play(situation(3, **CHICAGO), "ring")

    assert against(ring) == [("consent", "NEEDS_DATA", "An Act, s. 1")]
    assert ring["would_win"]["facts"] == [
        {"fact": "consented_channels", "seen": None, "needed": ["phone"]}
    ]
    assert ring["would_win"]["at"] == "2027-03-01T00:00:00-06:00"


def test_a_guard_that_holds_a_play_up_lets_it_win_later() -> None:
    """It wins at once, and is due when the guard opens: an hour after the last touch."""
    lately = situation(3, time_zone="America/Chicago")
    lately["history"][0]["at"] = (NOON - timedelta(minutes=20)).isoformat()
    ring = Asked(SMALL.text, SHIPPED).play(lately, "ring")

    assert ring["would_win"]["in_words"]["facts"] == (
        "It would win with `rapport` strong, and be due 2026-11-20 09:40."
    )


def test_touches_still_to_come_are_passed_over() -> None:
    """What lies after the question did not happen, and does not when time goes on."""
    body, later = situation(3), situation(3, -5)

    assert SMALL.why_not(body) == SMALL.why_not(later)


def test_whoever_asked_to_be_left_alone_is() -> None:
    """No fact undoes what they said themselves; a mistaken note can be taken back."""
    touch = {"at": (NOON - timedelta(days=1)).isoformat(), "direction": "inbound",
             "channel": "email", "outcome": "opted_out"}  # fmt: skip
    said = situation(3, deal_stage="won")
    said["history"].append(touch)
    noted = situation(40, hue="red", opted_out=True)

    assert {p["would_win"]["facts"] is None for p in SMALL.why_not(said)["plays"]} == {True}
    assert SMALL.play(noted, "late")["would_win"]["facts"] == [
        {"fact": "opted_out", "seen": True, "needed": False}
    ]


def test_a_search_that_is_cut_short_says_so() -> None:
    """With nothing to spend nothing is found, and nothing is claimed."""
    report = SMALL.why_not(situation(3), budget=0)

    assert report["searched"] == "cut_short"
    [ring] = [play for play in report["plays"] if play["rule"] == "ring"]
    words = ring["would_win"]["in_words"].values()
    assert set(words) == {"The search was cut short, so nobody knows."}
    assert SMALL.why_not(situation(3))["searched"] == "complete"


@pytest.mark.parametrize("guards", POLICIES, ids=lambda guards: guards.policy.name)
@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_the_budget_is_enough_for_the_shipped_playbooks(path: Path, guards: Guards) -> None:
    """Whatever their own examples ask, all of it is searched."""
    asked = shipped(path, guards)

    for example in asked.playbook.examples[::9]:
        assert asked.why_not(request_of(example))["searched"] == "complete"


# ---- the shipped playbooks, and playbooks that nobody thought of ----------------------


def test_there_are_shipped_playbooks() -> None:
    """They are found."""
    assert len(PLAYBOOKS) >= 5


@pytest.mark.parametrize("guards", POLICIES, ids=lambda guards: guards.policy.name)
@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_what_the_shipped_playbooks_would_do_is_tried_out(path: Path, guards: Guards) -> None:
    """Some of the situations of their own examples."""
    asked = shipped(path, guards)
    random = Random(path.stem)  # noqa: S311 - a repeatable choice, not a secret

    for example in random.sample(asked.playbook.examples, 3):
        check(asked, request_of(example), random)


@settings(max_examples=12, phases=[Phase.generate])
@given(st.integers(0, 2**32))
def test_what_random_playbooks_would_do_is_tried_out(seed: int) -> None:
    """The same of playbooks, policies and prospects that nobody thought of."""
    asked, body, random = drawn(seed)

    check(asked, body, random)


@settings(max_examples=120, phases=[Phase.generate])
@given(st.integers(0, 2**32))
def test_guards_look_at_no_fact_that_is_not_known_here(seed: int) -> None:
    """Every fact that deciding looks up is named by `openers`, or read by the playbook."""
    asked, body, _ = drawn(seed)
    request = read_request(body, asked.ready, NOON)
    looked_up = LookedUp(request.given)
    rows = asked.guards.policy.rows
    known = openers(rows, request)
    no_matter = {"", *([] if any(row.audience for row in rows) else ["audience"])}

    for candidate in candidates(asked.ready, reason(asked.ready, Reading({}, request.history))):
        for channel in CHANNELS:
            looked_up.names.clear()
            by = candidate._replace(step=replace(candidate.step, channel=channel))
            spied = replace(request, given=looked_up)
            judge(asked.guards, opted_out(spied), by, ANY_TIME, request.history.as_of, spied)
            assert looked_up.names - no_matter <= known.keys()


class LookedUp(dict[str, Any]):
    """Facts that remember which of them were asked for."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__(facts)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        """Note the name."""
        self.names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return super().__contains__(name)


def drawn(seed: int) -> tuple[Asked, Body, Random]:
    """A playbook, a policy and a prospect, drawn with a seed."""
    random = Random(seed)  # noqa: S311 - a repeatable choice, not a secret
    found = mended(random_sheet(random))
    assume(found is not None)
    assert found is not None
    asked = Asked(found[1], random.choice((UNGUARDED, SHIPPED, *[random_guards(random)] * 3)))
    body = random_body(random, asked.text, asked.playbook)
    body["prospect"] |= facts_for_guards(random)
    if random.random() < 0.7:
        body["prospect"]["time_zone"] = random.choice(("America/New_York", "Asia/Kolkata"))
    if random.random() < 0.3:
        body["account_history"] = random_body(random, asked.text, asked.playbook)["history"]
    return asked, body, random
