"""The audit trail: who changed what and when, each entry chained to the one before it.

An entry is written in the transaction of the change that it tells of: both are there, or
neither is. Its hash covers all of it and the hash before it, so nobody can change, remove or
slip in an entry without `verify` finding where. Two things a chain cannot show by itself: that
its end was cut off, and that all of it was written anew. Against both, note the last number
and hash elsewhere now and then, and have `verify` look for them.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from json import JSONEncoder
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, insert, select, text

from service.store.sql.database import Database
from service.store.sql.moments import moment_of, stored
from service.store.sql.tables import audit

#: What the first entry has in the place of a hash before it.
BEGINNING = "0" * 64
_LONGEST = {"actor": 200, "event": 40, "subject": 200}
_PAGE = 1000
#: One of the numbers by which programs on PostgreSQL take turns; any will do, if always the same.
_TURN = 7306916

#: One text for one value: sorted names, no spaces, ASCII.
_CANONICAL = JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
#: The same for what tampering may have put into a row: to be found, and not to be failed at.
_WHATEVER = JSONEncoder(sort_keys=True, separators=(",", ":"), default=repr)


@dataclass(frozen=True)
class Entry:
    """One line of the trail.

    Attributes:
        number: 1, 2, 3 and so on without a gap.
        at: when it happened, UTC.
        actor: who did it, e.g. the id of a key.
        event: what was done, e.g. `key.created`.
        subject: what it was done to; a person only by their pseudonym.
        detail: more about it; nothing personal, for an entry is never removed.
        hash: of all this and of the entry before it.
    """

    number: int
    at: datetime
    actor: str
    event: str
    subject: str
    detail: Mapping[str, object]
    hash: str

    def to_json(self) -> dict[str, object]:
        """The entry as JSON has it; the moment as RFC 3339."""
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "actor": self.actor,
            "event": self.event,
            "subject": self.subject,
            "detail": dict(self.detail),
            "hash": self.hash,
        }


class Head(NamedTuple):
    """The end of the trail at some time: what to note elsewhere."""

    number: int
    hash: str


class Page(NamedTuple):
    """Some entries, the newest first; `before` asks for the next page, None after the last."""

    entries: tuple[Entry, ...]
    before: int | None


def append(
    connection: Connection,
    now: datetime,
    *,
    actor: str,
    event: str,
    subject: str,
    detail: Mapping[str, object] | None = None,
) -> int:
    """Write an entry and give its number.

    Writers take turns from here to the end of the transaction: call it last.

    Args:
        connection: the transaction of the change (`database.writing()`).
        now: when it happens.
        actor: who does it; at most 200 characters.
        event: what is done; at most 40 characters.
        subject: what it is done to; at most 200 characters.
        detail: more about it, as JSON can hold it.

    Raises:
        ValueError: a text is too long or holds what not every database can keep, or a number
            of the detail is infinite.
        TypeError: the detail holds what JSON cannot.
    """
    for name, value in (("actor", actor), ("event", event), ("subject", subject)):
        _check_text(name, value)
    if connection.dialect.name == "postgresql":  # SQLite lets one writer in at a time as it is
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
    last = _head(connection)
    row = {
        "number": last.number + 1,
        "at": stored(now),
        "actor": actor,
        "event": event,
        "subject": subject,
        "detail": _CANONICAL.encode(detail or {}),
        "previous": last.hash,
    }
    connection.execute(insert(audit).values(**row, hash=_hash(row)))
    return last.number + 1


def head(database: Database) -> Head:
    """The number and hash of the last entry; number 0 where there is none.

    Raises DatabaseAway.
    """
    with database.reading() as connection:
        return _head(connection)


def verify(database: Database, noted: Head | None = None) -> int | None:
    """The number of the first entry that is not as it was written; None where all are.

    Args:
        database: where the trail is; entries may be added meanwhile.
        noted: an end of the trail noted earlier, which must still be part of it.

    Raises DatabaseAway.
    """
    last = Head(0, BEGINNING)
    for row in _oldest_first(database):
        values = dict(row)
        claimed = values.pop("hash")
        broken = values["number"] != last.number + 1 or values["previous"] != last.hash
        if broken or claimed != _hash(values):
            return last.number + 1
        last = Head(last.number + 1, claimed)
        if noted is not None and noted.number == last.number and noted != last:
            return noted.number
    return last.number + 1 if noted is not None and noted.number > last.number else None


def entries(
    database: Database,
    *,
    before: int | None = None,
    limit: int = 100,
    event: str | None = None,
    subject: str | None = None,
) -> Page:
    """A page of the trail, the newest first.

    Args:
        database: where the trail is.
        before: only entries with smaller numbers: the `before` of the page above.
        limit: at most so many.
        event: only entries of this event.
        subject: only entries about this subject.

    Raises DatabaseAway.
    """
    query = select(audit).order_by(audit.c.number.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(audit.c.number < before)
    if event is not None:
        query = query.where(audit.c.event == event)
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    with database.reading() as connection:
        found = connection.execute(query).mappings().all()
    shown = tuple(_entry(row) for row in found[:limit])
    return Page(shown, shown[-1].number if len(found) > limit else None)


def _head(connection: Connection) -> Head:
    query = select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
    last = connection.execute(query).first()
    return Head(last.number, last.hash) if last else Head(0, BEGINNING)


def _oldest_first(database: Database) -> Iterator[RowMapping]:
    """All rows, a page at a time, so that neither memory nor a transaction grows with them."""
    query = select(audit).order_by(audit.c.number).limit(_PAGE)
    page = query
    while True:
        with database.reading() as connection:
            rows = connection.execute(page).mappings().all()
        yield from rows
        if len(rows) < _PAGE:
            return
        page = query.where(audit.c.number > rows[-1]["number"])


def _entry(row: RowMapping) -> Entry:
    return Entry(
        number=row["number"],
        at=moment_of(row["at"]),
        actor=row["actor"],
        event=row["event"],
        subject=row["subject"],
        detail=json.loads(row["detail"]),
        hash=row["hash"],
    )


def _hash(row: Mapping[str, object]) -> str:
    return hashlib.sha256(_WHATEVER.encode(row).encode()).hexdigest()


def _check_text(name: str, value: str) -> None:
    if not value or len(value) > _LONGEST[name] or not value.isprintable():
        message = f"the {name} of an audit entry is 1 to {_LONGEST[name]} printable characters"
        raise ValueError(message)
