"""The one way by which decisions and outcomes get into the database: in groups.

What one caller brings is written whole or not at all, and so is what comes with it: the
outcomes seen in the history, and the answer to an `Idempotency-Key`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from service.store.ledger.groups import GroupWriter
from service.store.ledger.outcome_rows import OutcomeRow, insert_new
from service.store.ledger.repeats import FRESH, RUNNING, Asked, Standing, claim, standing
from service.store.sql.database import Database
from service.store.sql.moments import moment_of
from service.store.sql.tables import decisions
from service.store.sql.upserts import insert_text

_JSON = "application/json"


@dataclass
class Writing:
    """What one caller wants written; and, once that is done, what came of it.

    Attributes:
        decision: a row of `decisions`, or None.
        outcomes: rows of `outcomes`.
        asked: the key that the decision answers.
        standing: fresh where all was written; else nothing was, as the key is taken.
        new: the ids of the outcomes, perhaps also of others, that were not there before.
        error: why it could not be written, where others of its group could.
    """

    decision: dict[str, Any] | None = None
    outcomes: Sequence[OutcomeRow] = ()
    asked: Asked | None = None
    standing: Standing = FRESH
    new: set[str] = field(default_factory=set)
    error: Exception | None = None


class Writer:
    """Writes for many callers at once; each process has one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._group: GroupWriter[Writing] = GroupWriter(self._write)

    def write(self, writing: Writing) -> None:
        """Returns once it is durable.

        Raises:
            DatabaseAway: it was not written, as far as anybody can know.
            DBAPIError: the database takes everything but this.
        """
        self._group.add(writing)
        if writing.error is not None:
            raise writing.error

    def _write(self, group: Sequence[Writing]) -> None:
        """All in one transaction; where the database refuses that, each in its own."""
        try:
            self._transact(group)
        except DBAPIError:
            for writing in group:
                try:
                    self._transact([writing])
                except DBAPIError as error:  # nobody else is to suffer for it
                    writing.error = error

    def _transact(self, group: Sequence[Writing]) -> None:
        with self._database.writing() as connection:
            free = _keep_answers(connection, group)
            going = [w for w in group if w.asked is None or id(w) in free]
            new = insert_new(connection, [row for w in going for row in w.outcomes])
            if rows := [w.decision for w in going if w.decision is not None]:
                connection.exec_driver_sql(insert_text(connection.dialect.name, decisions), rows)
            for writing in group:
                writing.new = new
                if writing.asked is not None and id(writing) not in free:
                    writing.standing = _taken(connection, writing.asked, writing.decision or {})


def _keep_answers(connection: Connection, group: Sequence[Writing]) -> set[int]:
    """Take the keys that are free; gives whose they are, by `id`."""
    first: dict[tuple[str, str], Writing] = {}
    for writing in group:
        if writing.asked is not None:
            first.setdefault(writing.asked[:2], writing)
    rows = [_answered(first[key]) for key in sorted(first)]  # in one order, as `insert_new`
    won = claim(connection, rows) if rows else set()
    return {id(first[key]) for key in won}


def _answered(writing: Writing) -> dict[str, Any]:
    if writing.asked is None or writing.decision is None:
        raise ValueError("only a decision is written together with its key")
    return {
        **writing.asked._asdict(),
        "begun_at": writing.decision["recorded_at"],
        "status": 200,
        "content_type": _JSON,
        "decision_id": writing.decision["id"],
    }


def _taken(connection: Connection, asked: Asked, decision: Mapping[str, Any]) -> Standing:
    now: datetime = moment_of(decision["recorded_at"])
    found = standing(connection, asked, now)
    return RUNNING if found is FRESH else found  # let go of only now: ask again
