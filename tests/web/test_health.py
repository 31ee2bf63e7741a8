"""A database that is away: what the service says meanwhile, and that it recovers by itself."""

import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from sqlalchemy import create_engine

from service.store.sql.database import Database
from tests.services import app_over, new_database
from tests.web.conftest import PLAYBOOKS

PATIENCE = 20


def go_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every database of this process point to where nobody is."""
    nowhere = create_engine("sqlite:////nowhere/at/all.db")
    monkeypatch.setattr(Database, "engine", property(lambda _: nowhere))


def statuses(client: FlaskClient, question: dict[str, Any]) -> list[int]:
    """Of the two questions after health, and of a decision."""
    health = [client.get(path).status_code for path in ("/healthz", "/readyz")]
    return [*health, client.post("/v1/next-action", json=question).status_code]


def until_well(client: FlaskClient, question: dict[str, Any]) -> None:
    """Wait until the service answers again."""
    until = time.monotonic() + PATIENCE
    while statuses(client, question) != [200, 200, 200]:
        assert time.monotonic() < until, "it does not recover"
        time.sleep(0.05)


def test_a_worker_starts_without_its_database(
    question: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is alive and not ready, and does what a first start does when the database is there."""
    with monkeypatch.context() as away:
        go_away(away)
        client = app_over(PLAYBOOKS, new_database()).test_client()
        assert statuses(client, question) == [200, 503, 503]

    until_well(client, question)


def test_a_database_that_goes_away_comes_back(
    question: dict[str, Any],
    problem_schema: Draft202012Validator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Meanwhile every answer that needs it is 503, says when to ask again, and not where it is."""
    client = app_over(PLAYBOOKS, new_database()).test_client()
    until_well(client, question)
    with monkeypatch.context() as away:
        go_away(away)
        for response in (client.get("/readyz"), client.post("/v1/next-action", json=question)):
            problem_schema.validate(response.get_json(force=True))
            assert (503, "5") == (response.status_code, response.headers["Retry-After"])
            assert response.get_json(force=True)["type"] == "urn:unghost:problem:database-away"
            assert "nowhere" not in response.text
        assert client.get("/healthz").status_code == 200

    until_well(client, question)
