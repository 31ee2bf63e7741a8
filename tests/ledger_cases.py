"""For `test_contract`: requests that get each status documented for decisions and outcomes."""

import json
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import update

from service.store.sql.tables import decisions
from tests.web.conftest import store_of

_JSON = "application/json"
_KEY = {"Idempotency-Key": "of-an-erased-one"}
_WON = {"prospect_id": "c-1", "outcome": "won", "at": "2026-11-20T15:00:00Z"}


def _asked(prospect_id: str) -> dict[str, Any]:
    return {"prospect": {"id": prospect_id}, "history": []}


def _decided(client: FlaskClient) -> str:
    """The id of a decision that has just been made."""
    answer = client.post("/v1/next-action", json=_asked("c-decided")).get_json()
    return str(answer["decision_id"])


def _of_a_lost_version(client: FlaskClient) -> str:
    """The id of one whose playbook is not there any more."""
    decision_id = _decided(client)
    with store_of(client).database.writing() as connection:
        its = update(decisions).where(decisions.c.id == decision_id)
        connection.execute(its.values(version=99))
    return decision_id


def _erased(client: FlaskClient) -> str:
    """The id of one whose person has been erased."""
    decision_id = _decided(client)
    client.delete("/v1/prospects/c-decided")
    return decision_id


_A_LIST: dict[str, Any] = {"200": {}, "422": {"query_string": {"limit": "0"}}}

#: By operation and status: as `_GIVEN` in `test_contract` has it.
LEDGER_CASES: dict[str, dict[str, dict[str, Any]]] = {
    "GET /v1/decisions": _A_LIST,
    "GET /v1/decisions/{decision_id}": {
        "200": {"decision_id": _decided},
        "404": {"decision_id": "x"},
    },
    "POST /v1/decisions/{decision_id}/replay": {
        "200": {"decision_id": _decided},
        "404": {"decision_id": "x"},
        "409": {"decision_id": _of_a_lost_version},
        "410": {"decision_id": _erased},
    },
    "POST /v1/outcomes": {
        "200": {"json": _WON},
        "400": {"data": b"{", "content_type": _JSON},
        "409": {"data": json.dumps(_WON).encode(), "content_type": _JSON, "is_running": True},
        "413": {"data": b" " * 262_145, "content_type": _JSON},
        "415": {"data": b"{}", "content_type": "text/xml"},
        "422": {"json": {}},
    },
    "GET /v1/outcomes": _A_LIST,
    "DELETE /v1/prospects/{prospect_id}": {
        "200": {"prospect_id": "c-1"},
        "404": {"prospect_id": ""},
    },
    "GET /v1/audit": _A_LIST,
}

#: What `POST /v1/next-action` gives to requests with a key that came before.
ASKED_BEFORE: dict[str, dict[str, Any]] = {
    "409": {
        "data": json.dumps(_asked("c-running")).encode(),
        "content_type": _JSON,
        "is_running": True,
    },
    "410": {
        "json": _asked("c-erased"),
        "headers": _KEY,
        "after": [
            {
                "path": "/v1/next-action",
                "method": "POST",
                "json": _asked("c-erased"),
                "headers": _KEY,
            },
            {"path": "/v1/prospects/c-erased", "method": "DELETE"},
        ],
    },
}
