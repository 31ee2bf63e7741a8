"""`/v1/playbooks/{name}/draft`, and alike for policies and experiments: the text to work on.

Whoever saves says which text they had read (`preconditions`), so that two at once lose nothing.
"""

from flask import Response

from service.store.documents.document_rows import CannotKeep, Kind, Missing
from service.store.documents.drafts import Draft, Drafts
from service.store.documents.publishing import called
from service.web.answers import json_answer
from service.web.documents import standing
from service.web.exchange import current_exchange
from service.web.preconditions import digest_matched, entity_tag, is_for_nothing
from service.web.problems import InvalidBody
from service.web.requests import Mistake
from service.web.state import current_state
from service.web.strict_json import MalformedBody
from service.web.validation import text_answer, text_sent


def read_draft(kind: Kind, name: str) -> Response:
    """The draft, or where nobody has begun one the text of the active version."""
    draft = current_state().store.documents.drafts.read(kind, name)
    response = text_answer(draft.text, lambda: _whole(kind, name, draft))
    response.headers["ETag"] = entity_tag(draft.digest)
    return response


def save_draft(kind: Kind, name: str) -> Response:
    """Keep a text as the draft, with mistakes or without; says all of them."""
    exchange, state = current_exchange(), current_state()
    drafts, now = state.store.documents.drafts, state.clock()
    text, path = text_sent()
    present = None if is_for_nothing(exchange) else _digest(drafts, kind, name)
    read_at = None if is_for_nothing(exchange) else digest_matched(exchange, present)
    try:
        draft = drafts.save(kind, name, _decoded(text), read_at, exchange.actor, now)
    except CannotKeep as error:
        raise InvalidBody(Mistake(path, str(error))) from error
    response = json_answer(_whole(kind, name, draft), 200 if read_at else 201)
    response.headers["ETag"] = entity_tag(draft.digest)
    return response


def discard_draft(kind: Kind, name: str) -> Response:
    """Throw the draft away; what was never published is gone with it."""
    exchange, state = current_exchange(), current_state()
    drafts = state.store.documents.drafts
    read_at = digest_matched(exchange, drafts.read(kind, name).digest)
    drafts.discard(kind, name, read_at, exchange.actor, state.clock())
    return json_answer(standing(kind, name))


def _digest(drafts: Drafts, kind: Kind, name: str) -> str | None:
    """The digest of the text that is there."""
    try:
        return drafts.read(kind, name).digest
    except Missing:
        return None


def _decoded(text: str | bytes) -> str:
    try:
        return text if isinstance(text, str) else text.decode()
    except UnicodeDecodeError as error:
        message = f"the text is not UTF-8 from byte {error.start:,} on"
        raise MalformedBody(message) from error


def _whole(kind: Kind, name: str, draft: Draft) -> dict[str, object]:
    """A draft with everything that is wrong with it."""
    found = called(name, current_state().store.documents.check(kind, draft.text)).to_json()
    of_draft = {"digest": draft.digest, "author": draft.author, "at": draft.at}
    return {**found, "name": name, "text": draft.text, **of_draft}
