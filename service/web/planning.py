"""`POST /v1/experiments/plan`: how long an experiment takes, and what it can find."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response

from service.experiment.reading import Outlook, effect_within, weeks_for
from service.web.answers import json_answer
from service.web.body import read_json
from service.web.exchange import current_exchange
from service.web.problems import InvalidBody
from service.web.requests import Mistake
from service.web.state import current_state

blueprint = Blueprint("planning", __name__)

#: What is planned for where a request says nothing else: by name, as the schema has it.
_USUAL: Mapping[str, Any] = {
    "within_days": 30,
    "grace_days": 3,
    "coverage": 1.0,
    "arms": 2,
    "unit": "account",
}


@blueprint.post("/v1/experiments/plan")
def plan() -> Response:
    """From weeks to the difference that can be found, or from a difference to weeks."""
    body: Any = read_json(current_exchange())
    if mistakes := current_state().mistakes_in.plan(body):
        raise InvalidBody(*mistakes)
    given = {name: value for name, value in body.items() if value is not None}
    if ("weeks" in given) == ("effect" in given):
        raise InvalidBody(Mistake("", "must have `weeks` or `effect`, one of the two"))
    asked = {**_USUAL, **given}
    return json_answer(_outlook(asked).to_json(asked["unit"]))


def _outlook(asked: Mapping[str, Any]) -> Outlook:
    shape: dict[str, Any] = {name: asked[name] for name in ("units_per_week", "rate")}
    shape |= {name: asked[name] for name in ("coverage", "arms")}
    shape["window"] = timedelta(days=asked["within_days"] + asked["grace_days"])
    if "weeks" in asked:
        return effect_within(weeks=asked["weeks"], **shape)
    try:
        return weeks_for(effect=asked["effect"], **shape)
    except ValueError as error:
        raise InvalidBody(Mistake("/effect", str(error))) from error
