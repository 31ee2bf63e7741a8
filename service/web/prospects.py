"""`DELETE /v1/prospects/{prospect_id}`: a person is erased."""

from flask import Blueprint, Response
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from service.store.privacy.retention import erase, told_in_audit
from service.web.answers import json_answer
from service.web.exchange import current_exchange
from service.web.state import UnknownAddress, current_state

blueprint = Blueprint("prospects", __name__)


class AnyText(BaseConverter):
    """The rest of an address, whatever it holds: an id may have slashes and line breaks."""

    part_isolating = False
    regex = "(?s:.+)"


@blueprint.record_once
def _know_any_text(setup: BlueprintSetupState) -> None:
    setup.app.url_map.converters["any_text"] = AnyText


@blueprint.delete("/v1/prospects/<any_text:prospect_id>")
def erase_prospect(prospect_id: str) -> Response:
    """Remove the person from all that is kept, and say what was removed."""
    exchange, state = current_exchange(), current_state()
    try:
        exchange.environ["PATH_INFO"].encode("latin-1").decode()
    except UnicodeDecodeError as error:  # werkzeug would make another id of it
        raise UnknownAddress("the id in this address is not text in UTF-8") from error
    told = told_in_audit(exchange.actor, state.clock())
    store, forget = state.store, [state.store.assignments.forget]
    return json_answer(erase(store.database, prospect_id, store.pseudonyms, told, forget).to_json())
