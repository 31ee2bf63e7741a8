"""Every error as one kind of JSON: RFC 9457, `application/problem+json`.

The table below is the only place that knows which error has which HTTP status.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from service.decision import InvalidRequest
from service.decision.engine import EngineFault
from service.store.access.throttle import POLICY
from service.store.documents.differences import Unreadable
from service.store.documents.document_rows import Archived, Missing
from service.store.documents.documents import Needed
from service.store.documents.drafts import Conflict
from service.store.documents.frozen import Frozen
from service.store.documents.publishing import Refused
from service.store.experiments.experiments import NotNow
from service.store.in_force.playbooks import Published
from service.store.ledger.pages import BadCursor
from service.store.ledger.repeats import BadKey
from service.store.ledger.replay import CannotReplay, NothingKept
from service.store.sql.database import DatabaseAway
from service.web.access import Forbidden, QuotaUsedUp, Unauthorized
from service.web.body import BodyTooLarge, UnsupportedBody
from service.web.exchange import current_exchange
from service.web.metrics import count_engine_fault
from service.web.preconditions import AnotherText, BadPrecondition, NoPrecondition
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
    """A kind of problem: its HTTP status, its word or its whole type, its title."""

    status: int
    word: str
    title: str

    @property
    def type(self) -> str:
        """What it is called for good; not an address."""
        return self.word if ":" in self.word else f"urn:unghost:problem:{self.word}"


NOT_FOUND = Kind(404, "not-found", "There is nothing here")
INTERNAL = Kind(500, "internal", "The service made a mistake")

#: From exception to kind of problem.
KINDS: dict[type[Exception], Kind] = {
    MalformedBody: Kind(400, "malformed-body", "The body cannot be read"),
    Unauthorized: Kind(401, "unauthorized", "The caller is not known"),
    Forbidden: Kind(403, "forbidden", "The key is not good for this"),
    BadPrecondition: Kind(400, "bad-precondition", "The precondition cannot be read"),
    UnknownAddress: NOT_FOUND,
    Missing: NOT_FOUND,
    UnknownPlaybook: Kind(404, "unknown-playbook", "There is no such playbook"),
    Conflict: Kind(412, "changed-meanwhile", "The text was changed meanwhile"),
    BodyTooLarge: Kind(413, "too-large", "The body is too large"),
    UnsupportedBody: Kind(415, "unsupported-media-type", "The body is of the wrong kind"),
    InvalidBody: Kind(422, "not-valid", "The request is not valid"),
    InvalidRequest: Kind(422, "not-valid", "The request is not valid"),
    Refused: Kind(422, "not-publishable", "It cannot be put in force"),
    Unreadable: Kind(422, "not-comparable", "The texts cannot be compared"),
    NoPrecondition: Kind(428, "precondition-required", "It is not said what is replaced"),
    BadKey: Kind(400, "bad-idempotency-key", "The Idempotency-Key cannot be read"),
    AnotherText: Kind(409, "another-text", "Another text is there"),
    Archived: Kind(409, "archived", "It is archived"),
    Needed: Kind(409, "needed", "It is needed"),
    NotNow: Kind(409, "not-now", "It cannot be done now"),
    Frozen: Kind(409, "frozen", "It cannot change any more"),
    CannotReplay: Kind(409, "cannot-replay", "It cannot be decided again"),
    NothingKept: Kind(410, "removed", "What was kept has been removed"),
    StillRunning: Kind(409, "still-running", "The request is being done"),
    AnswerGone: Kind(410, "erased", "The answer has been erased"),
    AnotherRequest: Kind(422, "key-reused", "The Idempotency-Key belongs to another request"),
    # The type is that of draft-ietf-httpapi-ratelimit-headers.
    QuotaUsedUp: Kind(
        429,
        "https://iana.org/assignments/http-problem-types#quota-exceeded",
        "The quota is used up",
    ),
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
    """What an error looks like from outside; `more` is what only its kind has."""

    kind: Kind
    detail: str
    errors: tuple[Mistake, ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The fields of RFC 9457, `errors`, and those of its kind."""
        return {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "errors": [asdict(mistake) for mistake in self.errors],
            **self.more,
        }


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is, seen from outside; an unforeseen one tells nothing."""
    match error:
        case InvalidBody() | InvalidRequest() | BadCursor():
            return _invalid(_mistakes(error))
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
            return Problem(KINDS[DatabaseAway], "nothing was changed; ask again soon")
        case _ if kind := KINDS.get(type(error)):
            return Problem(kind, str(error), more=_more(error))
        case _:
            request_id = current_exchange().request_id
            return Problem(INTERNAL, f"the log has it under the request id {request_id}")


def _more(error: Exception) -> dict[str, object]:
    """What only errors of its kind tell."""
    match error:
        case Conflict(yours=yours, theirs=theirs):
            return {"yours": yours, "theirs": theirs}
        case Frozen(fields=fields):
            return {"fields": list(fields)}
        case Refused(checked=checked):
            results = checked.examples.results if checked.examples else ()
            return {
                "diagnostics": [diagnostic.to_json() for diagnostic in checked.diagnostics],
                "examples": [result.to_json() for result in results if not result.passed],
            }
        case QuotaUsedUp():
            return {"violated-policies": [POLICY]}
        case _:
            return {}


def _mistakes(error: InvalidBody | InvalidRequest | BadCursor) -> tuple[Mistake, ...]:
    match error:
        case InvalidBody(mistakes=mistakes):
            return mistakes
        case InvalidRequest(errors=errors):
            return tuple(Mistake(fault.path, fault.message) for fault in errors[:MAX_MISTAKES])
    return (Mistake("?cursor", str(error)),)


def _invalid(mistakes: tuple[Mistake, ...]) -> Problem:
    count = len(mistakes)
    first = f"{mistakes[0].path or 'the body'}: {mistakes[0].message}"
    many = f"at least {count}" if count == MAX_MISTAKES else str(count)
    detail = first if count == 1 else f"{many} mistakes; the first is {first}"
    return Problem(KINDS[InvalidBody], detail, mistakes)


def respond(error: Exception) -> Response:
    """The response to an exception; one that was not foreseen goes to the log."""
    problem = problem_of(error)
    if isinstance(error, EngineFault):
        count_engine_fault()
    if problem.kind is INTERNAL:
        _log.error("request %s failed", current_exchange().request_id, exc_info=error)
    text = json.dumps(problem.to_json(), ensure_ascii=False, separators=(",", ":"))
    response = Response(text, problem.kind.status, content_type=MEDIA_TYPE)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if problem.kind.status == KINDS[NotReady].status:
        response.headers["Retry-After"] = "5"
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def install(app: Flask) -> None:
    """Make every error of `app` a problem."""
    app.register_error_handler(Exception, respond)
