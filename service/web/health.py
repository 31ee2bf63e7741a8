"""`GET /healthz`: is the process alive? `GET /readyz`: can it answer?"""

from flask import Blueprint, Response

from service.web.answers import json_answer
from service.web.state import current_state

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Always the same, while there is a process to give it."""
    return json_answer({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> Response:
    """Ready, where the database answers and the default playbook is in force; else 503."""
    state = current_state()
    state.store.database.ping()
    present = state.now()
    present.default()
    return json_answer(
        {
            "status": "ready",
            "playbooks": [published.name for published in present.playbooks.all()],
            "unusable": len(present.playbooks.problems),
        }
    )
