"""What every exchange has: a request id, headers that keep browsers honest, a count."""

import re
from time import perf_counter
from typing import cast
from wsgiref.types import WSGIEnvironment

from flask import Flask, Request, Response, request
from werkzeug.local import LocalProxy

from service.web.ids import new_id
from service.web.metrics import count

REQUEST_ID = "X-Request-Id"
#: The caller of a service without keys.
NOBODY = "nobody"

_PLAIN_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


class Exchange(Request):
    """A request that knows when it began, by what id it is known, and who calls.

    Attributes:
        began: by `perf_counter`.
        request_id: the caller's `X-Request-Id`, or one of ours.
        caller: the id of the caller's key; see `access`.
        raw: the body, once it has been read.
    """

    def __init__(self, environ: WSGIEnvironment) -> None:
        super().__init__(environ)
        self.began = perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        self.request_id = given if _PLAIN_ID.fullmatch(given) else new_id()
        self.caller = NOBODY
        self.raw: bytes | None = None


def current_exchange() -> Exchange:
    """The exchange that goes on, itself: `flask.request` looks for it anew at every use."""
    return cast("LocalProxy[Exchange]", request)._get_current_object()  # noqa: SLF001 - as Flask's manual has it


def install(app: Flask) -> None:
    """Begin and end every exchange of `app` as this module says."""
    app.request_class = Exchange
    app.after_request(_end)


def _end(response: Response) -> Response:
    asked = current_exchange()
    add = response.headers.add
    add(REQUEST_ID, asked.request_id)
    add("X-Content-Type-Options", "nosniff")
    if asked.path.startswith("/v1/"):
        add("Cache-Control", "no-store")
    count(
        asked.method if asked.method in _METHODS else "other",
        asked.url_rule.rule if asked.url_rule else "none",
        response.status_code,
        perf_counter() - asked.began,
    )
    return response
