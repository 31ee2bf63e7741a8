"""`DELETE /v1/prospects/{prospect_id}`: nothing of the person is left, wherever one looks."""

import functools
import gc
import logging
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.playbook.vocabulary import STANDARD_FACTS
from service.store.sql.database import Database
from service.store.sql.tables import metadata
from tests.web.conftest import store_of

CANARY = "canary-7f3d"
#: What a request can say of a person in words of its own; where they are is no secret, and the
#: service remembers places: in no way that leads to anybody.
TEXTS = [
    fact.name
    for fact in STANDARD_FACTS.values()
    if (fact.origin, fact.type) == ("caller", "text")
    and fact.name not in ("time_zone", "country", "region")
]
IDS = ["c-1", "a/b", "/c", "c/", "a//b", "a b", "a+b", "a%2Fb", "a?b=c#d", "é\u2028😀", "a\nb", "."]

Json = dict[str, Any]


def known(client: FlaskClient, prospect_id: str, **facts: object) -> str:
    """Have a decision and an outcome about a prospect; gives the decision's id."""
    reply = {"at": "2026-11-01T09:00:00Z", "direction": "inbound", "channel": "email"}
    body = {"prospect": {**facts, "id": prospect_id}, "history": [reply]}
    headers = {"Idempotency-Key": "a-key"} if facts else {}
    response = client.post("/v1/next-action", json=body, headers=headers)
    assert response.status_code == 200, response.text
    decision_id: str = response.get_json()["decision_id"]
    return decision_id


def erased(client: FlaskClient, prospect_id: str) -> Json:
    """What an erasure removed."""
    response = client.delete(f"/v1/prospects/{quote(prospect_id, safe='')}")
    assert response.status_code == 200, response.text
    answer: Json = response.get_json()
    return answer


@pytest.mark.parametrize("safe", ["", "/"], ids=["slashes encoded", "slashes bare"])
def test_an_id_may_hold_anything(safe: str, standing: FlaskClient) -> None:
    """It is the person meant who is erased, and nobody else."""
    for prospect_id in IDS:
        known(standing, prospect_id)
    for number, prospect_id in enumerate(IDS):
        response = standing.delete(f"/v1/prospects/{quote(prospect_id, safe=safe)}")

        answer = response.get_json()
        entry = standing.get("/v1/audit?limit=1").get_json()["entries"][0]
        assert (entry["number"], entry["event"]) == (answer.pop("audit_entry"), "prospect.erased")
        expected = {"decisions": 1, "outcomes": 1, "repeats": 0, "log_emptied": True}
        assert answer == expected, prospect_id
        left = {
            each["prospect_id"] for each in standing.get("/v1/decisions").get_json()["decisions"]
        }
        assert left == {*IDS[number + 1 :]} | {None}


def test_again_there_is_nothing_left(own: FlaskClient) -> None:
    """Nor is there of somebody whom nobody knows; it is no error, and is in the trail."""
    known(own, "c-1")
    erased(own, "c-1")
    nothing = {"decisions": 0, "outcomes": 0, "repeats": 0, "log_emptied": True}

    found = [erased(own, "c-1"), erased(own, "nobody")]
    trail = own.get("/v1/audit?event=prospect.erased").get_json()["entries"]
    numbers = [entry["number"] for entry in reversed(trail)]
    assert found == [{**nothing, "audit_entry": number} for number in numbers[1:]]
    assert [entry["detail"]["decisions"] for entry in trail] == [0, 0, 1]


def test_an_id_that_is_no_text_is_not_found(client: FlaskClient) -> None:
    """To guess what it should have been might erase somebody else."""
    address = {"PATH_INFO": "/v1/prospects/caf\xe9"}

    response = client.delete("/v1/prospects/x", environ_overrides=address)

    assert response.status_code == 404
    assert "not text in UTF-8" in response.get_json(force=True)["detail"]


def test_a_trail_that_cannot_be_written_keeps_everything(
    standing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is erased without a trace; the next call does it."""
    known(standing, "c-1")
    with monkeypatch.context() as torn:
        torn.setattr("service.store.access.audit._LONGEST", {"actor": 0, "event": 0, "subject": 0})
        assert standing.delete("/v1/prospects/c-1").status_code == 500

    assert erased(standing, "c-1")["decisions"] == 1


# ---- nowhere ------------------------------------------------------------------------


def test_nothing_of_the_person_is_left_anywhere(
    own: FlaskClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the database, its file or log; not in memory, metrics or logs; not in the trail."""
    caplog.set_level(logging.DEBUG)
    facts = {name: f"{CANARY} {name}" for name in TEXTS}
    decision_id = known(own, CANARY, **facts)
    told = {"prospect_id": CANARY, "outcome": "won", "at": "2026-11-02T00:00:00Z"}
    own.post("/v1/outcomes", json={**told, "account_id": CANARY}, headers={"Idempotency-Key": "b"})
    own.post("/v1/outcomes", json={**told, "prospect_id": f"{CANARY}\0"})
    own.post(f"/v1/decisions/{decision_id}/replay")
    own.get("/v1/decisions", query_string={"prospect_id": CANARY, "who": CANARY})
    assert CANARY in _rows(database)

    assert erased(own, CANARY)["decisions"] == 1

    assert CANARY not in _rows(database)
    assert CANARY not in own.get("/metrics").text
    assert CANARY not in own.get("/v1/audit").text
    assert [record for record in caplog.records if CANARY in record.getMessage()] == []
    assert [cache for cache in _caches() if CANARY in _held_by(cache)] == []
    if database.is_sqlite:
        file = Path(database.url.removeprefix("sqlite:///"))
        beside = file.with_name(f"{file.name}-wal")
        assert CANARY.encode() not in file.read_bytes() + beside.read_bytes()


def _rows(database: Database) -> str:
    with database.reading() as connection:
        tables = metadata.sorted_tables
        return str([connection.execute(select(table)).all() for table in tables])


def _caches() -> list[Any]:
    """All that remember what they were asked, in the service's own modules."""
    kind = type(functools.lru_cache(str.upper))
    found = [each for each in gc.get_objects() if isinstance(each, kind)]
    ours = [each for each in found if each.__module__.startswith("service.")]
    assert len(ours) >= 10
    return ours


def _held_by(cache: object) -> str:
    """What a cache remembers, as text."""
    held = [each for each in gc.get_referents(cache) if isinstance(each, dict)]
    return repr(held).lower()


def test_the_test_above_would_see_what_a_cache_holds() -> None:
    """A cache is asked for the canary, and it is found there."""
    echo = functools.lru_cache(str.upper)
    echo(CANARY.upper())

    assert CANARY in _held_by(echo)


def test_in_the_trail_stands_a_keyed_hash(own: FlaskClient) -> None:
    """By which whoever has the id can find the entry."""
    known(own, CANARY)
    erased(own, CANARY)

    [entry] = own.get("/v1/audit?event=prospect.erased").get_json()["entries"]

    assert entry["subject"] == store_of(own).pseudonyms(CANARY)
    assert entry["detail"] == {"decisions": 1, "outcomes": 1, "repeats": 0}
