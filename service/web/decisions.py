"""`POST /v1/next-action`: what to do next about a prospect."""

from datetime import UTC, datetime
from typing import Any, cast

from flask import Blueprint, Response

from service.decision import read_request
from service.decision.whynot.report import why_not
from service.web.answers import json_answer
from service.web.body import read_json
from service.web.exchange import current_exchange
from service.web.ids import new_id
from service.web.metrics import count_decision
from service.web.problems import InvalidBody, playbook_asked_for
from service.web.requests import Mistake
from service.web.state import current_state

blueprint = Blueprint("decisions", __name__)

_EXPLAIN = ("brief", "full")


@blueprint.post("/v1/next-action")
def next_action() -> Response:
    """The decision for the prospect in the request; with `explain=full` why no other too."""
    state, explain = current_state(), _explain()
    body = read_json(current_exchange())
    if mistakes := state.mistakes_in_request(body):
        raise InvalidBody(*mistakes)
    asked = cast("dict[str, Any]", body)  # the schema wants an object
    name = asked.get("playbook")
    published = state.default() if name is None else playbook_asked_for(state, name, "/playbook")
    wanted = read_request(asked, published.ready, datetime.now(UTC))
    decision = state.decider(published)(wanted)
    answer = decision.to_json(published.version)
    if explain == "full":
        report = why_not(published.ready, state.guards, asked, wanted, decision)
        answer["explanation"]["why_not"] = report.to_json()
    count_decision(published.name, answer["reason"], answer["action"])
    return json_answer({"decision_id": new_id(), **answer})


def _explain() -> str:
    """How much the answer is to explain."""
    explain = current_exchange().args.get("explain", "brief")
    if explain not in _EXPLAIN:
        raise InvalidBody(Mistake("?explain", f"must be one of: {', '.join(_EXPLAIN)}"))
    return explain
