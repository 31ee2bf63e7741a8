"""`/v1/experiments`: who gets which playbook, seen from outside, and how an experiment lives."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from functools import cache, partial
from time import monotonic, sleep
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from service.experiment import Arm, Assignment, Unit
from service.store.documents.document_rows import bump
from service.store.sql.moments import stored
from service.store.sql.tables import (
    assignments,
    audit,
    decisions,
    documents,
    experiments,
    outcomes,
    phases,
    repeats,
    versions,
)
from tests.databases import BOTH, migrated_on_the_server
from tests.experiment_cases import AT, published
from tests.services import new_database
from tests.web.conftest import store_of
from tests.web.selling import HOUSE, SECOND, Clock, Selling, draw_alike, request, selling, text_of

ACCOUNTS = [f"a-{number}" for number in range(40)]


@pytest.fixture(autouse=True)
def _alike(monkeypatch: pytest.MonkeyPatch) -> None:
    draw_alike(monkeypatch)


@pytest.fixture
def fresh() -> Iterator[Selling]:
    """A seller whom nobody else has: for playbooks that change, and arms that are watched."""
    with selling(new_database(), Clock()) as found:
        yield found


@pytest.fixture(scope="module")
def _sellers() -> Iterator[Callable[[str], Selling]]:
    """A seller on a kind of database, for all tests here: to make a service takes long."""
    with ExitStack() as stack:

        @cache
        def seller_on(kind: str) -> Selling:
            on_a_server = kind == "postgresql"
            url = stack.enter_context(migrated_on_the_server()) if on_a_server else new_database()
            return stack.enter_context(selling(url, Clock()))

        yield seller_on


@pytest.fixture(params=BOTH)
def seller(request: pytest.FixtureRequest, _sellers: Callable[[str], Selling]) -> Selling:
    """A seller on each kind of database, on which no experiment was ever made."""
    return _cleared(_sellers(request.param))


@pytest.fixture
def one(_sellers: Callable[[str], Selling]) -> Selling:
    """The same on SQLite, for what is no question of the database."""
    return _cleared(_sellers("sqlite"))


def _cleared(seller: Selling) -> Selling:
    store = store_of(seller.client)
    with store.database.writing() as connection:
        for table in (audit, repeats, outcomes, decisions, assignments, phases, experiments):
            connection.execute(table.delete())
        for table in (versions, documents):
            connection.execute(table.delete().where(table.c.kind == "experiment"))
        bump(connection)
    store.assignments._known.clear()
    store.in_force.refresh()
    seller.clock.now = Clock.now
    return seller


# ---- who gets which arm -------------------------------------------------------------


def test_the_first_that_applies_says_why(seller: Selling) -> None:
    """Forced, in an arm already, held out, audience, slice, coverage: in this order."""
    seller.run(
        "two-houses",
        "audience: {country: US}",
        "holdout: 20 %",
        "coverage: 50 %",
        "namespace: {name: calls, from: 0 %, to: 60 %}",
    )
    found = {each: seller.says("two-houses", each, country="US") for each in ACCOUNTS}
    reasons = {account: said["reason"] for account, said in found.items()}

    assert set(reasons.values()) == {"holdout", "not_in_namespace", "not_in_coverage", "assigned"}
    for account, said in found.items():
        abroad = seller.says("two-houses", account, country="DE")
        unknown = seller.says("two-houses", account)
        is_out = reasons[account] == "holdout"
        assert abroad["reason"] == unknown["reason"] == ("holdout" if is_out else "not_in_audience")
        assert unknown["unknown_facts"] == ([] if is_out else ["country"])
        assert abroad["unknown_facts"] == []
        assert (said["arm"] is not None) == (reasons[account] == "assigned")
        assert (said["bucket"] is not None) == (reasons[account] in {"assigned", "not_in_coverage"})
        decided = seller.decide(account, country="US")
        assert (decided["experiment"] or {}).get("arm") == said["arm"]
        assert decided["playbook"]["name"] == ("second" if said["arm"] == "second" else "house")
        if said["arm"]:
            assert seller.says("two-houses", account, country="DE")["reason"] == "sticky"

    forced = {"experiment": {"name": "two-houses", "arm": "second"}}
    for account in ACCOUNTS[:5]:
        said = seller.answer(f"{AT}/two-houses/assignment", request(account) | forced)
        assert (said["arm"], said["reason"]) == ("second", "forced")


def test_asking_takes_nobody_in(one: Selling) -> None:
    """What an experiment says of a unit stays what it says until there is a decision."""
    one.run("two-houses")

    assert [one.says("two-houses", "a-1")["reason"] for _ in range(2)] == ["assigned"] * 2
    one.decide("a-1")
    assert one.says("two-houses", "a-1")["reason"] == "sticky"


def test_an_arm_stays(seller: Selling) -> None:
    """Whoever of the account is asked about, whatever is known, and after a restart."""
    seller.run("two-houses", "audience: {country: US}")
    arms = {account: seller.arm(account, country="US") for account in ACCOUNTS}
    assert set(arms.values()) == {"control", "second"}

    with selling(seller.url, seller.clock) as restarted:
        for account in ACCOUNTS:
            other = {"id": f"second-of-{account}", "account_id": account, "country": "DE"}
            drawn = restarted.answer("/v1/next-action", {"prospect": other, "history": []})
            assert drawn["experiment"] == {
                "name": "two-houses",
                "phase": 1,
                "arm": arms[account],
                "unit": "account",
                "reason": "sticky",
            }


def test_of_many_at_once_all_get_the_same_arm(seller: Selling) -> None:
    """A hundred first requests about one account, to two services: one arm, and one row."""
    seller.run("two-houses")
    with selling(seller.url, seller.clock) as other, ThreadPoolExecutor(20) as pool:
        clients = [s.client.application.test_client() for s in (seller, other) for _ in range(50)]
        asked = [
            request("a-1") | {"prospect": {"id": f"p-{n}", "account_id": "a-1"}} for n in range(100)
        ]
        answers = pool.map(
            lambda pair: pair[0].post("/v1/next-action", json=pair[1]),
            zip(clients, asked, strict=True),
        )
        arms = Counter(answer.get_json()["experiment"]["arm"] for answer in answers)

    assert list(arms.values()) == [100]
    with store_of(seller.client).database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(assignments)).scalar() == 1
    assert sum(units for units, _, _ in seller.counts("two-houses").values()) == 1


def test_more_coverage_moves_nobody(one: Selling) -> None:
    """Who was in keeps the arm, and of the others some come in."""
    one.run("two-houses", "coverage: 40 %")
    before = {account: one.says("two-houses", account) for account in ACCOUNTS}
    for account in ACCOUNTS[:10]:
        one.decide(account)

    standing = one.run("two-houses", "coverage: 80 %")

    assert (standing["phase"], standing["version"]) == (1, 2)
    after = {account: one.says("two-houses", account) for account in ACCOUNTS}
    was_in = {account for account, said in before.items() if said["arm"]}
    is_in = {account for account, said in after.items() if said["arm"]}
    assert was_in < is_in < set(ACCOUNTS)
    for account in was_in:
        assert after[account]["arm"] == before[account]["arm"]
        assert after[account]["bucket"] == before[account]["bucket"]


def test_what_is_forced_is_not_counted(one: Selling) -> None:
    """It is decided by the arm's playbook and kept, and the unit has no arm by it."""
    one.run("two-houses")
    asked = request("a-1") | {"experiment": {"name": "two-houses", "arm": "second"}}

    answer = one.answer("/v1/next-action", asked)

    assert answer["experiment"]["reason"] == "forced"
    assert answer["playbook"]["name"] == "second"
    report = one.report("two-houses")
    assert one.counts("two-houses") == {"control": (0, 0, 0), "second": (0, 0, 0)}
    assert [arm["forced"] for arm in report["arms"]] == [0, 1]
    assert report["health"]["forced"] == 1
    assert one.says("two-houses", "a-1")["reason"] == "assigned"


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"experiment": {"name": "no-houses", "arm": "second"}}, "/experiment/name"),
        ({"experiment": {"name": "two-houses", "arm": "third"}}, "/experiment/arm"),
        (
            {"playbook": "house", "experiment": {"name": "two-houses", "arm": "second"}},
            "/experiment",
        ),
    ],
)
def test_only_an_arm_that_runs_is_forced(one: Selling, more: dict[str, object], path: str) -> None:
    """The mistake is told at its place."""
    one.run("two-houses")

    response = one.client.post("/v1/next-action", json=request("a-1") | more)

    assert response.status_code == 422
    assert [error["path"] for error in response.get_json(force=True)["errors"]] == [path]


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"rival_known": "perhaps"}, "/prospect/rival_known"),
        ({"id": "c-\0"}, "/prospect/id"),
        ({"account_id": "a-\0"}, "/prospect/account_id"),
    ],
)
def test_a_request_that_is_refused_takes_nobody_in(
    one: Selling, more: dict[str, object], path: str
) -> None:
    """Neither where the arm's playbook cannot read it, nor where it cannot be kept."""
    one.run("two-houses")
    asked = request("a-1")

    response = one.client.post(
        "/v1/next-action", json={**asked, "prospect": {**asked["prospect"], **more}}
    )

    assert response.status_code == 422
    assert [error["path"] for error in response.get_json(force=True)["errors"]] == [path]
    with store_of(one.client).database.reading() as connection:
        assert connection.execute(select(assignments)).all() == []
    assert one.decide("a-1")["experiment"]["reason"] == "assigned"


def test_whoever_is_quicker_to_take_a_unit_in_is_followed(
    one: Selling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process gave it another arm after this one had looked, and that one answers."""
    one.run("two-houses")
    account = next(each for each in ACCOUNTS if one.says("two-houses", each)["arm"] == "second")
    kept = store_of(one.client).assignments
    unit = Unit("account", account)
    theirs = Assignment("two-houses", 1, Arm("control", "house"), unit, "assigned", 0.1, 0.5)
    kept.enrol(theirs, one.clock.now)
    monkeypatch.setattr(kept, "standing", lambda *_: {})

    answer = one.decide(account)

    assert answer["experiment"]["arm"] == "control"
    assert answer["playbook"]["name"] == "house"


def test_a_stopped_arm_leaves_its_place_empty(one: Selling) -> None:
    """Nobody new gets it, nobody else moves, and who has it keeps it."""
    one.run("two-houses")
    before = {account: one.says("two-houses", account)["arm"] for account in ACCOUNTS}
    had = next(account for account, arm in before.items() if arm == "second")
    one.decide(had)

    standing = one.act("two-houses", "arms/second/stop", why="people complain")

    assert [arm["stopped"] and arm["stopped"]["why"] for arm in standing["arms"]] == [
        None,
        "people complain",
    ]
    for account in ACCOUNTS:
        said = one.says("two-houses", account)
        if account == had:
            assert (said["arm"], said["reason"]) == ("second", "sticky")
        elif before[account] == "second":
            assert (said["arm"], said["reason"]) == (None, "stopped_arm")
            assert one.decide(account)["playbook"]["name"] == "house"
        else:
            assert (said["arm"], said["reason"]) == ("control", "assigned")


def test_other_weights_are_a_new_phase(seller: Selling, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has an arm keeps it and its phase; the others are drawn anew."""
    seller.run("two-houses")
    old, new = ACCOUNTS[:20], ACCOUNTS[20:]
    had = {account: seller.arm(account) for account in old}
    would = {account: seller.says("two-houses", account)["bucket"] for account in new}
    monkeypatch.setattr("service.store.experiments.experiments.token_hex", lambda size: "77" * size)

    weights = {"control": "playbook: house", "second": "playbook: second, weight: 9"}
    standing = seller.run("two-houses", **weights)

    assert (standing["phase"], standing["version"]) == (2, 2)
    assert had == {account: seller.arm(account) for account in old}
    assert {seller.says("two-houses", account)["phase"] for account in old} == {1}
    drawn = {account: seller.says("two-houses", account) for account in new}
    assert {said["phase"] for said in drawn.values()} == {2}
    assert would != {account: said["bucket"] for account, said in drawn.items()}
    assert Counter(said["arm"] for said in drawn.values())["second"] > 14
    assert sum(units for units, _, _ in seller.counts("two-houses", phase=1).values()) == 20
    assert sum(units for units, _, _ in seller.counts("two-houses").values()) == 0


def test_of_two_experiments_a_unit_is_in_one(one: Selling) -> None:
    """The first to start comes first; a request that names a playbook is in none."""
    one.run("first", "coverage: 50 %")
    one.clock.turn(hours=1)
    one.run("other")

    assert (
        one.client.post("/v1/next-action", json=request("a-0") | {"playbook": "house"}).get_json()[
            "experiment"
        ]
        is None
    )
    in_which = Counter()
    for account in ACCOUNTS:
        drawn = one.decide(account)["experiment"]
        in_which[drawn["name"]] += 1
        said = {name: one.says(name, account)["reason"] for name in ("first", "other")}
        left = {"first": "not_in_coverage", "other": "other_experiment"}
        if drawn["name"] == "other":
            left["first"] = "other_experiment"  # the row in the other comes first
        assert said == left | {drawn["name"]: "sticky"}
    assert 10 < in_which["first"] < 30
    assert sum(in_which.values()) == len(ACCOUNTS)


def test_a_version_that_is_named_stays(fresh: Selling) -> None:
    """The other arms follow the version in force; what was decided can be decided again."""
    fresh.run("two-houses", control="playbook: house", second="playbook: second, version: 1")
    arms = {account: fresh.arm(account) for account in ACCOUNTS[:10]}
    decided = {account: fresh.decide(account)["decision_id"] for account in arms}
    fresh.clock.turn(hours=1)
    later = {"house": HOUSE, "second": SECOND}
    for name, text in later.items():
        fresh.publish("/v1/playbooks", name, text.replace("title: A small", "title: A new"))
        fresh.publish("/v1/playbooks", name, text.replace("{value: 7", "{value: 9"))

    for account, arm in arms.items():
        answer = fresh.answer("/v1/next-action?explain=full", request(account))
        name, version = {"control": ("house", 3), "second": ("second", 1)}[str(arm)]
        assert (answer["playbook"]["name"], answer["playbook"]["version"]) == (name, version)
        assert answer["explanation"]["why_not"]
        again = fresh.answer(f"/v1/decisions/{decided[account]}/replay", None)
        assert again["same"], again["differences"]
        assert again["answer"]["playbook"]["version"] == 1
    assert fresh.report("two-houses")["changed_playbooks"] == ["house"]


def test_a_playbook_that_is_rolled_back_is_told(fresh: Selling) -> None:
    """Its arm means two versions then, although nothing was published."""
    fresh.publish("/v1/playbooks", "house", HOUSE.replace("title: A small", "title: A new"))
    fresh.run("two-houses")
    fresh.clock.turn(hours=1)
    assert fresh.client.post("/v1/playbooks/house/versions/1/activate").status_code == 200

    assert fresh.report("two-houses")["changed_playbooks"] == ["house"]


def test_decisions_by_experiments_are_counted(one: Selling) -> None:
    """`/metrics` has them by experiment, arm and reason."""
    one.run("counted-houses")
    arm = one.arm("a-1")
    one.decide("a-1")

    metrics = one.client.get("/metrics").text

    for reason in ("assigned", "sticky"):
        labels = f'{{arm="{arm}",experiment="counted-houses",reason="{reason}"}}'
        assert f"unghost_assignments_total{labels} 1.0" in metrics


# ---- how an experiment lives --------------------------------------------------------


def test_from_a_draft_to_a_decision(seller: Selling) -> None:
    """Each step shows in the list, in the experiment itself and in the audit trail."""

    def state() -> tuple[object, ...]:
        (listed,) = seller.client.get(AT).get_json()["experiments"]
        whole = seller.client.get(f"{AT}/two-houses").get_json()
        assert listed.items() <= whole.items()
        assert whole["text"] == text_of("two-houses")
        return listed["state"], listed["version"], listed["active"], listed["phase"]

    seller.publish(AT, "two-houses", text_of("two-houses"))
    assert state() == ("draft", None, 1, None)
    assert seller.arm("a-1") is None  # publishing changes nothing for anybody
    seller.act("two-houses", "start", note="the quarter begins")
    assert state() == ("running", 1, 1, 1)
    arm = seller.arm("a-1")
    seller.clock.turn(days=3)
    seller.act("two-houses", "stop")
    assert state() == ("stopped", 1, 1, 1)
    assert (seller.arm("a-1"), seller.arm("a-2")) == (arm, None)
    standing = seller.act("two-houses", "decide", why="nothing in it")
    assert state() == ("decided", 1, 1, 1)
    assert standing["decided"] == {
        "at": "2026-09-04T09:00:00+00:00",
        "by": "nobody",
        "shipped": None,
        "why": "nothing in it",
    }
    report = seller.report("two-houses")
    assert report["decided"] == standing["decided"]
    nothing = "Nothing more: it was decided that no arm is shipped."
    assert {each["verdict"]["todo"] for each in (report, *report["comparisons"])} == {nothing}
    entries = seller.client.get("/v1/audit?subject=experiment:two-houses").get_json()["entries"]
    assert [entry["event"] for entry in reversed(entries)] == [
        *("draft.saved", "document.published"),
        *("experiment.started", "experiment.stopped", "experiment.decided"),
    ]


def test_a_text_alone(one: Selling) -> None:
    """YAML for who would rather have it; before anything is published there is none."""
    one.run("two-houses")
    asked = one.client.get(f"{AT}/two-houses", headers={"Accept": "application/yaml"})

    assert asked.text == text_of("two-houses")
    one.client.put(
        f"{AT}/idle/draft", data="", content_type="application/yaml", headers={"If-None-Match": "*"}
    )
    response = one.client.get(f"{AT}/idle")
    assert (response.status_code, response.get_json(force=True)["detail"]) == (
        404,
        "nothing of the experiment `idle` was published yet",
    )
    assert [each["name"] for each in one.client.get(AT).get_json()["unpublished"]] == ["idle"]


def test_what_a_result_hangs_on_is_frozen(one: Selling) -> None:
    """The text can be kept as a draft, and not be published while the experiment runs."""
    one.run("two-houses")
    lines = ("primary: {outcome: won, within: 90 days}", "holdout: 5 %", "coverage: 50 %")
    draft, publish = published(AT, "two-houses", text_of("two-houses", *lines))
    assert one.client.open(**{**draft, "headers": {"If-Match": "*"}}).status_code == 200

    response = one.client.open(**publish)

    problem = response.get_json(force=True)
    assert response.status_code == 409
    assert problem["type"] == "urn:unghost:problem:frozen"
    assert problem["fields"] == ["holdout", "primary"]
    assert "stop it, and begin another experiment" in problem["detail"]
    shown = one.client.get(f"{AT}/two-houses").get_json()
    assert (shown["version"], shown["active"], shown["latest"]) == (1, 1, 1)
    assert one.says("two-houses", "a-1")["reason"] == "assigned"


def test_what_does_not_fit_the_state_is_refused(one: Selling) -> None:
    """In words that say what to do first; nothing is changed."""

    def why(name: str, act: str, **words: object) -> object:
        return one.refused(name, act, 409, **words)["detail"]

    one.client.put(
        f"{AT}/draft/draft",
        data="",
        content_type="application/yaml",
        headers={"If-None-Match": "*"},
    )
    assert why("draft", "start") == "no version of `draft` was published yet"
    one.publish(AT, "two-houses", text_of("two-houses"))
    assert why("two-houses", "stop") == "`two-houses` was never started"
    assert why("two-houses", "decide", why="so") == "`two-houses` was never started"
    assert one.refused("missing", "start", 404)["detail"] == "there is no experiment `missing`"
    long = one.refused("a" * 65, "start", 404)["detail"]
    assert long == f"`{'a' * 64}…` has more than 64 characters"
    one.act("two-houses", "start")
    assert why("two-houses", "decide", why="so") == "`two-houses` is running: stop it first"
    assert why("two-houses", "archive") == "the experiment `two-houses` is running: stop it first"
    third = one.refused("two-houses", "arms/third/stop", 404, why="so")
    assert third["detail"] == "`two-houses` has no arm `third`; it has `control`, `second`"
    one.act("two-houses", "stop")
    assert why("two-houses", "start") == "`two-houses` is stopped: begin another experiment"
    for none in ("third", ""):
        assert one.refused("two-houses", "decide", 404, why="so", ship=none)
    for words in ({"why": " "}, {"why": "w" * 2_001}):
        problem = one.refused("two-houses", "decide", 422, **words)
        assert [error["path"] for error in problem["errors"]] == ["/why"]
    one.act("two-houses", "decide", why="so")
    assert why("two-houses", "decide", why="so") == "`two-houses` is decided: that stands"


def test_arms_go_by_playbooks_in_force(fresh: Selling) -> None:
    """An experiment whose playbook is archived cannot start; fresh that has begun keeps it."""
    fresh.publish(AT, "two-houses", text_of("two-houses"))
    assert fresh.client.post("/v1/playbooks/second/archive").status_code == 200
    problem = fresh.refused("two-houses", "start", 409)
    assert problem["detail"].startswith("`two-houses` cannot start: there is no playbook `second`")
    assert fresh.client.post("/v1/playbooks/second/unarchive").status_code == 200
    fresh.act("two-houses", "start")

    def archived() -> tuple[int, str]:
        response = fresh.client.post("/v1/playbooks/second/archive")
        return response.status_code, response.get_json(force=True).get("detail", "")

    needs = "the experiment `two-houses` needs the playbook `second`"
    assert archived() == (409, f"{needs}: stop and decide the experiment first")
    fresh.act("two-houses", "stop")
    assert archived() == (409, f"{needs}: stop and decide the experiment first")
    fresh.act("two-houses", "decide", ship="second", why="better")
    assert archived() == (409, f"{needs}: archive the experiment first")
    fresh.act("two-houses", "archive")
    assert archived() == (200, "")


def test_an_archived_experiment_has_no_effect(seller: Selling) -> None:
    """Nobody gets an arm of it, nor what was shipped; brought back, all is as it was."""
    seller.run("two-houses")
    had = {account: seller.arm(account) for account in ACCOUNTS[:5]}
    seller.act("two-houses", "stop")
    seller.act("two-houses", "decide", ship="second", why="better")
    assert seller.arm("a-50") == "second"

    assert seller.act("two-houses", "archive")["archived_at"]
    assert {seller.arm(account) for account in (*had, "a-50")} == {None}
    listed = seller.client.get(f"{AT}?archived=true").get_json()
    assert (listed["experiments"], [e["name"] for e in listed["archived"]]) == ([], ["two-houses"])
    assert "cannot" not in seller.report("two-houses")["verdict"]["code"]
    seller.act("two-houses", "unarchive")
    assert had == {account: seller.arm(account) for account in had}
    assert seller.arm("a-50") == "second"


def test_a_repeated_start_starts_once(one: Selling) -> None:
    """With the same `Idempotency-Key` the answer is the same, byte for byte."""
    one.publish(AT, "two-houses", text_of("two-houses"))
    address, headers = f"{AT}/two-houses/start", {"Idempotency-Key": "k-1"}

    first, again = (one.client.post(address, json={}, headers=headers) for _ in range(2))

    assert first.status_code == again.status_code == 200
    assert first.data == again.data
    assert again.headers["Idempotent-Replayed"] == "true"
    trail = one.client.get("/v1/audit?event=experiment.started").get_json()["entries"]
    assert len(trail) == 1


def test_texts_of_experiments_live_as_others_do(one: Selling) -> None:
    """Checked against the playbooks in force, compared part by part, rolled back."""
    wrong = text_of("two-houses", control="playbook: house", second="playbook: secnd")
    verdict = one.client.post(f"{AT}/validate", data=wrong, content_type="text/plain").get_json()
    assert [(each["code"], each["hint"]) for each in verdict["diagnostics"]] == [
        ("unknown-playbook", "did you mean `second`?")
    ]
    one.run("two-houses", "coverage: 20 %")
    one.run("two-houses", "coverage: 90 %")
    changes = one.client.get(f"{AT}/two-houses/diff?from=1&to=2").get_json()["changes"]
    assert [(each["what"], each["before"], each["after"]) for each in changes] == [
        ("covers", "20 % of the audience", "90 % of the audience")
    ]
    one.act("two-houses", "versions/1/activate")
    standing = one.client.get(f"{AT}/two-houses").get_json()
    assert (standing["version"], standing["active"], standing["latest"]) == (2, 1, 2)
    assert one.act("two-houses", "start")["version"] == 1


# ---- what is told later, and what is erased -----------------------------------------


def test_what_is_told_counts_once_and_in_time(seller: Selling) -> None:
    """A meeting within 14 days of joining, told within 2 more; however often it is told."""
    seller.run("two-houses")
    accounts = ACCOUNTS[:8]
    early, twice, late_told, too_late, before, by_account, *_ = accounts
    arms = {account: seller.arm(account) for account in accounts}
    joined = seller.clock.now

    def of(account: str) -> str:
        return f"first-of-{account}"

    seller.clock.turn(days=5)
    seller.tell(of(early), "meeting_booked", joined)
    for _ in range(2):
        seller.tell(of(twice), "meeting_booked", joined + timedelta(days=3))
    seller.tell(of(twice), "meeting_booked", joined + timedelta(days=4))
    seller.tell(of(before), "meeting_booked", joined - timedelta(seconds=1))
    seller.tell("a-colleague", "meeting_booked", account_id=by_account)
    assert sum(mature for _, mature, _ in seller.counts("two-houses").values()) == 0
    seller.clock.turn(days=10.9)
    seller.tell(of(late_told), "meeting_booked", joined + timedelta(days=14))
    seller.clock.turn(days=0.2)
    seller.tell(of(too_late), "meeting_booked", joined + timedelta(days=14))

    converted = Counter(arms[account] for account in (early, twice, late_told, by_account))
    expected = {
        arm: (number, number, converted[arm]) for arm, number in Counter(arms.values()).items()
    }
    assert seller.counts("two-houses") == {"control": (0, 0, 0), "second": (0, 0, 0)} | expected
    then = (joined + timedelta(days=10)).isoformat()
    assert {done for _, _, done in seller.counts("two-houses", as_of=then).values()} == {0}


def test_who_is_erased_is_counted_all_the_same(seller: Selling) -> None:
    """One contact of an account, and a person who was a unit: as unknown people's."""
    seller.run("two-houses", "unit: prospect")
    alone = seller.answer("/v1/next-action", {"prospect": {"id": "p-1"}, "history": []})
    arm = alone["experiment"]["arm"]
    seller.tell("p-1", "meeting_booked")
    assert seller.client.delete("/v1/prospects/p-1").status_code == 200
    seller.clock.turn(days=17)

    none = {"control": (0, 0, 0), "second": (0, 0, 0)}
    assert seller.counts("two-houses") == none | {arm: (1, 1, 1)}
    again = seller.answer("/v1/next-action", {"prospect": {"id": "p-1"}, "history": []})
    assert again["experiment"]["reason"] == "assigned"  # nobody knows them any more
    assert seller.counts("two-houses") == none | {arm: (2, 1, 1)}


def test_other_processes_forget_who_is_erased(seller: Selling) -> None:
    """Within a second, though they had read the arm before."""
    seller.run("two-houses", "unit: prospect")
    person = {"prospect": {"id": "p-1"}, "history": []}
    with selling(seller.url, seller.clock) as elsewhere:
        seller.answer("/v1/next-action", person)
        asked = partial(elsewhere.answer, f"{AT}/two-houses/assignment", person)
        assert asked()["reason"] == "sticky"

        assert seller.client.delete("/v1/prospects/p-1").status_code == 200

        until = monotonic() + 10
        while asked()["reason"] == "sticky":
            assert monotonic() < until
            sleep(0.01)


def test_an_account_outlives_its_contacts(seller: Selling) -> None:
    """One of them is erased; what they did still counts for the account."""
    seller.run("two-houses")
    arm = seller.arm("a-1")
    seller.tell("first-of-a-1", "meeting_booked")
    assert seller.client.delete("/v1/prospects/first-of-a-1").status_code == 200
    seller.clock.turn(days=17)

    counts = seller.counts("two-houses")
    assert counts == {"control": (0, 0, 0), "second": (0, 0, 0)} | {arm: (1, 1, 1)}
    assert seller.says("two-houses", "a-1")["reason"] == "sticky"


# ---- reports ------------------------------------------------------------------------


def test_a_report_wants_something_to_report(one: Selling) -> None:
    """An experiment that was started, a phase that there is, and a moment that has come."""

    def problem(name: str, **query: str) -> tuple[int, str]:
        response = one.client.get(f"{AT}/{name}/report", query_string=query)
        return response.status_code, response.get_json(force=True)["detail"]

    one.publish(AT, "two-houses", text_of("two-houses"))
    assert problem("missing") == (404, "there is no experiment `missing`")
    never = "`two-houses` was never started, so there is nothing to report"
    assert problem("two-houses") == (404, never)
    one.act("two-houses", "start")
    assert problem("two-houses", phase="2") == (404, "`two-houses` has no phase 2; it has 1")
    assert problem("two-houses", phase="0")[0] == 422
    ahead = (one.clock.now + timedelta(seconds=1)).isoformat()
    message = "?as_of: must not lie ahead: nobody knows the counts"
    assert problem("two-houses", as_of=ahead) == (422, message)
    assert one.report("two-houses", as_of="2020-01-01T00:00:00Z")["verdict"]["code"] == "collecting"


def test_a_split_that_chance_does_not_explain_blocks_the_verdict(one: Selling) -> None:
    """Whatever the counts say: here somebody has lost the half of one arm."""
    one.run("two-houses")
    rows = [
        {
            "experiment": "two-houses",
            "unit_key": f"person:{arm}-{number}",
            "unit_type": "account",
            "phase": 1,
            "arm": arm,
            "bucket": 0.5,
            "propensity": 0.5,
            "assigned_at": stored(one.clock.now),
        }
        for arm, units in (("control", 200), ("second", 100))
        for number in range(units)
    ]
    with store_of(one.client).database.writing() as connection:
        connection.execute(insert(assignments), rows)
    one.clock.turn(days=20)

    report = one.report("two-houses")

    assert (report["health"]["verdict"], report["verdict"]["code"]) == ("blocked", "unhealthy")
    assert "Find out why before anything else" in report["verdict"]["todo"]
    assert report["health"]["splits"][0]["observed"] == [200, 100]


def test_harm_is_told_at_once(fresh: Selling) -> None:
    """An arm whose people opt out is named in `pause`, long before it is mature."""
    fresh.run("two-houses", "guardrails: [{outcome: opted_out, margin: 1 %}]")
    arms = {account: fresh.arm(account) for account in ACCOUNTS}
    harmed = [account for account, arm in arms.items() if arm == "second"]
    assert fresh.report("two-houses")["pause"] == []
    for account in harmed[:15]:
        fresh.tell(f"first-of-{account}", "opted_out")
    fresh.clock.turn(hours=1)

    report = fresh.report("two-houses")

    assert (report["pause"], report["verdict"]["code"]) == (["second"], "stopped_for_harm")
    (guardrail,) = report["guardrails"]
    assert (guardrail["events"], guardrail["state"]) == (15, "crossed")


# ---- planning -----------------------------------------------------------------------


def planned(client: FlaskClient, body: dict[str, object]) -> dict[str, Any]:
    """What a plan gives."""
    response = client.post(f"{AT}/plan", json=body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.get_json()
    return answer


def test_planning_goes_both_ways(client: FlaskClient) -> None:
    """From a difference to weeks, and from those weeks to the difference."""
    usual = {"rate": 0.05, "units_per_week": 120}
    there = planned(client, {**usual, "effect": 0.03})

    assert (there["units"], there["weeks"], there["answer_after_days"]) == (2262, 19, 166)
    assert there["text"].startswith("2,262 accounts in 19 weeks, and a fair answer 166 days after")
    back = planned(client, {**usual, "weeks": there["weeks"], "unit": "prospect"})
    assert back["effect"] == pytest.approx(0.03, abs=0.001)
    assert back["text"].startswith("2,280 prospects")
    few = planned(client, {**usual, "weeks": 1, "coverage": 0.001})
    assert (few["units"], few["effect"], few["weeks"]) == (0, None, 2)


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({}, "", "must have `weeks` or `effect`, one of the two"),
        ({"weeks": 6, "effect": 0.1}, "", "must have `weeks` or `effect`, one of the two"),
        ({"effect": 0.99}, "/effect", "leads to no other rate"),
        ({"effect": 0}, "/effect", "leads to no other rate"),
        ({"effect": 1e-300}, "/effect", "leads to no other rate"),
        ({"effect": 0.0001}, "/effect", "that would take more than ten years"),
        ({"weeks": 6, "arms": 1}, "/arms", "must be at least 2"),
        ({"weeks": 6, "planned": 100}, "/planned", "is not a field here"),
    ],
)
def test_a_plan_says_what_is_wrong(
    client: FlaskClient, body: dict[str, object], path: str, message: str
) -> None:
    """Every mistake at its place."""
    asked = {"rate": 0.05, "units_per_week": 120, **body}

    response = client.post(f"{AT}/plan", json=asked)

    assert response.status_code == 422
    (error,) = response.get_json(force=True)["errors"]
    assert error["path"] == path
    assert message in error["message"]
