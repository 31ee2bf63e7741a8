"""`Idempotency-Key`: a request that comes twice is done once, and answered twice alike."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from service.store.access.keys import create_key
from service.store.ledger.ledger import Ledger
from service.store.ledger.outcomes import Outcomes
from service.store.ledger.repeats import LIFE, LONGEST_RUN, Repeats
from service.store.sql.database import Database, DatabaseAway
from service.store.sql.tables import repeats
from tests.web.conftest import store_of

Json = dict[str, Any]

#: By address two different bodies, and the list in which what was done shows.
BODIES: dict[str, tuple[Json, Json, str]] = {
    "/v1/next-action": (
        {"prospect": {"id": "c-1"}, "history": []},
        {"prospect": {"id": "c-2"}, "history": []},
        "decisions",
    ),
    "/v1/outcomes": (
        {"prospect_id": "c-1", "outcome": "won", "at": "2026-11-20T15:00:00Z"},
        {"prospect_id": "c-2", "outcome": "won", "at": "2026-11-20T15:00:00Z"},
        "outcomes",
    ),
}
WON = BODIES["/v1/outcomes"][0]
both_doors = pytest.mark.parametrize("address", BODIES)


def send(client: FlaskClient, address: str, body: object, key: str = "k-1") -> TestResponse:
    """A request with a key."""
    return client.post(address, json=body, headers={"Idempotency-Key": key})


def problem(response: TestResponse) -> tuple[int, str]:
    """The status of a problem, and its word."""
    return response.status_code, response.get_json(force=True)["type"].rpartition(":")[2]


def whole(response: TestResponse) -> tuple[int, str | None, bytes]:
    """All of an answer that is the same every time."""
    return response.status_code, response.content_type, response.data


def done(client: FlaskClient, address: str) -> int:
    """How often something was done."""
    name = BODIES[address][2]
    return len(client.get(f"/v1/{name}").get_json()[name])


@both_doors
def test_the_same_request_gets_the_same_bytes(address: str, standing: FlaskClient) -> None:
    """It is done once, and who is told so again can see that; quoted or bare is one key."""
    body, _, _ = BODIES[address]

    first = send(standing, address, body)
    again = [send(standing, address, body, key) for key in ("k-1", '"k-1"', " k-1 ")]

    assert first.status_code == 200
    assert [whole(each) for each in again] == [whole(first)] * 3
    assert "Idempotent-Replayed" not in first.headers
    assert {each.headers["Idempotent-Replayed"] for each in again} == {"true"}
    assert done(standing, address) == 1


@both_doors
def test_another_request_is_told_from_it(address: str, standing: FlaskClient) -> None:
    """Another body, by a byte, or another address: that is a mistake of the caller's."""
    body, other, _ = BODIES[address]
    first = send(standing, address, body)
    elsewhere, (theirs, _, _) = next(each for each in BODIES.items() if each[0] != address)

    assert problem(send(standing, address, other)) == (422, "key-reused")
    assert problem(send(standing, elsewhere, theirs)) == (422, "key-reused")
    assert problem(send(standing, f"{address}?explain=full", body)) == (422, "key-reused")
    assert send(standing, address, other, "k-2").status_code == 200
    assert whole(send(standing, address, body)) == whole(first)
    assert done(standing, address) == 2


@both_doors
def test_a_mistake_leaves_the_key_free(address: str, standing: FlaskClient) -> None:
    """Nothing was done, so the mended request may come under the same key."""
    body, _, _ = BODIES[address]

    assert problem(send(standing, address, {})) == (422, "not-valid")
    assert send(standing, address, body).status_code == 200


@both_doors
@pytest.mark.parametrize("key", ["", "two words", '"open', "é", "k" * 256])
def test_a_key_that_is_none_is_refused(address: str, key: str, client: FlaskClient) -> None:
    """Before anything is done."""
    before = done(client, address)

    assert problem(send(client, address, BODIES[address][0], key)) == (400, "bad-idempotency-key")
    assert done(client, address) == before


@both_doors
def test_each_caller_has_keys_of_its_own(
    address: str, own: FlaskClient, database: Database
) -> None:
    """Two callers who happen on the same key get what they asked for, each its own."""
    body, other, _ = BODIES[address]
    now = datetime.now(UTC)
    one, two = (
        create_key(database, name, ["decide", "outcomes", "read"], actor="test", now=now).plain
        for name in ("one", "two")
    )

    def ask(plain: str, asked: object) -> TestResponse:
        headers = {"Idempotency-Key": "k-1", "Authorization": f"Bearer {plain}"}
        return own.post(address, json=asked, headers=headers)

    first, second = ask(one, body), ask(two, other)

    assert (first.status_code, second.status_code) == (200, 200)
    assert problem(ask(one, other)) == (422, "key-reused")
    assert [whole(ask(one, body)), whole(ask(two, other))] == [whole(first), whole(second)]


@both_doors
def test_an_answer_is_kept_for_a_day(address: str, standing: FlaskClient) -> None:
    """And then the key is free, also for another request."""
    database = store_of(standing).database
    body, other, _ = BODIES[address]
    send(standing, address, body)
    _grow_older(database, LIFE - timedelta(minutes=1))
    assert problem(send(standing, address, other)) == (422, "key-reused")

    _grow_older(database, timedelta(minutes=1))

    assert send(standing, address, other).status_code == 200
    assert done(standing, address) == 2


def _grow_older(database: Database, span: timedelta) -> None:
    """Let so much time go by for all keys."""
    earlier = repeats.c.begun_at - span // timedelta(microseconds=1)
    with database.writing() as connection:
        connection.execute(update(repeats).values(begun_at=earlier))


def test_an_erased_answer_is_gone(standing: FlaskClient) -> None:
    """It is not made anew: the prospect was erased, and nobody asked about them since."""
    body, other, _ = BODIES["/v1/next-action"]
    send(standing, "/v1/next-action", body)
    kept = send(standing, "/v1/next-action", other, "k-2")

    standing.delete("/v1/prospects/c-1")

    assert problem(send(standing, "/v1/next-action", body)) == (410, "erased")
    assert whole(send(standing, "/v1/next-action", other, "k-2")) == whole(kept)


# ---- at the same time ---------------------------------------------------------------


def test_who_comes_while_it_runs_is_told(
    standing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And once it is done gets the answer."""
    began, go_on = Event(), Event()
    record = Outcomes.record

    def slowly(*args: Any) -> tuple[bool, ...]:
        began.set()
        assert go_on.wait(30)
        return record(*args)

    monkeypatch.setattr(Outcomes, "record", slowly)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(_send_anew, standing, "/v1/outcomes")
        assert began.wait(30)
        meanwhile = send(standing, "/v1/outcomes", WON)
        go_on.set()
        first = running.result()

    assert problem(meanwhile) == (409, "still-running")
    assert first.status_code == 200
    assert whole(send(standing, "/v1/outcomes", WON)) == whole(first)


def test_two_who_decide_at_once_get_one_answer(
    standing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have decided; one decision is kept, and both are told of that."""
    together = Barrier(4)
    record = Ledger.record

    def at_once(*args: Any) -> object:
        together.wait(30)
        return record(*args)

    monkeypatch.setattr(Ledger, "record", at_once)
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(_send_anew, standing, "/v1/next-action") for _ in range(4)]
        answers = {whole(future.result()) for future in asked}

    assert len(answers) == 1
    assert done(standing, "/v1/next-action") == 1


def _send_anew(client: FlaskClient, address: str) -> TestResponse:
    """The request from another connection."""
    return send(client.application.test_client(), address, BODIES[address][0])


# ---- a database that is away --------------------------------------------------------


def _away(*_args: object) -> Any:
    raise DatabaseAway("not now")


@pytest.mark.parametrize(
    ("address", "door"), [("/v1/outcomes", Outcomes), ("/v1/next-action", Ledger)]
)
def test_where_nothing_was_done_the_key_is_free(
    address: str, door: type, standing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away for a moment: ask again, and it is done."""
    with monkeypatch.context() as now:
        now.setattr(door, "record", _away)
        response = send(standing, address, BODIES[address][0])
    assert problem(response) == (503, "database-away")
    assert "Retry-After" in response.headers

    again = send(standing, address, BODIES[address][0])

    assert again.status_code == 200
    assert "Idempotent-Replayed" not in again.headers


def test_where_the_key_cannot_be_let_go_it_is_free_after_a_while(
    standing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first mistake is told; until then the key counts as in use."""
    database = store_of(standing).database
    with monkeypatch.context() as now:
        now.setattr(Repeats, "release", _away)
        assert problem(send(standing, "/v1/outcomes", {})) == (422, "not-valid")

    assert problem(send(standing, "/v1/outcomes", {})) == (409, "still-running")
    _grow_older(database, LONGEST_RUN)
    assert send(standing, "/v1/outcomes", WON).status_code == 200


def test_what_is_done_is_told_also_where_the_answer_cannot_be_kept(
    standing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or else the caller would have it done again."""
    with monkeypatch.context() as now:
        now.setattr(Repeats, "finish", _away)
        assert send(standing, "/v1/outcomes", WON).get_json()["recorded"] == 1

    assert problem(send(standing, "/v1/outcomes", WON)) == (409, "still-running")


@pytest.mark.parametrize("broken", ["begin", "look"])
def test_where_nobody_knows_how_things_stand_nothing_is_done(
    broken: str, standing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not knowing whether it is the first, the service does nothing."""
    address = {"begin": "/v1/outcomes", "look": "/v1/next-action"}[broken]
    answer: Callable[..., Any] = _away
    with monkeypatch.context() as now:
        now.setattr(Repeats, broken, answer)
        assert problem(send(standing, address, BODIES[address][0])) == (503, "database-away")

    assert done(standing, address) == 0
