"""`POST /v1/next-action`: what to do next about a prospect."""

from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

from flask import Blueprint, Response, request

from service.decision import decide, read_request
from service.store.library import Published
from service.web.answers import json_answer
from service.web.body import read_json
from service.web.metrics import DECISIONS
from service.web.problems import InvalidBody
from service.web.requests import Mistake
from service.web.state import State, UnknownPlaybook, current_state

blueprint = Blueprint("decisions", __name__)


@blueprint.post("/v1/next-action")
def next_action() -> Response:
    """The decision for the prospect in the request."""
    state = current_state()
    body = read_json(request)
    if mistakes := state.mistakes_in_request(body):
        raise InvalidBody(*mistakes)
    asked = cast("dict[str, Any]", body)  # the schema wants an object
    published = _playbook(state, asked.get("playbook"))
    wanted = read_request(asked, published.ready, datetime.now(UTC))
    answer = decide(published.ready, wanted).to_json(published.version)
    DECISIONS.labels(published.name, answer["reason"], answer["action"]).inc()
    return json_answer({"decision_id": str(uuid4()), **answer})


def _playbook(state: State, name: str | None) -> Published:
    if name is None:
        return state.default()
    try:
        return state.playbook(name)
    except UnknownPlaybook as error:
        raise InvalidBody(Mistake("/playbook", str(error))) from error
