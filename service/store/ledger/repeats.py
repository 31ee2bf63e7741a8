"""Requests that come twice: the same `Idempotency-Key` gets the same answer for a day.

A caller who heard nothing cannot know whether the request was done, and sends it again. The
first to come with a key runs; who comes later gets its answer, byte for byte.

    begin → work → finish          for whatever is not to be done twice, even in part
    look → decide → `Ledger.record`  for decisions: the key and the decision are one write

IETF httpapi, draft-ietf-httpapi-idempotency-key-header-07, which says what to answer:
400 for a key that is none, 409 while the first runs, 422 for another request under its key.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

from service.store.sql.database import Database
from service.store.sql.moments import stored
from service.store.sql.personal import without_removed
from service.store.sql.tables import decisions, repeats
from service.store.sql.upserts import insert_into

#: How long an answer is kept, and after which time a run that never ended is given up.
LIFE = timedelta(hours=24)
LONGEST_RUN = timedelta(seconds=60)

#: Only what is well over its time is cleared away, so that nobody is just looking at it.
_MARGIN = timedelta(hours=1)
_SECOND = 1_000_000
_CHANGING = ("fingerprint", "begun_at", "status", "content_type", "body", "decision_id")
_LONGEST_KEY = 255
_VISIBLE = re.compile(r"[!-~]+")
_QUOTED = re.compile(r'"((?:[!#-\[\]-~]|\\["\\])*)"')


class BadKey(ValueError):  # noqa: N818 - it says what was sent
    """An `Idempotency-Key` that is none."""

    def __init__(self) -> None:
        super().__init__(f"is one key of 1 to {_LONGEST_KEY} visible characters, bare or quoted")


class Asked(NamedTuple):
    """One request with a key. Of the key and of the request only hashes are kept."""

    caller: str
    key: str
    fingerprint: str


class Answer(NamedTuple):
    """What was answered."""

    status: int
    content_type: str
    body: bytes


class Standing(NamedTuple):
    """How things stand with a key.

    fresh     nobody came with it; after `begin` it is held, and `token` ends that
    running   the first has not been answered yet
    differs   it belongs to another request
    finished  it was answered: `answer`
    gone      it was answered, and the answer has been erased since
    """

    kind: Literal["fresh", "running", "differs", "finished", "gone"]
    answer: Answer | None = None
    token: int = 0


FRESH, RUNNING, DIFFERS, GONE = (
    Standing("fresh"),
    Standing("running"),
    Standing("differs"),
    Standing("gone"),
)


def read_key(header: str) -> str:
    """The key in a header: bare, or quoted as RFC 8941 has it; both are the same key.

    Raises:
        BadKey: it is none.
    """
    text = header.strip(" ")
    if quoted := _QUOTED.fullmatch(text):
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    elif text.startswith('"'):
        raise BadKey
    if not _VISIBLE.fullmatch(text) or len(text) > _LONGEST_KEY:
        raise BadKey
    return text


def asked(caller: str, key: str, method: str, path: str, body: bytes) -> Asked:
    """A request with a key of `read_key`; `path` with its query, `caller` the id of a key."""
    whole = sha256(f"{method} {path}\n".encode())
    whole.update(body)
    return Asked(caller, sha256(key.encode()).hexdigest(), whole.hexdigest())


class Repeats:
    """What was answered to requests with a key. Everything here raises DatabaseAway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, asked: Asked, now: datetime) -> Standing:
        """How things stand; holds nothing."""
        with self._database.reading() as connection:
            return standing(connection, asked, now)

    def begin(self, asked: Asked, now: datetime) -> Standing:
        """How things stand; where fresh, the key is held until `finish` or `release`.

        Of many at once, in whatever processes, one is told that it is fresh.
        """
        row = {**asked._asdict(), "begun_at": stored(now)}
        while True:
            with self._database.writing() as connection:
                if claim(connection, [row]):
                    return Standing("fresh", token=row["begun_at"])
                found = standing(connection, asked, now)
            if found is not FRESH:  # else whoever held it has just let go
                return found

    def finish(self, asked: Asked, token: int, answer: Answer) -> bool:
        """Keep the answer; False where the run took too long and another has taken its place."""
        mine = update(repeats).where(_held(asked, token)).values(**answer._asdict())
        with self._database.writing() as connection:
            return connection.execute(mine).rowcount == 1

    def release(self, asked: Asked, token: int) -> None:
        """Nothing was done: the key is free again."""
        with self._database.writing() as connection:
            connection.execute(delete(repeats).where(_held(asked, token)))

    def prune(self, now: datetime, most: int = 1000) -> int:
        """Remove what is over its time, `most` in a transaction; gives how many there were."""
        names = (repeats.c.caller, repeats.c.key)
        old = select(*names).where(repeats.c.begun_at <= stored(now - LIFE - _MARGIN)).limit(most)
        removed = 0
        while True:
            with self._database.writing() as connection:
                gone = connection.execute(delete(repeats).where(tuple_(*names).in_(old))).rowcount
            removed += gone
            if gone < most:
                return removed


# ---- in a transaction of others -----------------------------------------------------


def claim(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Put in the rows whose key is free; gives their callers and keys. No key comes twice."""
    whole = [{**dict.fromkeys(_CHANGING), **row} for row in rows]
    won = connection.execute(_claiming(connection.dialect.name), whole)
    return {(row.caller, row.key) for row in won}


@cache
def _claiming(dialect: str) -> ReturningInsert[str, str]:
    new = insert_into(dialect, repeats)
    return new.on_conflict_do_update(
        index_elements=["caller", "key"],
        set_={name: new.excluded[name] for name in _CHANGING},
        where=_is_free(new.excluded.begun_at),
    ).returning(repeats.c.caller, repeats.c.key)


def _is_free(now: int | ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a key that was used may be used anew."""
    used = repeats.c.begun_at
    old, long = (span // timedelta(seconds=1) * _SECOND for span in (LIFE, LONGEST_RUN))
    return or_(used <= now - old, and_(repeats.c.status.is_(None), used <= now - long))


#: Made once: making it anew takes SQLAlchemy longer than the database takes to answer.
_STANDING = (
    select(repeats, decisions.c.answer, decisions.c.prospect_id)
    .select_from(repeats.outerjoin(decisions, decisions.c.id == repeats.c.decision_id))
    .where(
        repeats.c.caller == bindparam("caller"),
        repeats.c.key == bindparam("key"),
        ~_is_free(bindparam("now", type_=BigInteger)),
    )
)


def standing(connection: Connection, asked: Asked, now: datetime) -> Standing:
    """How things stand with a key at this moment."""
    wanted = {"caller": asked.caller, "key": asked.key, "now": stored(now)}
    row = connection.execute(_STANDING, wanted).first()
    if row is None:
        return FRESH
    if row.fingerprint != asked.fingerprint:
        return DIFFERS
    if row.status is None:
        return RUNNING
    kept = without_removed(row)["answer"]
    body = kept if row.decision_id else row.body
    if body is None:
        return GONE
    return Standing("finished", Answer(row.status, row.content_type, body))


def _held(asked: Asked, token: int) -> ColumnElement[bool]:
    return and_(
        repeats.c.caller == asked.caller,
        repeats.c.key == asked.key,
        repeats.c.begun_at == token,
        repeats.c.status.is_(None),
    )
