"""What every exchange has, whatever it is about."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from tests.services import app_over

GETS = [
    "/v1/playbooks",
    "/v1/playbooks/house",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.yaml",
    "/openapi-3.0.yaml",
    "/schemas/decision.schema.json",
]


@pytest.mark.parametrize("path", [*GETS, "/v1/next-action", "/nowhere"])
def test_headers_are_always_there(path: str, client: FlaskClient) -> None:
    """Every response has a request id and forbids browsers to guess; answers are not kept."""
    response = client.get(path)

    assert UUID(response.headers["X-Request-Id"]).version == 7
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    kept = "no-store" if path.startswith("/v1/") else None
    assert kept == response.headers.get("Cache-Control")


@pytest.mark.parametrize("request_id", ["r-1", "A.b_c:9-" * 16])
def test_request_id_comes_back(request_id: str, client: FlaskClient) -> None:
    """A plain request id is echoed."""
    response = client.get("/healthz", headers={"X-Request-Id": request_id})

    assert request_id == response.headers["X-Request-Id"]


@pytest.mark.parametrize("request_id", ["", "a b", "a" * 129, "<script>", "jörg", "a,b"])
def test_strange_request_id_is_replaced(request_id: str, client: FlaskClient) -> None:
    """A request id that could do harm in a log is not echoed."""
    response = client.get("/healthz", headers={"X-Request-Id": request_id})

    assert UUID(response.headers["X-Request-Id"]).version == 7


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "crm.example:8000"},
        {"Host": "[::1]"},
        {"Host": f"{'a' * 70}..b"},
        {"Host": ""},
        {"Connection": "Upgrade", "Upgrade": "websocket"},
    ],
)
def test_an_address_is_its_path(headers: dict[str, str], client: FlaskClient) -> None:
    """Whatever the caller calls this host; and nothing is upgraded, so nobody is refused for it."""
    assert client.get("/healthz", headers=headers).status_code == 200


@pytest.mark.parametrize("path", GETS)
def test_head_is_get_without_body(path: str, client: FlaskClient) -> None:
    """HEAD has the headers of GET and no body."""
    head, get = client.head(path), client.get(path)

    assert (get.status_code, b"") == (head.status_code, head.data)
    assert get.content_type == head.content_type


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/next-action", "OPTIONS, POST"),
        ("/v1/playbooks/validate", "OPTIONS, POST"),
        ("/v1/playbooks", "GET, HEAD, OPTIONS"),
        ("/v1/playbooks/house/draft", "DELETE, GET, HEAD, OPTIONS, PUT"),
    ],
)
def test_options_says_what_is_allowed(path: str, allowed: str, client: FlaskClient) -> None:
    """OPTIONS is answered with the methods and nothing else."""
    response = client.options(path)

    assert (204, b"", allowed) == (response.status_code, response.data, response.headers["Allow"])
    assert "Content-Type" not in response.headers


def test_not_allowed_says_what_is(client: FlaskClient) -> None:
    """405 carries `Allow`."""
    response = client.get("/v1/next-action")

    assert (405, "OPTIONS, POST") == (response.status_code, response.headers["Allow"])


def test_a_mistake_of_ours_is_a_problem_without_details(
    app: Flask,
    question: dict[str, Any],
    problem_schema: Draft202012Validator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An exception that nobody foresaw is logged, and nothing of it is told."""

    def fail(*_: object) -> None:
        raise RuntimeError("the secret")

    monkeypatch.setattr("service.web.choosing.read_request", fail)
    response = app.test_client().post(
        "/v1/next-action", json=question, headers={"X-Request-Id": "r-1"}
    )

    problem_schema.validate(response.get_json(force=True))
    assert (500, "application/problem+json") == (response.status_code, response.content_type)
    assert "secret" not in response.text
    assert "r-1" in response.text
    assert "the secret" in caplog.text
    assert "r-1" in caplog.text


def test_unready_service_says_so(
    tmp_path: Any, question: dict[str, Any], problem_schema: Draft202012Validator
) -> None:
    """Without the default playbook there is no answer, but a problem that says why."""
    client = app_over(tmp_path).test_client()

    for response in (client.get("/readyz"), client.post("/v1/next-action", json=question)):
        problem_schema.validate(response.get_json(force=True))
        assert (503, "5") == (response.status_code, response.headers["Retry-After"])
    assert client.get("/healthz").status_code == 200
