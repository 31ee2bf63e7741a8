"""`GET /v1/audit`: who changed what, and when."""

from flask import Blueprint, Response

from service.store.access.audit import entries
from service.store.ledger.pages import USUAL
from service.web.answers import json_answer
from service.web.queries import LIMIT, read_query, short_text, whole_number
from service.web.state import current_state

blueprint = Blueprint("audit", __name__)

_FILTERS = {
    "event": short_text(40),
    "subject": short_text(200),
    "before": whole_number(1),
    "limit": LIMIT,
}


@blueprint.get("/v1/audit")
def list_audit() -> Response:
    """A page of the trail, the newest first."""
    page = entries(current_state().store.database, **{"limit": USUAL, **read_query(_FILTERS)})
    shown = [entry.to_json() for entry in page.entries]
    return json_answer({"entries": shown, "before": page.before})
