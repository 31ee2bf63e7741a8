"""`Idempotency-Key`: a request that comes twice is done once, and answered twice alike.

As `store.ledger.repeats` has it: decisions look, and are kept together with their key; whatever
else writes is wrapped in `once`.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec

from flask import Response

from service.store.ledger.repeats import Answer as Kept
from service.store.ledger.repeats import Asked, Standing, asked, read_key
from service.store.sql.database import DatabaseAway
from service.web.answers import Answer
from service.web.body import read_bytes
from service.web.exchange import Exchange, current_exchange
from service.web.state import current_state

REPLAYED = "Idempotent-Replayed"

_log = logging.getLogger(__name__)
_Args = ParamSpec("_Args")


class StillRunning(Exception):  # noqa: N818 - a state, not a mistake
    """The first request with this key has not been answered yet."""


class AnotherRequest(Exception):  # noqa: N818 - it says what was sent
    """The key belongs to another request."""


class AnswerGone(Exception):  # noqa: N818 - a state, not a mistake
    """The request was answered, and the answer has been erased since."""


def asked_of(exchange: Exchange, body: bytes) -> Asked | None:
    """What a request with an `Idempotency-Key` asks; None without one.

    Raises:
        BadKey: the header holds none.
    """
    header = exchange.environ.get("HTTP_IDEMPOTENCY_KEY")
    if header is None:
        return None
    path = exchange.full_path.removesuffix("?")
    return asked(exchange.caller, read_key(header), exchange.method, path, body)


def settled(standing: Standing) -> Response | None:
    """The answer that was given already, if one was.

    Raises StillRunning, AnotherRequest or AnswerGone where there can be none.
    """
    match standing.kind:
        case "running":
            raise StillRunning("the first request with this key is still running; ask again soon")
        case "differs":
            raise AnotherRequest("this key was sent with another request; make a new one")
        case "gone":
            raise AnswerGone("this was answered, and the answer has been erased since")
    if standing.answer is None:
        return None
    status, content_type, body = standing.answer
    return Answer(body, status, headers={REPLAYED: "true"}, content_type=content_type)


def once(view: Callable[_Args, Response]) -> Callable[_Args, Response]:
    """A view that writes, done once for each key; where it raises, nothing was done."""

    @wraps(view)
    def wrapped(*args: _Args.args, **kwargs: _Args.kwargs) -> Response:
        exchange = current_exchange()
        wanted = asked_of(exchange, read_bytes(exchange))
        if wanted is None:
            return view(*args, **kwargs)
        return _first(wanted, lambda: view(*args, **kwargs))

    return wrapped


def _first(wanted: Asked, view: Callable[[], Response]) -> Response:
    state = current_state()
    repeats = state.store.repeats
    standing = repeats.begin(wanted, state.clock())
    if answered := settled(standing):
        return answered
    try:
        response = view()
    except Exception:
        with suppress(DatabaseAway):  # then the key is free again after `LONGEST_RUN`
            repeats.release(wanted, standing.token)
        raise
    answer = Kept(response.status_code, response.content_type, response.get_data())
    try:
        repeats.finish(wanted, standing.token, answer)
    except DatabaseAway:  # it is done, and whoever heard otherwise would have it done again
        _log.warning("an answer could not be kept for the next request with its key")
    return response
