"""JSON answers: compact, in the order in which they were made."""

import json

from flask import Response


def json_answer(value: object) -> Response:
    """A response with `value` as JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(text, content_type="application/json")
