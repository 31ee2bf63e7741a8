"""What the logs tell, and that nothing of anybody is in it."""

import json
import logging
import threading
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from service.app import create_app
from service.settings import Settings
from service.store.ledger.ledger import Ledger
from service.store.sql.database import Database
from service.web import logs
from tests.services import new_database
from tests.test_contract import OPERATIONS
from tests.web.conftest import PLAYBOOKS

#: Of a person, wherever it is met below.
PERSON = "Kathy-Zylberstein"
MAIL = "kathy@zylberstein.example"


class Terminal(StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Leave the logs of the process of the tests as they are."""
    root, ours = logging.getLogger(), logging.getLogger("service")
    before = (list(root.handlers), ours.level, threading.excepthook)
    yield
    root.handlers[:], level, threading.excepthook = before
    ours.setLevel(level)


@pytest.fixture(scope="module")
def bare() -> Flask:
    """A service whose logs are to be installed; it handles no request before."""
    return create_app(Settings(new_database(), PLAYBOOKS, log_level=None))


def logged(app: Flask, level: str = "debug", stream: StringIO | None = None) -> StringIO:
    """Where the logs of an app go from here on, as if it had just been made."""
    app._got_first_request = False
    app.after_request_funcs[None] = [
        each for each in app.after_request_funcs[None] if each.__module__ != logs.__name__
    ]
    stream = stream or StringIO()
    logs.install(app, level, stream)
    return stream


def lines(stream: StringIO) -> list[dict[str, Any]]:
    """The lines so far."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# ---- what they tell -----------------------------------------------------------------


def test_an_exchange_has_one_line(bare: Flask, question: dict[str, Any]) -> None:
    """With the rule of its address, and for a decision what was decided."""
    stream = logged(bare)
    asked = {"X-Request-Id": "r-1"}
    bare.test_client().post("/v1/next-action", json=question, headers=asked)
    bare.test_client().get("/v1/playbooks/house", headers=asked)
    bare.test_client().open("/somewhere", method="INVENTED", headers=asked)

    told = lines(stream)
    for line in told:
        assert line.pop("at").endswith("Z")
        assert 0 <= line.pop("ms") < 60_000
    line = {"event": "request", "level": "info", "request_id": "r-1"}
    decided = {"playbook": "house", "reason": "FALLBACK", "action": "follow_up"}
    assert told == [
        {**line, "method": "POST", "route": "/v1/next-action", "status": 200, **decided},
        {**line, "method": "GET", "route": "/v1/playbooks/<name>", "status": 200},
        {**line, "method": "other", "route": "none", "status": 404},
    ]


def test_a_failure_says_where_and_not_what(
    bare: Flask, question: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kinds of the exceptions and the lines that they passed, the first cause first."""

    def fail(*_: object) -> None:
        try:
            {}[PERSON]
        except KeyError as error:
            raise RuntimeError(f"nobody is called {PERSON}") from error

    monkeypatch.setattr("service.web.choosing.read_request", fail)
    stream = logged(bare)
    response = bare.test_client().post("/v1/next-action", json=question)

    failure, request = lines(stream)
    assert (failure["level"], request["status"]) == ("error", 500)
    assert response.headers["X-Request-Id"] in failure["event"]
    told = failure["failure"].splitlines()
    assert [line for line in told if not line.startswith("  ")] == [
        "builtins.KeyError",
        "builtins.RuntimeError",
    ]
    assert any(line.endswith(" in fail") and "test_logs.py:" in line for line in told)
    assert PERSON not in stream.getvalue()


@pytest.mark.parametrize(
    ("level", "expected"), [("debug", 2), ("info", 2), ("warning", 1), ("error", 0)]
)
def test_the_level_is_the_lowest_that_is_told(level: str, expected: int, bare: Flask) -> None:
    """A request is told of at `info`."""
    stream = logged(bare, level)
    bare.test_client().get("/healthz")
    logging.getLogger("service.store").warning("the database is away")

    assert len(lines(stream)) == expected


@pytest.mark.parametrize("level", ["", "INFO", "verbose"])
def test_another_level_is_refused_in_words(level: str) -> None:
    """It says which there are."""
    with pytest.raises(ValueError, match="write one of debug, info, warning, error"):
        logs.start(level)


def test_others_speak_only_of_what_went_wrong(bare: Flask) -> None:
    """What a package of ours has to tell day by day is of no use to an operator."""
    stream = logged(bare)
    logging.getLogger("alembic.runtime").info("context")
    logging.getLogger("alembic.runtime").warning("the disk is nearly full")

    assert [line["event"] for line in lines(stream)] == ["the disk is nearly full"]


def test_a_terminal_is_told_in_words(bare: Flask) -> None:
    """Name and value, beginning with the moment."""
    stream = logged(bare, stream=Terminal())
    bare.test_client().get("/healthz", headers={"X-Request-Id": "r-1"})

    told = stream.getvalue()
    assert told.startswith("at=20")
    assert " level=info event=request request_id=r-1 method=GET route=/healthz status=200" in told


def test_a_thread_that_fails_is_told_of(bare: Flask) -> None:
    """As any other failure, without what the exception says."""
    stream = logged(bare)

    def fail() -> None:
        raise ValueError(PERSON)

    thread = threading.Thread(target=fail, name="upkeep")
    thread.start()
    thread.join()

    [told] = lines(stream)
    assert told["event"] == "the thread `upkeep` failed"
    assert "builtins.ValueError" in told["failure"]
    assert PERSON not in stream.getvalue()


# ---- what they never tell -----------------------------------------------------------

_BODIES = (
    b'{"prospect": {"id": "%s"}, "history": [], "as_of": "2026-11-20T15:00:00Z"}',
    b'{"prospect": {"id": "c-1", "first_name": "%s", "%s": 1}, "history": [{"at": "%s"}]}',
    b'{"prospect_id": "%s", "outcome": "won", "at": "2026-11-20T15:00:00Z"}',
    b'{"outcomes": [{"prospect_id": "%s", "outcome": "%s"}]}',
    b'{"text": "playbook: %s", "digest": "%s", "note": "%s"}',
    b'{"%s": "%s", "%s"',
    b'["%s", "%s"',
)


def _personal(body: bytes) -> bytes:
    return body.replace(b"%s", MAIL.encode(), 1).replace(b"%s", PERSON.encode())


def _send_everything(client: FlaskClient) -> int:
    """Every operation with a person in its address, its query, its headers and its body."""
    headers = {
        **dict.fromkeys(("User-Agent", "Referer", "Cookie", "X-Anything", "Accept"), PERSON),
        "Authorization": f"Bearer {PERSON}",
        "If-Match": f'"{PERSON}"',
    }
    sent = 0
    for operation in OPERATIONS:
        method, path = operation.split(" ")
        for name in ("{name}", "{decision_id}", "{prospect_id}", "{number}"):
            path = path.replace(name, PERSON)
        for number, body in enumerate(_BODIES if method in {"POST", "PUT"} else (b"",)):
            query = {"prospect_id": MAIL, "cursor": PERSON, "explain": PERSON} if number % 2 else {}
            client.open(
                path,
                method=method,
                query_string=query,
                headers={**headers, "Idempotency-Key": f'"{PERSON}-{sent}"'},
                data=_personal(body),
                content_type="application/json" if number < 6 else f"text/{PERSON}",
            )
            sent += 1
    for path in (f"/{PERSON}", f"/v1/prospects/{MAIL}/{PERSON}", f"/v1/playbooks/{MAIL}"):
        client.open(path, method="DELETE", headers=headers)
        sent += 1
    return sent


def test_nothing_of_a_person_is_in_any_line(
    bare: Flask, question: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is sent, wherever it stands, and however the service fails on it."""

    def ask_the_database(self: Ledger, *_: object) -> None:
        query = text("SELECT nothing FROM nowhere WHERE person = :person")
        with self._database.reading() as connection:
            connection.execute(query, {"person": PERSON})

    def fail(*_: object) -> None:
        raise ValueError(PERSON)

    stream = logged(bare)
    client = bare.test_client()
    sent = _send_everything(client)
    asked = {**question, "prospect": {"id": MAIL, "first_name": PERSON}}
    statuses = [client.post("/v1/next-action", json=asked).status_code]
    for place, fault in (
        ("service.store.ledger.ledger.Ledger.record", ask_the_database),
        ("service.web.choosing.read_request", fail),
        ("service.web.access.is_loopback", fail),
    ):
        monkeypatch.setattr(place, fault)
        statuses.append(client.post("/v1/next-action", json=asked).status_code)

    assert statuses == [200, 503, 500, 500]
    told = lines(stream)
    assert [line["event"] for line in told].count("request") == sent + len(statuses)
    for word in (PERSON, MAIL, "ylberstein", "example"):
        assert word.lower() not in stream.getvalue().lower()


def test_an_error_of_the_database_quotes_no_value(database: Database) -> None:
    """Not what was to be read or written, on either database."""
    with pytest.raises(Exception, match="nowhere") as raised, database.reading() as connection:
        connection.execute(text("SELECT 1 FROM nowhere WHERE person = :person"), {"person": PERSON})

    assert PERSON not in str(raised.value)
    assert PERSON not in str(raised.value.__cause__)
