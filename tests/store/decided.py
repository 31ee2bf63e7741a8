"""Decisions to keep, made by the shipped playbook of a name, as the service makes them."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from service.decision import Ready, decide, make_ready, read_request
from service.playbook import load
from service.store.ledger.ledger import Made, Used
from service.store.ledger.minimised import readable
from service.store.ledger.replay import Decider
from tests.policies import SHIPPED

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
VERSION = 3
_USED = Used(VERSION, "default", 1, "sha256:policy")

Body = dict[str, Any]


def keyed(prospect_id: str) -> str:
    """A keyed hash, as the deployment's own."""
    return "person:" + hmac.new(b"secret", prospect_id.encode(), hashlib.sha256).hexdigest()


def later(seconds: float) -> datetime:
    """So long after `NOW`."""
    return NOW + timedelta(seconds=seconds)


@cache
def playbook(name: str = "house") -> Ready:
    """A shipped playbook, ready."""
    ruleset = load((PLAYBOOKS / f"{name}.yaml").read_bytes()).ruleset
    assert ruleset is not None
    return make_ready(ruleset)


def body(prospect_id: str = "c-1", *history: Mapping[str, Any], **facts: object) -> Body:
    """A request."""
    return {
        "as_of": "2026-11-20T15:00:00-05:00",
        "prospect": {"id": prospect_id, "time_zone": "America/Chicago", **facts},
        "history": list(history),
    }


def reply(at: str = "2026-11-01T09:00:00Z", outcome: str = "replied") -> Body:
    """A touch of theirs."""
    return {"at": at, "direction": "inbound", "channel": "email", "outcome": outcome}


def decider(ready: Ready) -> Decider:
    """What answers a request, but for the id."""

    def answered(asked: Mapping[str, Any]) -> dict[str, Any]:
        decision = decide(ready, SHIPPED, read_request(asked, ready, NOW))
        return decision.to_json(VERSION)

    return answered


def made(asked: Body | None = None, ready: Ready | None = None) -> Made:
    """A decision as the service hands it to the ledger."""
    asked, ready = asked or body(), ready or playbook()
    request = read_request(asked, ready, NOW)
    decision = decide(ready, SHIPPED, request)
    decision_id = str(uuid4())
    answer = orjson.dumps({"decision_id": decision_id, **decision.to_json(VERSION)})
    return Made(decision_id, asked, readable(ready), request, decision, answer, _USED, 321)
