"""What every exchange has: a request id, headers that keep browsers honest, a count."""

import re
from time import perf_counter
from typing import cast
from wsgiref.types import WSGIEnvironment

from flask import Flask, Request, Response, request
from werkzeug.local import LocalProxy

from service.store.access.throttle import Standing
from service.store.ledger.ids import new_id
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
        standing: how the key stands with its quota; None without a key.
        decided: the decision given, in words of our own files, for the log.
        raw: the body, once it has been read.
    """

    def __init__(self, environ: WSGIEnvironment) -> None:
        super().__init__(environ)
        self.began = perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        self.request_id = given if _PLAIN_ID.fullmatch(given) else new_id()
        self.caller = NOBODY
        self.standing: Standing | None = None
        self.decided: dict[str, str] = {}
        self.raw: bytes | None = None

    @property
    def known_method(self) -> str:
        """The method, where it is one that anybody has heard of."""
        return self.method if self.method in _METHODS else "other"

    @property
    def route(self) -> str:
        """The rule that the address keeps to, as our source has it."""
        return self.url_rule.rule if self.url_rule else "none"

    @property
    def actor(self) -> str:
        """Who acts, for the audit trail."""
        return NOBODY if self.caller == NOBODY else f"key:{self.caller}"


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
    if asked.standing is not None:
        for name, value in asked.standing.headers().items():
            add(name, value)
    count(
        asked.known_method,
        asked.route,
        response.status_code,
        perf_counter() - asked.began,
    )
    return response
