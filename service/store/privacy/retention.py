"""What is personal goes: after so many days, or at once where a person asks for it.

Numbers stay. A decision without its person still says which playbook led to which action, and
`prospect_key` that two decisions were about the same one: a keyed hash of the id, as before, or
after an erasure a random name, to which no id leads any more.

On SQLite what is removed is overwritten (see `sql.personal`), and the write-ahead log is emptied
afterwards. PostgreSQL overwrites a removed row when it next vacuums the table, and its own log
when it is recycled; neither is in our hands, nor are backups.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, Select, Table, Update, and_, case, select, text, update

from service.store.access import audit
from service.store.documents.document_rows import bump
from service.store.ledger.outcome_rows import Keyed
from service.store.sql.database import Database
from service.store.sql.moments import stored
from service.store.sql.personal import PERSONAL, is_personal, removal
from service.store.sql.tables import assignments, repeats

#: Days after which what is personal is removed, where the operator says nothing else.
USUAL_DAYS = 90
#: Rows of one transaction: others write in between.
_BATCH = 500
#: Rows behind the newest that was removed by age whose space is not given back yet, as giving
#: back moves rows nearby, and those must not be personal any more.
_NEARBY = 1000

#: In the order in which `writing` gets at them, or the two would wait for each other.
_NOBODY_WRITES = text(
    "LOCK TABLE assignments, repeats, outcomes, decisions IN SHARE ROW EXCLUSIVE MODE"
)

#: Writes an entry of the audit trail, in the transaction of the erasure: whom, and what went.
#: Gives the entry's number.
Told = Callable[[Connection, str, Mapping[str, int]], int]


@dataclass(frozen=True)
class Removed:
    """How many rows lost what was personal in them.

    `log_emptied`: whether SQLite's write-ahead log holds nothing of it any more; true where
    there is none of ours. If false, somebody was reading: a later call empties it.
    """

    decisions: int
    outcomes: int
    repeats: int
    log_emptied: bool


@dataclass(frozen=True)
class Erased(Removed):
    """The same of one person; `audit_entry` is the number of its entry in the audit trail."""

    audit_entry: int

    def to_json(self) -> dict[str, int | bool]:
        """The form in an answer."""
        return asdict(self)


def remove_old(database: Database, before: datetime) -> Removed:
    """Remove what is personal from all that was recorded before a moment.

    In transactions of a bounded size. It may run in many processes at once, and be broken off.
    Raises DatabaseAway.
    """
    counts = {table.name: _remove_old(database, table, before) for table in PERSONAL}
    if database.is_sqlite:
        for table in PERSONAL:
            _give_back_space(database, table, before)
    return Removed(**counts, repeats=0, log_emptied=empty_log(database))


def _remove_old(database: Database, table: Table, before: datetime) -> int:
    is_sqlite = database.is_sqlite
    old = and_(table.c.recorded_at < stored(before), is_personal(table, is_sqlite=is_sqlite))
    batch = _oldest(table).where(old).limit(_BATCH)
    batch = batch.with_for_update(skip_locked=True)  # another process may be at it as well
    values = removal(table, is_sqlite=is_sqlite)
    return _in_batches(database, update(table).where(table.c.id.in_(batch)).values(values))


def _give_back_space(database: Database, table: Table, before: datetime) -> None:
    """Make NULL of zeros, but for the rows nearest to those that are personal still."""
    done = _oldest(table).where(table.c.recorded_at < stored(before))
    nearby = done.order_by(None).order_by(table.c.recorded_at.desc()).limit(_NEARBY)
    batch = done.where(table.c.id.not_in(nearby)).limit(_BATCH)
    emptied = update(table).where(table.c.id.in_(batch)).values(dict.fromkeys(PERSONAL[table]))
    _in_batches(database, emptied)


def _oldest(table: Table) -> Select[tuple[str]]:
    return select(table.c.id).where(table.c.prospect_id.is_not(None)).order_by(table.c.recorded_at)


def _in_batches(database: Database, statement: Update) -> int:
    changed = 0
    while True:
        with database.writing() as connection:
            rows = connection.execute(statement).rowcount
        changed += rows
        if rows < _BATCH:
            return changed


def erase(
    database: Database,
    prospect_id: str,
    keyed: Keyed,
    told: Told,
    forget: Iterable[Callable[[], object]] = (),
) -> Erased:
    """Remove a person from everything that is kept; again, there is nothing left to remove.

    A decision that is recorded meanwhile is there either before, and goes with the rest, or
    whole afterwards: somebody asked about this person anew. A request that was answered before
    and is repeated under its `Idempotency-Key` is told that the answer is gone.

    Args:
        database: where everything is kept.
        prospect_id: the person's id, as requests have it.
        keyed: the keyed hash of an id.
        told: puts it into the audit trail.
        forget: has this process forgotten what it keeps in memory of people; others see by
            `generation` that they have to.

    Raises DatabaseAway; then nothing was removed, or all of it but not yet from the log.
    """
    key = keyed(prospect_id)
    with database.writing(at_leisure=True) as connection:
        if not database.is_sqlite:
            connection.execute(_NOBODY_WRITES)
        nobody = f"erased:{token_hex(32)}"[: len(key)]  # as long, see `sql.personal`
        counts = {
            table.name: connection.execute(_removal_of(table, key, nobody, database)).rowcount
            for table in PERSONAL
        }
        theirs = update(assignments).where(assignments.c.unit_key == key)
        connection.execute(theirs.values(unit_key=nobody))
        counts["repeats"] = _remove_answers(connection, prospect_id)
        bump(connection)  # before the audit trail, as whoever publishes takes the two
        audit_entry = told(connection, key, counts)
    for forgets in forget:  # not before, or a request meanwhile would bring it back
        forgets()
    return Erased(**counts, log_emptied=empty_log(database), audit_entry=audit_entry)


def told_in_audit(actor: str, now: datetime) -> Told:
    """What writes `prospect.erased` into the audit trail."""

    def told(connection: Connection, key: str, counts: Mapping[str, int]) -> int:
        event = "prospect.erased"
        return audit.append(connection, now, actor=actor, event=event, subject=key, detail=counts)

    return told


def _removal_of(table: Table, key: str, nobody: str, database: Database) -> Update:
    """Their rows are one unknown person's from now on: from the id nothing leads there.

    Other keys of the row may be theirs too: a unit of one prospect, an account with its id.
    """
    values = {**removal(table, is_sqlite=database.is_sqlite), "prospect_key": nobody}
    for column in (table.c[name] for name in ("account_key", "unit_key") if name in table.c):
        values[column.name] = case((column == key, nobody), else_=column)
    return update(table).where(table.c.prospect_key == key).values(values)


def _remove_answers(connection: Connection, prospect_id: str) -> int:
    """Answers that name the person. There are few: decisions' answers are not among them."""
    name = json.dumps(prospect_id, ensure_ascii=False).encode()
    query = select(repeats.c.caller, repeats.c.key, repeats.c.body)
    found = connection.execute(query.where(repeats.c.body.is_not(None)))
    theirs = [(row.caller, row.key) for row in found if name in row.body]
    for caller, key in theirs:
        its = and_(repeats.c.caller == caller, repeats.c.key == key)
        connection.execute(update(repeats).where(its).values(body=None))
    return len(theirs)


def empty_log(database: Database) -> bool:
    """Bring SQLite's write-ahead log into its file and empty it; whether that was possible.

    It waits a few seconds for whoever is reading. True where there is no such log.
    """
    if not database.is_sqlite:
        return True
    connection: Any = database.engine.raw_connection()
    try:
        busy, _, _ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    return not busy
