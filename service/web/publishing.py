"""What puts a version of a playbook or a policy in force, or takes it out of force.

When the answer is given, the next request to this process is decided with what was published;
other processes follow within a second (`store.in_force`).
"""

from contextlib import suppress

from flask import Response

from service.store.database import DatabaseAway
from service.store.document_rows import CannotKeep, Kind, Version
from service.store.drafts import Conflict
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
    exchange, documents = current_exchange(), current_state().store.documents
    sent = read_fields(read_json_bytes(exchange), ["digest"], ["note"])
    digest, note = sent["digest"], sent["note"]
    try:
        version = documents.publish(kind, name, digest, exchange.actor, note, datetime.now(UTC))
    except Conflict as conflict:
        raise AnotherText(conflict.yours, conflict.theirs) from conflict
    except CannotKeep as error:
        raise InvalidBody(Mistake("/note", str(error))) from error
    return _in_force(version)


@once
def activate(kind: Kind, name: str, number: str) -> Response:
    """Put a version in force: to roll back, an earlier one."""
    exchange, documents = current_exchange(), current_state().store.documents
    note = ""
    if read_bytes(exchange):
        note = read_fields(read_json_bytes(exchange), [], ["note"])["note"]
    wanted = read_number(kind, name, number)
    try:
        version = documents.activate(kind, name, wanted, exchange.actor, note, datetime.now(UTC))
    except CannotKeep as error:
        raise InvalidBody(Mistake("/note", str(error))) from error
    return _in_force(version)


@once
def archive(kind: Kind, name: str) -> Response:
    """Take it out of force; all of it is kept."""
    documents, actor = current_state().store.documents, current_exchange().actor
    documents.archive(kind, name, actor, datetime.now(UTC))
    _look_at_once()
    return json_answer(standing(kind, name))


@once
def unarchive(kind: Kind, name: str) -> Response:
    """Bring it back, with the version that was active."""
    documents, actor = current_state().store.documents, current_exchange().actor
    documents.unarchive(kind, name, actor, datetime.now(UTC))
    _look_at_once()
    return json_answer(standing(kind, name))


def _in_force(version: Version) -> Response:
    _look_at_once()
    return json_answer(version_json(version))


def _look_at_once() -> None:
    with suppress(DatabaseAway):  # it is kept already; the watch will see it
        current_state().store.in_force.refresh()
