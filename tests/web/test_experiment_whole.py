"""An experiment from the first draft to the shipped playbook, day by day, as a manager sees it.

A team has always sent a reminder by e-mail. One of them believes that a call would book more
meetings. In this world it does: of ten accounts that are called three book a meeting, of ten that
get the e-mail one does.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.experiment_cases import AT
from tests.services import new_database
from tests.web.selling import Clock, Json, Selling, draw_alike, selling, text_of

#: How many accounts turn up on a day, and on how many days the experiment takes them in.
A_DAY, DAYS = 24, 15
LINES = (
    "audience: {country: US}",
    "holdout: 5 %",
    "guardrails: [{outcome: opted_out, margin: 5 %}]",
    "planned: 300",
)


@pytest.fixture
def team(monkeypatch: pytest.MonkeyPatch) -> Iterator[Selling]:
    """The team, on a service of their own."""
    draw_alike(monkeypatch)
    with selling(new_database(), Clock()) as found:
        yield found


def a_day(team: Selling, first: int, met: Counter[str | None]) -> None:
    """New accounts turn up, and some of them book a meeting at once."""
    for number in range(first, first + A_DAY):
        arm = team.arm(f"a-{number}", country="US")
        met[arm] += 1
        books = met[arm] % 10 < (3 if arm == "second" else 1)
        if books:
            team.tell(f"first-of-a-{number}", "meeting_booked")
        if met[arm] % 100 == 0:  # somebody always wants no more of it, whatever is done
            team.tell(f"first-of-a-{number}", "opted_out")
    team.clock.turn(days=1)


def verdict(team: Selling) -> Json:
    """What the report says first."""
    found: Json = team.report("two-houses")["verdict"]
    return found


def test_from_the_draft_to_the_shipped_playbook(team: Selling) -> None:
    """Planned, written, started, left alone, read, stopped, decided, shipped."""
    plan(team)
    write_and_publish(team)
    report = start_and_measure(team)
    ship(team, report)
    entries = team.client.get("/v1/audit?subject=experiment:two-houses").get_json()["entries"]
    assert [(entry["event"], entry["detail"].get("note")) for entry in reversed(entries)][2:] == [
        ("document.published", "written down before we look"),
        ("experiment.started", "the quarter begins"),
        ("experiment.stopped", "enough have joined"),
        ("experiment.decided", "twice the meetings and more"),
    ]


def plan(team: Selling) -> None:
    """How many accounts it takes, before anything is written."""
    # How many accounts does it take to see 10 of 100 become 30, and how long is that?
    asked = {"effect": 0.2, "rate": 0.1, "units_per_week": A_DAY * 7, "within_days": 14}
    plan = team.answer(f"{AT}/plan", asked)
    assert plan["units"] < 300
    assert "that 30 of 100 convert instead of 10" in plan["text"]


def write_and_publish(team: Selling) -> None:
    """A document as any other."""
    # The draft is saved with a mistake, which the answer tells; then it is put right.
    text = text_of("two-houses", *LINES)
    put = {"content_type": "application/yaml"}
    wrong = text.replace("playbook: second", "playbook: secnd")
    draft = team.client.put(
        f"{AT}/two-houses/draft", data=wrong, headers={"If-None-Match": "*"}, **put
    ).get_json()
    assert [found["message"] for found in draft["diagnostics"]] == ["there is no playbook `secnd`"]
    read_at = {"If-Match": f'"{draft["digest"]}"'}
    draft = team.client.put(f"{AT}/two-houses/draft", data=text, headers=read_at, **put).get_json()
    assert draft["valid"]

    # Publishing changes nothing for anybody.
    team.act("two-houses", "publish", digest=draft["digest"], note="written down before we look")
    assert team.arm("a-early", country="US") is None


def start_and_measure(team: Selling) -> Json:
    """Weeks pass; gives the report at the end of them."""
    team.act("two-houses", "start", note="the quarter begins")
    began = team.clock.now

    # Day by day accounts turn up. Most are in an arm, some are held out, and some live elsewhere.
    met: Counter[str | None] = Counter()
    for day in range(DAYS):
        a_day(team, day * A_DAY, met)
        if day == 6:
            # After a week nothing is mature, so nothing is said of who is ahead.
            assert verdict(team)["code"] == "collecting"
            assert verdict(team)["text"].startswith("Too early to tell. 0 of 300 planned accounts")
            assert verdict(team)["todo"] == "Leave it alone."
    assert met["control"] + met["second"] >= 300
    assert 5 <= met[None] <= 40  # those held out
    assert team.arm("a-abroad", country="DE") is None

    # Enough have joined: it is stopped for new accounts, and goes on being measured.
    assert team.act("two-houses", "stop", note="enough have joined")["state"] == "stopped"
    assert team.arm("a-late", country="US") is None
    assert verdict(team)["code"] == "collecting"
    earliest = verdict(team)["earliest"]

    # Two weeks after the last of them, and two days for late news, the final look is due.
    team.clock.turn(days=16)
    assert team.clock.now.date().isoformat() >= earliest
    report = team.report("two-houses")
    assert report["health"]["verdict"] == "ok"
    assert report["verdict"]["code"] == "winner"
    assert report["verdict"]["text"].startswith("second books more meetings: ")
    assert report["verdict"]["todo"] == "Make second the playbook of new accounts."
    assert [each["state"] for each in report["guardrails"]] == ["within"]
    final = report["comparisons"][0]["final"]
    assert final["control"]["units"] + final["arm"]["units"] == 300
    assert final["interval"]["low"] > 0
    by_arm = {arm["arm"]: arm["funnel"] for arm in report["arms"]}
    assert {arm: each["assigned"] for arm, each in by_arm.items()} == {
        arm: units for arm, units in met.items() if arm
    }

    # Whatever day it is asked of, the report of that day stays what it was.
    then = began.replace(day=8).isoformat()
    assert team.report("two-houses", as_of=then)["verdict"]["code"] == "collecting"
    return report


def ship(team: Selling, report: Json) -> None:
    """What is done with it."""
    # A person decides, and says why. From then on new accounts get the call, too.
    standing = team.act("two-houses", "decide", ship="second", why="twice the meetings and more")
    assert standing["decided"]["shipped"] == "second"
    shipped = Counter(team.says("two-houses", f"b-{n}", country="US")["reason"] for n in range(99))
    assert shipped.keys() == {"shipped", "holdout"}
    assert shipped["shipped"] > 85
    for number in range(30):
        answer = team.decide(f"b-{number}", country="US")
        is_out = team.says("two-houses", f"b-{number}", country="US")["reason"] == "holdout"
        assert answer["playbook"]["name"] == ("house" if is_out else "second")
        assert answer["channel"] == ("email" if is_out else "phone")
    assert team.decide("b-abroad", country="DE")["playbook"]["name"] == "house"

    # What was shipped is not counted; the report stays.
    after = team.report("two-houses")
    said = ("code", "text")
    assert [after["verdict"][name] for name in said] == [report["verdict"][name] for name in said]
    assert "second is shipped" in after["verdict"]["todo"]
    assert _counts(after) == _counts(report)


def _counts(report: Json) -> list[Json]:
    """The arms of a report, but for what is found out beside the requests."""
    return [{**arm, "funnel": {**arm["funnel"], "diverged": None}} for arm in report["arms"]]
