"""Texts of playbooks, policies and experiments: as they are sent, judged, and given back."""

from collections.abc import Callable

from flask import Response

from service.store.documents.document_rows import Kind
from service.web.answers import json_answer
from service.web.body import JSON, read_bytes, require_media_type
from service.web.contract import YAML
from service.web.exchange import current_exchange
from service.web.fields import read_fields
from service.web.state import current_state

_TEXTS = (YAML, "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain")


def validate(kind: Kind) -> Response:
    """Everything wrong with a text; where nothing is, how its examples go."""
    text, _ = text_sent()
    return json_answer(current_state().store.documents.check(kind, text).to_json())


def text_sent() -> tuple[str | bytes, str]:
    """The text in the body, and where it stands: the body itself, or the field `text` of JSON.

    Raises as `read_fields`, and UnsupportedBody, BodyTooLarge.
    """
    exchange = current_exchange()
    if require_media_type(exchange, (*_TEXTS, JSON)) != JSON:
        return read_bytes(exchange), ""
    return read_fields(read_bytes(exchange), ["text"])["text"], "/text"


def text_answer(text: str, whole: Callable[[], object]) -> Response:
    """All that `whole` gives, as JSON; the text alone for who would rather have YAML."""
    if current_exchange().accept_mimetypes.best_match((JSON, *_TEXTS), JSON) == JSON:
        response = json_answer(whole())
    else:
        response = Response(text, content_type=YAML)
    response.vary.add("Accept")
    return response
