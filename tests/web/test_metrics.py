"""What is counted."""

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.decision.engine import EngineFault
from service.web.state import EXTENSION, State


def value(client: FlaskClient, line: str) -> float:
    """The value of one metric, 0 where it is not there yet."""
    lines = client.get("/metrics").text.splitlines()
    return next((float(text.split()[-1]) for text in lines if text.startswith(line)), 0.0)


def test_requests_and_decisions_are_counted(client: FlaskClient, question: dict[str, Any]) -> None:
    """One request adds one to its route and one to the decisions of its kind."""
    lines = [
        'unghost_http_requests_total{method="POST",route="/v1/next-action",status="200"}',
        'unghost_http_request_seconds_count{route="/v1/next-action"}',
        'unghost_decisions_total{action="follow_up",playbook="house",reason="FALLBACK"}',
    ]
    before = [value(client, line) for line in lines]
    client.post("/v1/next-action", json=question)

    assert [count + 1 for count in before] == [value(client, line) for line in lines]


def test_names_from_outside_are_no_labels(client: FlaskClient) -> None:
    """Addresses and methods that anybody can make up do not make new metrics."""
    client.open("/invented/address", method="INVENTED")

    text = client.get("/metrics").text
    assert "invented" not in text.lower()
    assert 'method="other",route="none",status="404"' in text


def test_what_is_in_force_is_told(client: FlaskClient, app: Flask) -> None:
    """Its number, and when the library was last looked at, which the watch keeps doing."""
    until = time.monotonic() + 10
    state: State = app.extensions[EXTENSION]
    # Other services of this process, whose watches tell of theirs, may be in between.
    while value(client, "unghost_in_force_generation ") != state.store.in_force.now().generation:
        client.get("/readyz")  # it begins the watch
        assert time.monotonic() < until
    at = value(client, "unghost_in_force_looked_timestamp_seconds ")
    while value(client, "unghost_in_force_looked_timestamp_seconds ") == at:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_faults_of_the_engine_are_counted(
    client: FlaskClient, question: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other failures are not."""
    line = "unghost_engine_faults_total"

    def counted(error: Exception) -> float:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr("service.web.choosing.read_request", fail)
        before = value(client, line)
        assert client.post("/v1/next-action", json=question).status_code == 500
        return value(client, line) - before

    assert counted(EngineFault("the session has had a fault")) == 1
    assert counted(RuntimeError("something else")) == 0
