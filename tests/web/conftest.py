"""A service with a small playbook of its own, so that the shipped ones can change."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from service.shipped import shipped
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
