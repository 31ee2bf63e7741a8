"""Playbooks played forward: against a slower reading of the same, and at every kind of end."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from service.decision import InvalidRequest, Ready, decide, make_ready
from service.decision.forward import play_forward, play_side_by_side
from service.decision.timeline import Assumption, Timeline
from service.playbook import load
from tests.policies import UNGUARDED
from tests.simulation import START, ago, ready, silence

HERE = {"time_zone": "America/Chicago"}
NAMES = (
    *("never-give-up", "clean-break-up", "good-person-voicemail"),
    *("pace-by-person", "courteous-persistence", "house"),
)
PROSPECTS: tuple[dict[str, Any], ...] = (
    {},
    {**HERE, "rapport": "strong", "country": "US", "seniority": "vp"},
    {**HERE, "deal_stage": "proposal", "revisit_on": "2026-03-04"},
    {"time_zone": "Asia/Kolkata", "opted_out_channels": ["email"]},
)
HISTORIES = (
    (),
    (
        *(ago(40, "email"), ago(38, "email", "follow_up"), ago(30, "phone", "follow_up")),
        ago(20, "voicemail", "follow_up"),
    ),
)
FRAME = """
playbook: short
title: Short
about: For one test.
plays:
{plays}
otherwise: {otherwise}
"""
WEEKLY = "{action: follow_up, channel: email, wait: 7 days, because: Every week.}"


def played(
    book: Ready,
    facts: Mapping[str, Any] | None = None,
    history: Sequence[Mapping[str, Any]] = (),
    **more: Any,
) -> Timeline:
    """A playbook played forward from `START`."""
    body = {"prospect": {"id": "p-1", **(facts or {})}, "history": list(history)}
    return play_forward(book, lambda request: decide(book, UNGUARDED, request), body, START, **more)


def book(play: str = "", otherwise: str = WEEKLY) -> Ready:
    """A playbook of one play."""
    no_play = "  - {rule: never, when: {deal_stage: won}, do: {action: thank_you}, because: Won.}"
    loaded = load(FRAME.format(plays=play or no_play, otherwise=otherwise))
    assert loaded.ruleset is not None, loaded.diagnostics
    return make_ready(loaded.ruleset)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("prospect", PROSPECTS)
def test_timeline_is_what_asking_every_day_gives(name: str, prospect: dict[str, Any]) -> None:
    """Whoever asks every day and acts on what is due does the same, at the same moments."""
    for history in HISTORIES:
        lasting = timedelta(days=120)
        sent, last = silence(name, prospect, history, asked_daily=True, lasting=lasting)

        line = played(ready(name), prospect, history, days=120)

        assert [(e.action, e.channel, e.rule, e.because) for e in line.entries] == [
            (touch.action, touch.channel, touch.rule, touch.because) for touch in sent
        ]
        late = [abs(e.at - touch.at) for e, touch in zip(line.entries, sent, strict=True)]
        assert max(late, default=timedelta()) < timedelta(minutes=5)
        assert (line.end.why == "stopped") == (last.action == "stop")


def test_end_of_time() -> None:
    """Once a week for four weeks; the fifth e-mail would be due when the days are over."""
    line = played(book(), HERE, days=28)

    assert [entry.day for entry in line.entries] == [0, 7, 14, 21]
    assert [entry.number for entry in line.entries] == [1, 2, 3, 4]
    assert {entry.at.hour for entry in line.entries} == {9}  # in Chicago
    assert (line.end.why, line.end.day, line.end.at) == ("end_of_time", 28, line.until)


def test_stop_ends_it() -> None:
    """The end names the rule and its reason."""
    enough = "  - {rule: enough, when: {attempts: {at_least: 2}}, do: stop, because: Enough.}"

    line = played(book(enough))

    assert (len(line.entries), line.end.why) == (2, "stopped")
    assert (line.end.rule, line.end.because, line.end.day) == ("enough", "Enough.", 7)


def test_missing_facts_end_it() -> None:
    """What must be found out first is named."""
    ask = (
        "  - {rule: ask, when: {attempts: {at_least: 1}, rapport: {known: false}},"
        " do: {action: ask_for_data, facts: [rapport]}, because: It depends.}"
    )

    assert played(book(ask)).end.facts_needed == ("rapport",)
    assert played(book(ask)).end.why == "needs_data"
    assert played(book(ask), {"rapport": "some"}).end.why == "end_of_time"


def test_guards_are_told() -> None:
    """What the contact policy has against it stands at the end."""
    line = played(book(), {"opted_out": True})

    assert line.entries == ()
    assert [verdict["guard"] for verdict in line.end.held] == ["opt-out"]


def test_wait_that_nothing_ends() -> None:
    """A `wait` without an end has nothing to wait for."""
    line = played(book(otherwise="{action: wait, because: Leave them alone.}"))

    assert (line.end.why, line.end.because) == ("nothing_to_wait_for", "Leave them alone.")


def test_circle_at_one_moment_ends() -> None:
    """A step without a wait is not shown hundreds of times in a row."""
    line = played(book(otherwise="{action: follow_up, channel: email, because: Now.}"))

    assert line.end.why == "too_many_touches"
    assert len(line.entries) == 20
    assert line.entries[-1].at - line.entries[0].at == timedelta(minutes=19)


def test_touches_and_work_are_bounded() -> None:
    """Four hundred touches and no more; fewer where the work does not last."""
    daily = WEEKLY.replace("7 days", "1 days")

    many = played(book(otherwise=daily), days=1_100)
    few = played(book(otherwise=daily), days=1_100, most_work=1_000)

    assert (len(many.entries), many.end.why) == (400, "too_many_touches")
    assert few.end.why == "too_many_decisions"
    assert 0 < few.work <= 1_000
    assert len(few.entries) < 20


def test_what_one_playbook_leaves_is_for_the_next() -> None:
    """Side by side the same comes out as alone, and all together keep to the bound."""
    books = [ready(name) for name in ("clean-break-up", "never-give-up")]
    body: dict[str, Any] = {"prospect": {"id": "p-1"}, "history": []}

    lines = play_side_by_side(
        [(each, lambda request, each=each: decide(each, UNGUARDED, request)) for each in books],
        body,
        START,
    )

    assert [line.playbook for line in lines] == ["clean-break-up", "never-give-up"]
    assert lines == [played(each) for each in books]


# ---- what is assumed ----------------------------------------------------------------


def test_reply_begins_a_new_silence() -> None:
    """A reply is answered a minute later, and the attempts are counted anew."""
    thanks = (
        "  - {rule: thanks, when: {ever_replied: true, attempts: 0},"
        " do: {action: thank_you, channel: email, wait: {for: 0 days, after: last_reply}},"
        " because: They wrote.}"
    )

    line = played(book(thanks), assume=[Assumption(2, "replied", days_later=3)], days=30)

    assert [(e.day, e.rule) for e in line.entries] == [
        *((0, ""), (7, ""), (10, "thanks"), (17, ""), (24, ""))
    ]
    [happened] = line.assumed
    assert (happened.day, happened.channel) == (10, "email")
    assert line.entries[2].at - happened.at == timedelta(minutes=1)


@pytest.mark.parametrize("outcome", ["opted_out", "complained"])
def test_refusal_ends_it(outcome: str) -> None:
    """After an opt-out nothing goes out; the channel can be another one than the step's."""
    line = played(book(), assume=[Assumption(3, outcome, "phone", 0)])

    assert (len(line.entries), line.end.why) == (3, "stopped")
    assert line.assumed[0].channel == "phone"
    assert line.assumed[0].at - line.entries[-1].at == timedelta(minutes=1)


def test_facts_change() -> None:
    """Facts can change without a word from the prospect."""
    won = (
        "  - {rule: won, when: {deal_stage: won}, do: stop, because: They bought.}\n"
        "  - {rule: sent, when: {last_inbound: no_show}, do: stop, because: No.}"
    )

    line = played(book(won), assume=[Assumption(2, facts={"deal_stage": "won"})])

    assert (len(line.entries), line.end.rule, line.end.day) == (2, "won", 8)
    assert line.assumed[0].channel is None


def test_what_comes_after_a_stop_can_begin_it_again() -> None:
    """A reply to the last word opens the conversation again."""
    enough = "  - {rule: enough, when: {attempts: {at_least: 2}}, do: stop, because: Enough.}"

    line = played(book(enough), assume=[Assumption(2, "replied", days_later=60)])

    assert [entry.day for entry in line.entries] == [0, 7, 67, 74]
    assert line.end.why == "stopped"


def test_nothing_is_assumed_after_the_end() -> None:
    """What would come after the days does not come; steps that are not reached are warned of."""
    assume = [Assumption(1, "replied", days_later=90), Assumption(9, "replied")]

    line = played(book(), assume=assume, days=30)

    assert line.assumed == ()
    assert [warning.code for warning in line.warnings] == ["assumption-not-reached"]


def test_wrong_facts_are_refused() -> None:
    """Each is named with its assumption; what no playbook knows is only warned of."""
    assume = [
        Assumption(1, facts={"seniorty": "vp"}),
        Assumption(1, facts={"seniority": "boss", "revisit_on": "soon"}),
    ]

    with pytest.raises(InvalidRequest) as refused:
        played(book(), assume=assume)

    paths = [error.path for error in refused.value.errors]
    assert paths == ["/assume/1/facts/seniority", "/assume/1/facts/revisit_on"]
    codes = {warning.code for warning in played(book(), assume=assume[:1]).warnings}
    assert codes == {"unknown-fact"}


def test_the_same_in_the_same_out() -> None:
    """Nothing of one timeline is left in the next, and the request is as it was."""
    body: dict[str, Any] = {"prospect": {"id": "p-1"}, "history": [ago(3, "email", "follow_up")]}
    weekly = book()
    assume = [Assumption(1, "replied", facts={"rapport": "some"})]

    def once() -> Timeline:
        return play_forward(
            weekly, lambda r: decide(weekly, UNGUARDED, r), body, START, assume=assume
        )

    assert once() == once()
    assert body == {"prospect": {"id": "p-1"}, "history": [ago(3, "email", "follow_up")]}
    assert isinstance(once().to_json()["entries"], list)
    assert once().as_of == START
    assert isinstance(once().until, datetime)
