"""What was decided, over HTTP: found again, and decided again."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sqlalchemy import update

from service.playbook import load
from service.store.documents.document_rows import Kind
from service.store.privacy.retention import remove_old
from service.store.sql.database import Database
from service.store.sql.tables import decisions, versions
from service.store.store import Store
from service.web.state import EXTENSION
from tests.oracle.prospects import random_body
from tests.services import app_over
from tests.store.library_texts import POLICY
from tests.web.conftest import PLAYBOOKS, store_of, validator

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
SHIPPED = Path(__file__).parents[2] / "playbooks"
BOOKS = {path.stem: path.read_text("utf-8") for path in sorted(SHIPPED.glob("*.yaml"))}
LISTS = ("/v1/decisions", "/v1/outcomes", "/v1/audit")

Json = dict[str, Any]


def asked(prospect_id: str = "c-1", **facts: object) -> Json:
    """A request."""
    prospect = {"id": prospect_id, **facts}
    return {"prospect": prospect, "history": [], "as_of": "2026-11-20T15:00:00-05:00"}


def decided(client: FlaskClient, body: Mapping[str, Any] | None = None) -> Json:
    """The answer to a request."""
    response = client.post("/v1/next-action", json=body or asked())
    assert response.status_code == 200, response.text
    answer: Json = response.get_json()
    return answer


def got(client: FlaskClient, address: str) -> Json:
    """What is at an address."""
    response = client.get(address)
    assert response.status_code == 200, response.text
    found: Json = response.get_json()
    return found


def replayed(client: FlaskClient, decision_id: str) -> Json:
    """The replay of a decision."""
    response = client.post(f"/v1/decisions/{decision_id}/replay")
    assert response.status_code == 200, response.text
    found: Json = response.get_json()
    return found


def publish(store: Store, kind: Kind, name: str, text: str) -> int:
    """Put another text in force at once; the number of its version."""
    drafts = store.documents.drafts
    draft = drafts.save(kind, name, text, drafts.read(kind, name).digest, "ann", NOW)
    number = store.documents.publish(kind, name, draft.digest, "ann", "", NOW).number
    store.in_force.refresh()
    return number


# ---- one decision -------------------------------------------------------------------


def test_a_decision_is_found_with_what_was_asked_and_answered(standing: FlaskClient) -> None:
    """Under its id; the form of each is that of the contract."""
    question = asked("c-1", account_id="a-1", deal_stage="lost")
    answer = decided(standing, question)

    found = got(standing, f"/v1/decisions/{answer['decision_id']}")

    assert found["answer"] == answer
    kept = {**question["prospect"], "account_id": None}  # no rule reads it; see the next test
    assert found["request"] == {**question, "prospect": kept}
    in_answer = ("decision_id", "prospect_id", "playbook", "action", "channel", "reason")
    assert {name: found[name] for name in in_answer} == {name: answer[name] for name in in_answer}
    assert (found["account_id"], found["as_of"]) == ("a-1", "2026-11-20T20:00:00+00:00")
    assert (found["rule"], found["removed"], found["experiment"]) == ("deal-lost", False, None)
    assert found["policy"]["name"] == "default"
    assert found["policy"]["version"] == 1
    [listed] = got(standing, "/v1/decisions")["decisions"]
    assert listed == {k: v for k, v in found.items() if k not in ("request", "answer")}


def test_what_no_rule_can_read_is_not_kept(standing: FlaskClient) -> None:
    """The name of the fact stays, its value is nowhere."""
    database = store_of(standing).database
    answer = decided(standing, asked("c-1", their_diagnosis="canary", shared_comment="canary"))

    found = got(standing, f"/v1/decisions/{answer['decision_id']}")

    assert found["request"]["prospect"] == {
        "id": "c-1",
        "their_diagnosis": None,
        "shared_comment": None,
    }
    with database.reading() as connection:
        assert "canary" not in str(connection.execute(decisions.select()).all())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_decision_that_is_not_there(method: str, standing: FlaskClient) -> None:
    """Is not found, whatever the id holds."""
    what = "/replay" if method == "POST" else ""
    for each in ("x", "7f0c9a52-6c3e-4b8e-9a35-0d2f2f3f9d11", "%00" * 36, "-" * 36, "é"):
        response = standing.open(f"/v1/decisions/{each}{what}", method=method)

        assert response.status_code == 404
        assert response.get_json(force=True)["detail"] == "there is no decision with this id"


# ---- lists --------------------------------------------------------------------------


def test_lists_are_filtered_and_paged(standing: FlaskClient) -> None:
    """By prospect, account, playbook and time; each decision is on one page."""
    ids = [
        decided(standing, asked(f"c/{n % 2} é", account_id=f"a&{n % 3}"))["decision_id"]
        for n in range(6)
    ]

    def listed(**query: object) -> list[str]:
        response = standing.get("/v1/decisions", query_string=query)
        assert response.status_code == 200, response.text
        return [entry["decision_id"] for entry in response.get_json()["decisions"]]

    assert listed() == ids[::-1]
    assert listed(prospect_id="c/0 é") == ids[4::-2]
    assert listed(account_id="a&1") == [ids[4], ids[1]]
    assert listed(prospect_id="c/0 é", account_id="a&1") == [ids[4]]
    assert listed(prospect_id="nobody") == []
    assert (listed(playbook="house"), listed(playbook="other")) == (ids[::-1], [])
    moments = [entry["recorded_at"] for entry in got(standing, "/v1/decisions")["decisions"]]
    assert listed(since=moments[0]) == [ids[5]]
    assert listed(until=moments[0]) == ids[4::-1]
    pages, cursor = [], ""
    while cursor is not None:
        page = got(
            standing, f"/v1/decisions?limit=4&prospect_id=c/1 é{cursor and f'&cursor={cursor}'}"
        )
        pages += [entry["decision_id"] for entry in page["decisions"]]
        cursor = page["next"]
    assert pages == ids[5::-2]


@pytest.mark.parametrize(
    ("query", "path", "message"),
    [
        ("who=c-1", "?who", "is not a parameter here"),
        ("limit=1&limit=1", "?limit", "is there more than once"),
        ("limit=0", "?limit", "must be a whole number from 1 to 200"),
        ("limit=201", "?limit", "must be a whole number from 1 to 200"),
        ("limit=٣", "?limit", "must be a whole number from 1 to 200"),
        ("limit=1e1", "?limit", "must be a whole number from 1 to 200"),
    ],
)
@pytest.mark.parametrize("address", LISTS)
def test_a_parameter_that_makes_no_sense(
    address: str, query: str, path: str, message: str, client: FlaskClient
) -> None:
    """Is named, with what it should be."""
    _refused(client, f"{address}?{query}", path, message)


@pytest.mark.parametrize(
    ("address", "path", "message"),
    [
        ("/v1/decisions?since=2026-11-20", "?since", "with an offset"),
        ("/v1/decisions?until=2026-11-20T15:00:00+01:00", "?until", "write `+` as `%2B`"),
        ("/v1/decisions?cursor=x", "?cursor", "no cursor that a page"),
        ("/v1/outcomes?cursor=%00", "?cursor", "no cursor that a page"),
        ("/v1/decisions?prospect_id=", "?prospect_id", "1 to 200"),
        (f"/v1/decisions?account_id={'a' * 501}", "?account_id", "1 to 500"),
        ("/v1/decisions?playbook=%00", "?playbook", "1 to 64 printable"),
        ("/v1/outcomes?outcome=won%00", "?outcome", "must be one of: replied"),
        ("/v1/audit?event=%00", "?event", "1 to 40 printable"),
        (f"/v1/audit?subject={'a' * 201}", "?subject", "1 to 200 printable"),
        ("/v1/audit?before=0", "?before", "at least 1"),
        (f"/v1/audit?before={10**18}", "?before", "at least 1"),
    ],
)
def test_a_value_that_makes_no_sense(
    address: str, path: str, message: str, client: FlaskClient
) -> None:
    """Is refused before the database could stumble over it."""
    _refused(client, address, path, message)


def _refused(client: FlaskClient, address: str, path: str, message: str) -> None:
    response = client.get(address)
    assert response.status_code == 422
    [error] = response.get_json(force=True)["errors"]
    assert error["path"] == path
    assert message in error["message"]


@given(
    st.sampled_from(LISTS),
    st.dictionaries(
        st.sampled_from(["prospect_id", "account_id", "playbook", "event", "subject", "cursor"])
        | st.sampled_from(["since", "until", "outcome", "before", "limit"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
        | st.sampled_from(["2026-11-20T15:00:00Z", "1900-01-01T00:00:00+14:00", "1", "won"]),
        max_size=3,
    ),
)
def test_any_query_is_answered_or_refused(app: Flask, address: str, query: Json) -> None:
    """And none is a fault of ours."""
    assert app.test_client().get(address, query_string=query).status_code in {200, 422}


# ---- again --------------------------------------------------------------------------


def test_a_replay_says_that_it_is_the_same(standing: FlaskClient) -> None:
    """With today's answer; it is no decision that is kept."""
    answer = decided(standing)

    again = replayed(standing, answer.pop("decision_id"))

    assert again == {"same": True, "differences": [], "answer": answer}
    assert len(got(standing, "/v1/decisions")["decisions"]) == 1


def test_a_replay_says_where_it_is_another(own: FlaskClient, database: Database) -> None:
    """As where a release decides otherwise than the one before: here the text was changed."""
    answer = decided(own)
    changed = (PLAYBOOKS / "house.yaml").read_text("utf-8").replace("A short question", "Yes?")
    _write(database, "house", changed)

    again = replayed(own, answer["decision_id"])

    assert not again["same"]
    assert again["differences"][0] == {
        "path": "/message/subject",
        "was": "A short question",
        "now": "Yes?",
    }
    assert again["answer"]["message"]["subject"] == "Yes?"


@pytest.mark.parametrize(("kind", "name"), [("playbook", "house"), ("policy", "default")])
def test_what_can_no_longer_be_loaded_is_told(
    kind: str, name: str, own: FlaskClient, database: Database
) -> None:
    """In words, with the version that is meant."""
    answer = decided(own)
    _write(database, name, "of another release")

    response = own.post(f"/v1/decisions/{answer['decision_id']}/replay")

    assert response.status_code == 409
    detail = f"version 1 of the {kind} `{name}` can no longer be loaded"
    assert response.get_json(force=True)["detail"] == detail


def _write(database: Database, name: str, text: str) -> None:
    """Have another text in the place of a version's, which nobody but a test can."""
    with database.writing() as connection:
        values = {"text": text, "text_digest": f"sha256:{name}"}
        connection.execute(update(versions).where(versions.c.name == name).values(values))


def test_a_request_that_is_valid_no_more_is_told(standing: FlaskClient) -> None:
    """A later release may know better what a request is."""
    database = store_of(standing).database
    answer = decided(standing)
    with database.writing() as connection:
        words = b'{"prospect": {"id": "c-1"}, "history": [], "as_of": "yesterday"}'
        connection.execute(update(decisions).values(request=words))

    response = standing.post(f"/v1/decisions/{answer['decision_id']}/replay")

    assert response.status_code == 409
    assert "no valid request for this release" in response.get_json(force=True)["detail"]


def test_what_has_been_removed_is_gone(standing: FlaskClient) -> None:
    """It is not there to be replayed, and says so; the numbers are."""
    database = store_of(standing).database
    answer = decided(standing)
    before = got(standing, "/v1/decisions")["decisions"][0]
    remove_old(database, datetime.now(UTC) + timedelta(seconds=1))

    found = got(standing, f"/v1/decisions/{answer['decision_id']}")
    response = standing.post(f"/v1/decisions/{answer['decision_id']}/replay")

    gone = {"prospect_id": None, "account_id": None, "request": None, "answer": None}
    assert found == {**before, **gone, "removed": True}
    assert response.status_code == 410
    assert response.get_json(force=True)["detail"] == "what was asked and answered has been removed"


def test_every_decision_is_replayed_as_the_same_whatever_was_published_since() -> None:
    """For random requests to every playbook that ships, also under another policy by now."""
    app = app_over(SHIPPED)
    client, random = app.test_client(), Random(20261120)  # noqa: S311 - the same every time
    given_: list[str] = []
    for name, text in BOOKS.items():
        playbook = load(text).playbook
        assert playbook is not None
        for number in range(12):
            body = {**random_body(random, text, playbook), "playbook": name}
            if number % 4 == 0:
                del body["as_of"]  # then it is now, and the replay has to know when that was
            response = client.post("/v1/next-action", json=body)
            if response.status_code == 200:
                given_.append(response.get_json()["decision_id"])
    assert len(given_) > 8 * len(BOOKS)
    assert all(replayed(client, each)["same"] for each in given_)

    store = app.extensions[EXTENSION].store
    for name, text in BOOKS.items():
        assert publish(store, "playbook", name, _otherwise(text)) == 2
    publish(store, "policy", "default", POLICY)

    assert decided(client)["playbook"]["version"] == 2
    assert [replayed(client, each)["differences"] for each in given_] == [[]] * len(given_)
    store.close()


def _otherwise(text: str) -> str:
    """A playbook that says it otherwise."""
    return text.replace("because: ", "because: Now. ")


@pytest.mark.parametrize(
    ("address", "schema", "part"),
    [
        ("/v1/decisions", "decisions", None),
        ("/v1/decisions/{}", "decisions", "whole"),
        ("/v1/outcomes", "outcomes", None),
        ("/v1/audit", "audit", None),
    ],
)
def test_answers_keep_to_their_schemas(
    address: str, schema: str, part: str | None, standing: FlaskClient
) -> None:
    """Before and after the data was removed."""
    history = [{"at": "2026-11-01T09:00:00Z", "direction": "inbound", "channel": "email"}]
    decision_id = decided(standing, {**asked(), "history": history})["decision_id"]
    whole = validator(schema).schema
    form = {"$defs": whole["$defs"], "$ref": f"#/$defs/{part}"} if part else whole
    checker = Draft202012Validator(form)

    checker.validate(got(standing, address.format(decision_id)))
    standing.delete("/v1/prospects/c-1")
    checker.validate(got(standing, address.format(decision_id)))


def test_publishing_and_erasing_is_in_the_trail(own: FlaskClient) -> None:
    """The newest first; by event, by subject, and page by page."""
    store = store_of(own)
    own.delete("/v1/prospects/c-1")
    own.delete("/v1/prospects/c-2")

    whole = got(own, "/v1/audit")["entries"]
    erased = got(own, "/v1/audit?event=prospect.erased&limit=1")
    rest = got(own, f"/v1/audit?event=prospect.erased&before={erased['before']}")

    assert [entry["number"] for entry in whole] == [*range(len(whole), 0, -1)]
    assert [*erased["entries"], *rest["entries"]] == whole[:2]
    assert [entry["subject"] for entry in whole[:2]] == [store.pseudonyms(f"c-{n}") for n in "21"]
    assert whole[0]["actor"] == "nobody"
    assert whole[0]["detail"] == {"decisions": 0, "outcomes": 0, "repeats": 0}
    about = got(own, f"/v1/audit?subject={whole[1]['subject']}")
    assert about == {"entries": [whole[1]], "before": None}
