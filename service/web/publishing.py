"""What puts a version of a document in force, or takes it out of force.

When the answer is given, the next request to this process is decided with what was published;
other processes follow within a second (`store.in_force.in_force`).
"""

from contextlib import suppress

from flask import Response

from service.store.documents.document_rows import CannotKeep, Kind, Version
from service.store.documents.drafts import Conflict
from service.store.sql.database import DatabaseAway
from service.web.answers import json_answer
from service.web.body import read_bytes, read_json_bytes
from service.web.documents import read_number, standing, version_json
from service.web.exchange import current_exchange
from service.web.fields import read_fields
from service.web.preconditions import AnotherText
from service.web.problems import InvalidBody
from service.web.repeating import once
from service.web.requests import Mistake
from service.web.state import current_state


@once
def publish(kind: Kind, name: str) -> Response:
    """Make the draft of this digest the next version, and put it in force."""
    exchange, state = current_exchange(), current_state()
    sent = read_fields(read_json_bytes(exchange), ["digest"], ["note"])
    words = sent["digest"], exchange.actor, sent["note"]
    try:
        version = state.store.documents.publish(kind, name, *words, state.clock())
    except Conflict as conflict:
        raise AnotherText(conflict.yours, conflict.theirs) from conflict
    except CannotKeep as error:
        raise InvalidBody(Mistake("/note", str(error))) from error
    return _in_force(version)


@once
def activate(kind: Kind, name: str, number: str) -> Response:
    """Put a version in force: to roll back, an earlier one."""
    state, actor, note = current_state(), current_exchange().actor, note_sent()
    wanted = read_number(kind, name, number)
    try:
        version = state.store.documents.activate(kind, name, wanted, actor, note, state.clock())
    except CannotKeep as error:
        raise InvalidBody(Mistake("/note", str(error))) from error
    return _in_force(version)


@once
def archive(kind: Kind, name: str) -> Response:
    """Take it out of force; all of it is kept."""
    state = current_state()
    state.store.documents.archive(kind, name, current_exchange().actor, state.clock())
    look_at_once()
    return json_answer(standing(kind, name))


@once
def unarchive(kind: Kind, name: str) -> Response:
    """Bring it back, with the version that was active."""
    state = current_state()
    state.store.documents.unarchive(kind, name, current_exchange().actor, state.clock())
    look_at_once()
    return json_answer(standing(kind, name))


def note_sent() -> str:
    """The `note` in the body; both may be left out. Raises as `read_fields`."""
    exchange = current_exchange()
    if not read_bytes(exchange):
        return ""
    return read_fields(read_json_bytes(exchange), [], ["note"])["note"]


def _in_force(version: Version) -> Response:
    look_at_once()
    return json_answer(version_json(version))


def look_at_once() -> None:
    """Have what was just written in force in this process."""
    with suppress(DatabaseAway):  # it is kept already; the watch will see it
        current_state().store.in_force.refresh()
