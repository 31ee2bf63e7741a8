"""`POST /v1/timeline`: what playbooks would do, day by day, if the prospect stays silent.

A call plays at most four playbooks, 1,100 days and 400 touches each; `MOST_WORK` of
`decision.forward` bounds what all of them together may cost.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Response

from service.decision import FieldError, InvalidRequest
from service.decision.forward import DAYS, play_side_by_side
from service.decision.timeline import answer_of, assumption_of
from service.store.in_force.playbooks import Published
from service.web.answers import json_answer
from service.web.body import read_json
from service.web.exchange import current_exchange
from service.web.problems import InvalidBody, playbook_asked_for
from service.web.state import Present, current_state

blueprint = Blueprint("timeline", __name__)


@blueprint.post("/v1/timeline")
def timeline() -> Response:
    """The timelines of the playbooks asked for."""
    state = current_state()
    body = read_json(current_exchange())
    if mistakes := state.mistakes_in.timeline(body):
        raise InvalidBody(*mistakes)
    asked = cast("dict[str, Any]", body)  # the schema wants an object
    present = state.now()
    playbooks = _playbooks(present, asked)
    return json_answer(_answer(present, asked, playbooks, state.clock()))


def _playbooks(present: Present, asked: Mapping[str, Any]) -> list[Published]:
    names = asked.get("playbooks")
    if names:
        return [
            playbook_asked_for(present, name, f"/playbooks/{number}")
            for number, name in enumerate(names)
        ]
    name = asked["request"].get("playbook")
    return [playbook_asked_for(present, name, "/request/playbook") if name else present.default()]


def _answer(
    present: Present, asked: Mapping[str, Any], playbooks: Sequence[Published], now: datetime
) -> dict[str, Any]:
    assume = [assumption_of(item) for item in asked.get("assume") or ()]
    days = asked.get("days") or DAYS
    try:
        lines = play_side_by_side(
            [(published.ready, present.decider(published)) for published in playbooks],
            asked["request"],
            now,
            assume=assume,
            days=days,
        )
    except InvalidRequest as invalid:
        raise InvalidRequest(tuple(map(_placed, invalid.errors))) from invalid
    return answer_of(lines, [published.version for published in playbooks], days)


def _placed(error: FieldError) -> FieldError:
    """A mistake at its place in the body: the decision request is a part of it."""
    if error.path.startswith("/assume/"):
        return error
    return FieldError(f"/request{error.path}", error.message)
