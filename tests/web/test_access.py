"""Who may do what: every scope against every operation, and who is answered without a key."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from service.app import create_app
from service.settings import Settings
from service.store.access.keyring import Keyring
from service.store.access.keys import SCOPES, NewKey, create_key, revoke_key
from service.store.sql.database import DatabaseAway
from service.web.access import NEEDED, is_loopback, read_quota
from service.web.state import EXTENSION, State
from tests.services import new_database
from tests.test_contract import OPERATIONS, whole
from tests.web.conftest import PLAYBOOKS

#: What an operation takes, as the contract says; None: it is open.
TAKES: dict[str, str | None] = {
    name: operation["security"][0]["key"][0] if operation["security"] else None
    for name, operation in OPERATIONS.items()
}
CLOSED = [name for name, scope in TAKES.items() if scope]
NOW = datetime(2026, 11, 22, tzinfo=UTC)

Service = tuple[FlaskClient, dict[str, str]]


def guarded(quota: str = "100000/1") -> Flask:
    """A service with a quota of its own, and no key yet."""
    return create_app(Settings(new_database(), PLAYBOOKS, quota=quota, log_level=None))


def state_of(app: Flask) -> State:
    """What the views share."""
    found: State = app.extensions[EXTENSION]
    return found


def key_for(app: Flask, *scopes: str) -> NewKey:
    """A key good for these scopes."""
    return create_key(state_of(app).store.database, "test", scopes, actor="test", now=NOW)


def ask(client: FlaskClient, operation: str, key: str | None = None, **more: Any) -> TestResponse:
    """An operation with no body, on things that are not there; nothing is changed by it."""
    method, path = operation.split(" ")
    address = re.sub(r"{(\w+)}", lambda found: "9" if found[1] == "number" else "no-such", path)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return client.open(
        address, method=method, headers={**headers, **more.pop("headers", {})}, **more
    )


@pytest.fixture(scope="module")
def service() -> Service:
    """A caller of a service with a key for each scope."""
    app = guarded()
    return app.test_client(), {scope: key_for(app, scope).plain for scope in SCOPES}


def of_kind(
    response: TestResponse, operation: str, problem: Draft202012Validator
) -> dict[str, Any]:
    """The problem that a response holds, with the headers that the contract promises."""
    told: dict[str, Any] = response.get_json(force=True)
    problem.validate(told)
    documented = whole(OPERATIONS[operation]["responses"][str(response.status_code)])
    assert documented.get("headers", {}).keys() <= set(response.headers.keys())
    assert response.content_type == "application/problem+json"
    return told


# ---- the table ----------------------------------------------------------------------


def test_every_route_says_what_it_takes(app: Flask) -> None:
    """The table in the source has every route, and no other."""
    routes = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert routes == set(NEEDED)


def test_the_contract_says_the_same() -> None:
    """`security` in openapi.yaml is what the table in the source says."""
    assert {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address): scope for address, scope in NEEDED.items()
    } == TAKES


def test_the_table_keeps_to_its_rules() -> None:
    """Only the contract and the two questions after health are open; looking takes `read`."""
    publish = r"/(publish|activate|archive|unarchive|start|stop|decide)$"
    words = {"edit": r"/draft$", "publish": publish}
    for operation, scope in TAKES.items():
        method, path = operation.split(" ")
        if not path.startswith("/v1/"):
            assert scope == ("read" if path == "/metrics" else None), operation
        elif path == "/v1/audit" or path.startswith("/v1/prospects"):
            assert scope == "admin", operation
        elif method == "GET" or path.endswith(("/validate", "/replay", "/plan")):
            assert scope == "read", operation
        elif path in {"/v1/next-action", "/v1/timeline"} or path.endswith("/assignment"):
            assert scope == "decide", operation
        elif path == "/v1/outcomes":
            assert scope == "outcomes", operation
        else:
            assert re.search(words[scope or ""], path), operation


@pytest.mark.parametrize("operation", CLOSED)
def test_a_key_opens_what_its_scope_is_for(
    operation: str, service: Service, problem_schema: Draft202012Validator
) -> None:
    """A key without the scope is told which one it takes; one with it, or `admin`, passes."""
    client, keys = service
    for scope, key in keys.items():
        response = ask(client, operation, key)

        may = scope in {TAKES[operation], "admin"}
        assert (response.status_code == 403) == (not may), scope
        assert response.status_code != 401
        if not may:
            told = of_kind(response, operation, problem_schema)
            assert told["detail"] == f"this takes a key with the scope `{TAKES[operation]}`"


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name not in CLOSED])
def test_what_is_open_takes_no_key(operation: str, service: Service) -> None:
    """It is answered without a key, with any key, and from anywhere."""
    client, keys = service

    for key in (None, "nonsense", keys["decide"]):
        response = ask(client, operation, key, environ_base={"REMOTE_ADDR": "203.0.113.5"})
        assert response.status_code in {200, 404}


@pytest.mark.parametrize("operation", CLOSED)
def test_without_a_key_in_force_nobody_passes(
    operation: str, service: Service, problem_schema: Draft202012Validator
) -> None:
    """Also on this machine; what is wrong with a key nobody is told."""
    client, keys = service
    unknown = key_for(guarded(), "admin").plain
    wrong = [None, "nonsense", unknown, keys["admin"][:-1], keys["admin"] + "x"]

    answers = [ask(client, operation, key) for key in wrong]
    answers += [
        ask(client, operation, headers={"Authorization": text})
        for text in ("", "Bearer", f"Basic {keys['admin']}", keys["admin"], "Bearer \xff")
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert len({answer.data for answer in answers}) == 1
    of_kind(answers[0], operation, problem_schema)


@pytest.mark.parametrize("operation", CLOSED)
def test_a_database_that_is_away_is_no_way_in(
    operation: str,
    service: Service,
    problem_schema: Draft202012Validator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nobody can look a key up, it is 503 with `Retry-After`, with a key and without."""

    def fail(*_: object) -> None:
        raise DatabaseAway("db.example:5432 does not answer")

    monkeypatch.setattr(Keyring, "find", fail)
    monkeypatch.setattr(Keyring, "any_keys", fail)

    for key in (None, service[1]["admin"]):
        response = ask(service[0], operation, key)
        assert response.status_code == 503
        assert "db.example" not in of_kind(response, operation, problem_schema)["detail"]


def test_a_route_that_the_table_lacks_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even to `admin`, and to this machine where there are no keys."""
    app = guarded()
    monkeypatch.delitem(NEEDED, "GET /v1/playbooks")  # type: ignore[arg-type]

    assert ask(app.test_client(), "GET /v1/playbooks").status_code == 403
    key = key_for(app, "admin").plain
    assert ask(app.test_client(), "GET /v1/playbooks", key).status_code == 403


def test_a_revoked_key_opens_nothing() -> None:
    """It is as one that never was."""
    app = guarded()
    made = key_for(app, "read")
    client = app.test_client()
    database = state_of(app).store.database
    revoke_key(database, made.key.id, actor="test", now=NOW)

    assert ask(client, "GET /v1/playbooks", made.plain).status_code == 401
    assert ask(client, "GET /v1/playbooks").status_code == 401


def test_head_takes_what_get_takes_and_options_nothing(service: Service) -> None:
    """What the contract tells anyway may be asked by anybody."""
    client, keys = service

    assert client.head("/v1/playbooks").status_code == 401
    assert ask(client, "HEAD /v1/playbooks", keys["read"]).status_code == 200
    assert client.options("/v1/playbooks").status_code == 204
    assert client.get("/v1/next-action").status_code == 405
    assert client.get("/v1/nowhere").status_code == 404


def test_nobody_reads_a_body_before_it_is_known_who_calls(service: Service) -> None:
    """A body that would be too large, or is no JSON, is not looked at."""
    body = {"data": b"[" * 300_000, "content_type": "application/json"}

    assert ask(service[0], "POST /v1/next-action", **body).status_code == 401
    assert ask(service[0], "POST /v1/next-action", service[1]["read"], **body).status_code == 403
    assert ask(service[0], "POST /v1/next-action", service[1]["decide"], **body).status_code == 413


# ---- without keys -------------------------------------------------------------------


@pytest.fixture(scope="module")
def keyless() -> FlaskClient:
    """A caller of a service without keys."""
    return guarded().test_client()


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.8.9.10", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("", {}, 200),
        ("127.0.0.1", {"Host": "crm.example"}, 200),
        ("127.0.0.1", {"Authorization": "Bearer nonsense"}, 200),
        ("10.0.0.7", {}, 401),
        ("203.0.113.5", {}, 401),
        ("::ffff:10.0.0.7", {}, 401),
        ("fe80::1", {}, 401),
        ("0.0.0.0", {}, 401),  # noqa: S104 - where a request comes from
        ("unknown", {}, 401),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.5"}, 401),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 401),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 401),
        ("", {"X-Forwarded-For": ""}, 401),
        ("127.0.0.1", {"Host": "localhost:8000", "Origin": "http://localhost:8000"}, 200),
        ("127.0.0.1", {"Host": "[::1]:8000", "Origin": "http://[::1]:8000"}, 200),
        ("127.0.0.1", {"Host": "127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}, 200),
        ("127.0.0.1", {"Host": "localhost:8000", "Origin": "https://evil.example"}, 401),
        ("127.0.0.1", {"Host": "localhost:8000", "Origin": "http://localhost:3000"}, 401),
        ("127.0.0.1", {"Host": "localhost:8000", "Origin": "null"}, 401),
        ("127.0.0.1", {"Host": "evil.example", "Origin": "http://evil.example"}, 401),
        ("127.0.0.1", {"Host": "evil.example", "Sec-Fetch-Site": "same-origin"}, 401),
        ("127.0.0.1", {"Host": "[", "Origin": "http://["}, 401),
    ],
)
def test_without_keys_only_this_machine_is_answered(
    address: str, headers: dict[str, str], status: int, keyless: FlaskClient
) -> None:
    """And nobody whom a proxy, or a page of another site in a browser, brings here."""
    response = keyless.get("/v1/playbooks", headers=headers, environ_base={"REMOTE_ADDR": address})

    assert response.status_code == status
    assert "RateLimit" not in response.headers
    if status == 401:
        assert "`unghost keys create` makes one" in response.get_json(force=True)["detail"]


def test_the_first_key_closes_the_service() -> None:
    """From then on this machine needs one as well, also where the key has been revoked since."""
    app = guarded()
    client = app.test_client()
    database = state_of(app).store.database
    made = key_for(app, "read")

    assert ask(client, "GET /v1/playbooks").status_code == 401
    revoke_key(database, made.key.id, actor="test", now=NOW)
    assert ask(client, "GET /v1/playbooks").status_code == 401


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("0.0.0.0", False),  # noqa: S104
     ("::", False), ("", False), ("unghost.example", False), ("localhost.example", False)],
)  # fmt: skip
def test_hosts_that_nobody_else_can_reach(host: str, expected: bool) -> None:
    """A name that only may be this machine's is none."""
    assert is_loopback(host) is expected


# ---- the quota ----------------------------------------------------------------------


def test_a_key_that_asks_too_often_waits() -> None:
    """Each answer to a key says how it stands, refusals too; its quota is its own."""
    app = guarded("2/1000")
    client = app.test_client()
    key, other = key_for(app, "read").plain, key_for(app, "read").plain

    answers = [
        ask(client, name, key)
        for name in ("GET /v1/playbooks", "GET /v1/audit", "GET /v1/playbooks", "GET /healthz")
    ]
    answers.append(ask(client, "GET /v1/playbooks", other))

    assert [answer.status_code for answer in answers] == [200, 403, 429, 200, 200]
    told = [answer.headers.get("RateLimit", "none").split(";t=")[0] for answer in answers]
    assert told == ['"default";r=1', '"default";r=0', '"default";r=0', "none", '"default";r=1']
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=2;w=1000'
    assert ["Retry-After" in answer.headers for answer in answers] == [
        False,
        False,
        True,
        False,
        False,
    ]


def test_what_is_refused_for_its_number_says_until_when(
    problem_schema: Draft202012Validator,
) -> None:
    """429 of every operation that takes a key, of the type that the draft names."""
    app = guarded("1/1000")
    client = app.test_client()
    key = key_for(app, "admin").plain
    ask(client, "GET /metrics", key)

    for operation in CLOSED:
        response = ask(client, operation, key)
        told = of_kind(response, operation, problem_schema)
        assert response.status_code == 429
        assert told["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
        assert told["violated-policies"] == ["default"]
        assert 990 <= int(response.headers["Retry-After"]) <= 1000


@pytest.mark.parametrize("text", ["1000/10", "1/1", "999999999/999999"])
def test_a_quota_is_requests_and_seconds(text: str) -> None:
    """Written with a slash."""
    quota = read_quota(text)

    assert text == f"{quota.requests}/{quota.seconds}"


@pytest.mark.parametrize(
    "text", ["", "10", "0/1", "1/0", "-1/1", "1/1/1", "a/b", "1 / 1", "1.5/1", "\u0661/1"]
)
def test_another_quota_is_refused_in_words(text: str) -> None:
    """What stands there, and how it is written."""
    with pytest.raises(ValueError, match="such as 1000/10"):
        read_quota(text)
