"""JSON answers: compact, in the order in which they were made."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson
from flask import Response


class Answer(Response):
    """A response that is complete: its headers lack nothing that werkzeug would look for."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send it; an answer to HEAD goes the long way, which leaves the body out."""
        if environ["REQUEST_METHOD"] == "HEAD":
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return self.iter_encoded()


def as_json(value: object) -> bytes:
    """`value` as it is sent.

    Orjson writes whole numbers of at most 64 bits, and here none is larger than 2**53; nor
    does a request or a playbook bring half of a surrogate pair.
    """
    return orjson.dumps(value)


def json_answer(value: object, status: int = 200) -> Response:
    """A response with `value` as JSON."""
    return json_bytes(as_json(value), status)


def json_bytes(text: bytes, status: int = 200) -> Response:
    """A response with JSON that is made already."""
    return Answer(text, status, content_type="application/json")
