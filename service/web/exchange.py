"""What every exchange has: a request id, headers that keep browsers honest, a count."""

import re
from time import perf_counter
from uuid import uuid4

from flask import Flask, Response, g, request

from service.web.metrics import count

REQUEST_ID = "X-Request-Id"

_PLAIN_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


def install(app: Flask) -> None:
    """Begin and end every exchange of `app` as this module says."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = perf_counter()
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if _PLAIN_ID.fullmatch(given) else str(uuid4())


def _end(response: Response) -> Response:
    headers = response.headers
    headers[REQUEST_ID] = g.request_id
    headers["X-Content-Type-Options"] = "nosniff"
    if request.path.startswith("/v1/"):
        headers["Cache-Control"] = "no-store"
    count(
        request.method if request.method in _METHODS else "other",
        request.url_rule.rule if request.url_rule else "none",
        response.status_code,
        perf_counter() - g.began,
    )
    return response
