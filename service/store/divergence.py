"""Would another arm have answered differently? Found out later, beside the requests.

Where all arms answer alike nothing can come of the difference between them; a unit diverges with
the first decision that another arm would have answered otherwise: another action, channel or
message, or another time.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, bindparam, select, update

from service.decision import InvalidRequest, decide, read_request
from service.decision.guards import Guards
from service.experiment import Running
from service.store.database import Database
from service.store.document_rows import Missing
from service.store.in_force import InForce
from service.store.library import Published
from service.store.moments import moment_of
from service.store.personal import is_personal
from service.store.snapshot import Snapshot
from service.store.tables import decisions

#: Decisions of one time: each takes as long as its arms take to decide.
_AT_ONCE = 100


class _Answered(NamedTuple):
    """What makes two answers differ."""

    action: object
    channel: object
    template: object
    due: object


def compare_some(database: Database, in_force: InForce) -> int:
    """Look at some decisions that nobody has looked at, the oldest first; gives how many.

    Raises DatabaseAway.
    """
    columns = decisions.c
    open_ones = (
        select(decisions)
        .where(columns.propensity.is_not(None), columns.diverged.is_(None))
        .where(is_personal(decisions, is_sqlite=database.is_sqlite))
        .order_by(columns.recorded_at)
        .limit(_AT_ONCE)
    )
    with database.reading() as connection:
        rows = connection.execute(open_ones).all()
    snapshot = in_force.now()
    found = [{"of": row.id, "found": _diverges(row, snapshot, in_force)} for row in rows]
    if found:
        is_it = update(decisions).where(columns.id == bindparam("of"))
        with database.writing() as connection:
            connection.execute(is_it.values(diverged=bindparam("found")), found)
    return len(found)


def _diverges(row: Row[Any], snapshot: Snapshot, in_force: InForce) -> bool:
    body = orjson.loads(row.request)
    given = _answered(orjson.loads(row.answer))
    try:
        guards = in_force.policy(row.policy, row.policy_version).guards
    except Missing:  # of a release that knew it
        return False
    others = _others(row, snapshot)
    return any(_would_answer(each, guards, body, row.as_of) != given for each in others)


def _others(row: Row[Any], snapshot: Snapshot) -> Iterator[Published]:
    """The playbooks of the other arms of the phase."""
    running: Running | None = next(
        (each for each in snapshot.experiments if each.name == row.experiment), None
    )
    phases = running.phases if running else ()
    for phase in phases:
        if phase.number == row.phase:
            others = (snapshot.playbook_of(arm) for arm in phase.arms if arm.name != row.arm)
            yield from (each for each in others if each is not None)


def _would_answer(
    published: Published, guards: Guards, body: Mapping[str, Any], as_of: int
) -> _Answered | None:
    """What a playbook would have answered; None: that it cannot read the request."""
    try:
        request = read_request(body, published.ready, moment_of(as_of))
    except InvalidRequest:
        return None
    return _answered(decide(published.ready, guards, request).to_json(published.version))


def _answered(answer: Mapping[str, Any]) -> _Answered:
    message, timing = answer["message"] or {}, answer["timing"] or {}
    return _Answered(
        answer["action"], answer["channel"], message.get("template"), timing.get("due")
    )
