"""API keys: who may call, and what they may do.

Of a key's secret only a hash is kept, so the plain text is shown once, when the key is made.
Making and revoking are in the audit trail.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from sqlalchemy import RowMapping, insert, select, update

from service.store.access.audit import append
from service.store.access.key_text import new_key_text
from service.store.sql.database import Database
from service.store.sql.moments import moment_if_any, moment_of, stored
from service.store.sql.tables import keys

#: What a key can be good for; whoever has `admin` has all of them.
Scope = Literal["decide", "outcomes", "read", "edit", "publish", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
LONGEST_NAME = 200


@dataclass(frozen=True)
class Key:
    """A key without its secret.

    Attributes:
        id: the part of the plain text between the first underscores; no secret.
        name: what whoever made it calls it.
        scopes: what it was given, in the order of SCOPES.
        created_at: when, UTC; so are the others.
        revoked_at: since when it opens nothing any more.
        used_at: when it last opened something, to the minute.
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None

    def may(self, scope: Scope) -> bool:
        """Whether the key is good for something."""
        return scope in self.scopes or "admin" in self.scopes

    def to_json(self) -> dict[str, object]:
        """The key as JSON has it; moments as RFC 3339."""
        return {
            "id": self.id,
            "name": self.name,
            "scopes": list(self.scopes),
            "created_at": self.created_at.isoformat(),
            "revoked_at": self.revoked_at.isoformat() if self.revoked_at else None,
            "used_at": self.used_at.isoformat() if self.used_at else None,
        }


class NewKey(NamedTuple):
    """A key just made, and its plain text, which nobody can ever show again."""

    key: Key
    plain: str


def create_key(
    database: Database, name: str, scopes: Iterable[str], *, actor: str, now: datetime
) -> NewKey:
    """Make a key.

    Args:
        database: where it is kept.
        name: what to call it; 1 to 200 printable characters. Several keys may share one.
        scopes: what it is good for; at least one of SCOPES.
        actor: who makes it, for the audit trail.
        now: when.

    Raises:
        ValueError: the name or a scope is none.
        DatabaseAway: no key was made.
    """
    _check_name(name)
    given = _checked_scopes(scopes)
    text = new_key_text()
    key = Key(text.id, name, given, moment_of(stored(now)), None, None)
    row = {
        "id": key.id,
        "hash": text.hash,
        "name": name,
        "scopes": " ".join(given),
        "created_at": stored(now),
    }
    with database.writing() as connection:
        connection.execute(insert(keys).values(row))
        detail = {"name": name, "scopes": list(given)}
        append(
            connection,
            now,
            actor=actor,
            event="key.created",
            subject=f"key:{key.id}",
            detail=detail,
        )
    return NewKey(key, text.plain)


def revoke_key(database: Database, key_id: str, *, actor: str, now: datetime) -> Key | None:
    """Take a key's rights away; gives the key, or None where there is no such key.

    A key that is revoked already stays as it is. Every process knows within a second.

    Raises DatabaseAway.
    """
    change = update(keys).where(keys.c.id == key_id, keys.c.revoked_at.is_(None))
    with database.writing() as connection:
        if connection.execute(change.values(revoked_at=stored(now))).rowcount:
            append(connection, now, actor=actor, event="key.revoked", subject=f"key:{key_id}")
        row = connection.execute(select(keys).where(keys.c.id == key_id)).mappings().first()
    return key_of(row) if row else None


def all_keys(database: Database) -> tuple[Key, ...]:
    """Every key ever made, the oldest first. Raises DatabaseAway."""
    with database.reading() as connection:
        found = [key_of(row) for row in connection.execute(select(keys)).mappings()]
    return tuple(sorted(found, key=lambda key: (key.created_at, key.id)))


def any_keys(database: Database) -> bool:
    """Whether a key was ever made.

    Revoked ones count: a service that once asked for keys does not open to everybody because
    the last of them was revoked. Raises DatabaseAway.
    """
    with database.reading() as connection:
        return connection.execute(select(keys.c.id).limit(1)).first() is not None


def key_of(row: RowMapping) -> Key:
    """A row of the table as a key."""
    words = row["scopes"].split()
    return Key(
        id=row["id"],
        name=row["name"],
        scopes=tuple(scope for scope in SCOPES if scope in words),
        created_at=moment_of(row["created_at"]),
        revoked_at=moment_if_any(row["revoked_at"]),
        used_at=moment_if_any(row["used_at"]),
    )


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        message = f"the name of a key is 1 to {LONGEST_NAME} printable characters"
        raise ValueError(message)


def _checked_scopes(scopes: Iterable[str]) -> tuple[Scope, ...]:
    asked = set(scopes)
    if unknown := asked - set(SCOPES):
        message = f"there is no scope `{min(unknown)}`; there are {', '.join(SCOPES)}"
        raise ValueError(message)
    if not asked:
        message = f"a key needs at least one scope of {', '.join(SCOPES)}"
        raise ValueError(message)
    return tuple(scope for scope in SCOPES if scope in asked)
