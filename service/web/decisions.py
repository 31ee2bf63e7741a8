"""`POST /v1/next-action`: what to do next about a prospect."""

from datetime import datetime
from time import perf_counter
from typing import Any, cast

from flask import Blueprint, Response

from service.decision.whynot.report import why_not
from service.store.ledger.ids import new_id
from service.store.ledger.ledger import Made
from service.store.ledger.repeats import Asked
from service.web.answers import as_json, json_bytes
from service.web.body import read_json_bytes
from service.web.choosing import choose
from service.web.exchange import Exchange, current_exchange
from service.web.metrics import count_assignment, count_decision, time_stage
from service.web.problems import InvalidBody
from service.web.repeating import asked_of, settled
from service.web.requests import Mistake
from service.web.state import State, current_state
from service.web.strict_json import parse_json

blueprint = Blueprint("decisions", __name__)

_EXPLAIN = ("brief", "full")


@blueprint.post("/v1/next-action")
def next_action() -> Response:
    """The decision for the prospect in the request; with `explain=full` why no other too."""
    state, exchange = current_state(), current_exchange()
    explain = _explain(exchange)
    raw = read_json_bytes(exchange)
    body = parse_json(raw)
    if mistakes := state.mistakes_in.request(body):
        raise InvalidBody(*mistakes)
    now = state.clock()
    asked = asked_of(exchange, raw)
    if asked and (answered := settled(state.store.repeats.look(asked, now))):
        return answered
    time_stage("read", perf_counter() - exchange.began)
    return _decided(state, exchange, cast("dict[str, Any]", body), explain, asked, now)


def _decided(
    state: State,
    exchange: Exchange,
    body: dict[str, Any],
    explain: str,
    asked: Asked | None,
    now: datetime,
) -> Response:
    """The answer to a valid request, decided and kept."""
    began = perf_counter()
    present = state.now()
    published, wanted, kept_facts, drawn = choose(state, present, body, now)
    decision = present.decider(published)(wanted)
    answer = decision.to_json(published.version)
    answer["experiment"] = drawn and drawn.to_json()
    if explain == "full":
        report = why_not(published.ready, present.guards, body, wanted, decision)
        answer["explanation"]["why_not"] = report.to_json()
    decision_id = new_id()
    text = as_json({"decision_id": decision_id, **answer})
    decided = perf_counter()
    time_stage("decide", decided - began)
    made = Made(
        decision_id,
        body,
        kept_facts,
        wanted,
        decision,
        text,
        present.used(published, drawn),
        round((decided - exchange.began) * 1_000_000),
    )
    # Where another request with this key was quicker, the answer is that one's.
    if answered := settled(state.store.ledger.record(made, now, asked)):
        return answered
    time_stage("record", perf_counter() - decided)
    count_decision(published.name, answer["reason"], answer["action"])
    if drawn:
        count_assignment(drawn.experiment, drawn.arm, drawn.reason)
    exchange.decided = {
        "playbook": published.name,
        "reason": answer["reason"],
        "action": answer["action"],
    }
    return json_bytes(text)


def _explain(exchange: Exchange) -> str:
    """How much the answer is to explain."""
    if not exchange.query_string:  # as nearly always
        return "brief"
    explain = exchange.args.get("explain", "brief")
    if explain not in _EXPLAIN:
        raise InvalidBody(Mistake("?explain", f"must be one of: {', '.join(_EXPLAIN)}"))
    return explain
