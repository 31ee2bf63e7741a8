"""Every error as one kind of JSON: RFC 9457, `application/problem+json`.

The table below is the only place that knows which error has which HTTP status.
"""

import json
import logging
from dataclasses import asdict, dataclass

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from service.decision import InvalidRequest
from service.store.database import DatabaseAway
from service.store.library import Published
from service.store.repeats import BadKey
from service.web.body import BodyTooLarge, UnsupportedBody
from service.web.exchange import current_exchange
from service.web.repeating import AnotherRequest, AnswerGone, StillRunning
from service.web.requests import MAX_MISTAKES, Mistake
from service.web.state import NotReady, Present, UnknownAddress, UnknownPlaybook
from service.web.strict_json import MalformedBody

MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger(__name__)


class InvalidBody(Exception):  # noqa: N818 - it says what was sent
    """The body is JSON, but not what was asked for; says every mistake."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes


def playbook_asked_for(present: Present, name: str, path: str) -> Published:
    """The playbook that a body names at a path. Raises InvalidBody: there is none."""
    try:
        return present.playbook(name)
    except UnknownPlaybook as error:
        raise InvalidBody(Mistake(path, str(error))) from error


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its HTTP status, its word, its title."""

    status: int
    word: str
    title: str


NOT_FOUND = Kind(404, "not-found", "There is nothing here")
INTERNAL = Kind(500, "internal", "The service made a mistake")

#: From exception to kind of problem.
KINDS: dict[type[Exception], Kind] = {
    MalformedBody: Kind(400, "malformed-body", "The body cannot be read"),
    UnknownAddress: NOT_FOUND,
    UnknownPlaybook: Kind(404, "unknown-playbook", "There is no such playbook"),
    BodyTooLarge: Kind(413, "too-large", "The body is too large"),
    UnsupportedBody: Kind(415, "unsupported-media-type", "The body is of the wrong kind"),
    InvalidBody: Kind(422, "not-valid", "The request is not valid"),
    InvalidRequest: Kind(422, "not-valid", "The request is not valid"),
    BadKey: Kind(400, "bad-idempotency-key", "The Idempotency-Key cannot be read"),
    StillRunning: Kind(409, "still-running", "The request is being done"),
    AnswerGone: Kind(410, "erased", "The answer has been erased"),
    AnotherRequest: Kind(422, "key-reused", "The Idempotency-Key belongs to another request"),
    NotReady: Kind(503, "not-ready", "The service is not ready"),
    DatabaseAway: Kind(503, "database-away", "The database does not answer"),
}

#: What Flask itself finds wrong, by its status.
HTTP_KINDS: dict[int, Kind] = {
    400: Kind(400, "malformed-request", "The request cannot be read"),
    404: NOT_FOUND,
    405: Kind(405, "method-not-allowed", "The method is not allowed here"),
}
HTTP_DETAILS = {
    400: "the request is not HTTP as it is understood here",
    404: "there is nothing at this address",
    405: "this address does not answer to this method; `Allow` says to which it does",
}


@dataclass(frozen=True)
class Problem:
    """What an error looks like from outside."""

    kind: Kind
    detail: str
    errors: tuple[Mistake, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The fields of RFC 9457, and `errors`."""
        return {
            "type": f"urn:unghost:problem:{self.kind.word}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "errors": [asdict(mistake) for mistake in self.errors],
        }


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is, seen from outside; an unforeseen one tells nothing."""
    match error:
        case InvalidBody(mistakes=mistakes):
            return _invalid(mistakes)
        case InvalidRequest(errors=errors):
            found = [Mistake(fault.path, fault.message) for fault in errors[:MAX_MISTAKES]]
            return _invalid(tuple(found))
        case MalformedBody(message=message, path=""):
            return Problem(KINDS[MalformedBody], message)
        case MalformedBody(message=message, path=path):
            detail = f"{message}, at {path}"
            return Problem(KINDS[MalformedBody], detail, (Mistake(path, message),))
        case HTTPException(code=int(code)) if code in HTTP_KINDS:
            return Problem(HTTP_KINDS[code], HTTP_DETAILS[code])
        case BadKey():
            return Problem(KINDS[BadKey], f"the Idempotency-Key {error}")
        case DatabaseAway():  # its own words may name the server
            return Problem(KINDS[DatabaseAway], "nothing was kept; ask again soon")
        case _ if kind := KINDS.get(type(error)):
            return Problem(kind, str(error))
        case _:
            request_id = current_exchange().request_id
            return Problem(INTERNAL, f"the log has it under the request id {request_id}")


def _invalid(mistakes: tuple[Mistake, ...]) -> Problem:
    count = len(mistakes)
    first = f"{mistakes[0].path or 'the body'}: {mistakes[0].message}"
    many = f"at least {count}" if count == MAX_MISTAKES else str(count)
    detail = first if count == 1 else f"{many} mistakes; the first is {first}"
    return Problem(KINDS[InvalidBody], detail, mistakes)


def respond(error: Exception) -> Response:
    """The response to an exception; one that was not foreseen goes to the log."""
    problem = problem_of(error)
    if problem.kind is INTERNAL:
        _log.error("request %s failed", current_exchange().request_id, exc_info=error)
    text = json.dumps(problem.to_json(), ensure_ascii=False, separators=(",", ":"))
    response = Response(text, problem.kind.status, content_type=MEDIA_TYPE)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if problem.kind.status == KINDS[NotReady].status:
        response.headers["Retry-After"] = "5"
    return response


def install(app: Flask) -> None:
    """Make every error of `app` a problem."""
    app.register_error_handler(Exception, respond)
