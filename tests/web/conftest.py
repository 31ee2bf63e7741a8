"""A service with a small playbook of its own, so that the shipped ones can change."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from service.shipped import shipped
from service.store.sql.database import Database
from service.store.sql.tables import decisions, outcomes, repeats
from service.store.store import Store
from service.web.state import EXTENSION, State
from tests.databases import BOTH, migrated_on_the_server
from tests.services import app_over

PLAYBOOKS = Path(__file__).parents[1] / "corpus" / "requests" / "playbooks"


@pytest.fixture(scope="session")
def app() -> Flask:
    """The service over the playbooks of the corpus."""
    return app_over(PLAYBOOKS)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A caller of it."""
    return app.test_client()


@pytest.fixture
def own(database: Database) -> Iterator[FlaskClient]:
    """A caller of a service of its own, on each kind of database."""
    service = app_over(PLAYBOOKS, database.url)
    yield service.test_client()
    service.extensions[EXTENSION].store.close()


@pytest.fixture(scope="session", params=BOTH)
def _standing(request: pytest.FixtureRequest) -> Iterator[FlaskClient]:
    """A service on each kind of database, for all tests of a run: to make one takes long."""
    if request.param == "sqlite":
        yield app_over(PLAYBOOKS).test_client()
        return
    with migrated_on_the_server() as url:
        client = app_over(PLAYBOOKS, url).test_client()
        yield client
        store_of(client).close()


@pytest.fixture
def standing(_standing: FlaskClient) -> FlaskClient:
    """A caller of a service that others have used, on each kind of database; nothing is kept."""
    with store_of(_standing).database.writing() as connection:
        for table in (repeats, outcomes, decisions):
            connection.execute(table.delete())
    return _standing


def store_of(client: FlaskClient) -> Store:
    """What the service keeps that this caller calls."""
    state: State = client.application.extensions[EXTENSION]
    return state.store


@pytest.fixture(scope="session")
def problem_schema() -> Draft202012Validator:
    """What every error looks like."""
    return validator("problem")


@pytest.fixture
def question() -> dict[str, Any]:
    """A request that can be answered."""
    return {"prospect": {"id": "c-1"}, "history": [], "as_of": "2026-11-20T15:00:00-05:00"}


def validator(name: str) -> Draft202012Validator:
    """The validator for one of the schema files."""
    schema = json.loads(shipped("schemas", f"{name}.schema.json").read_text("utf-8"))
    return Draft202012Validator(schema)
