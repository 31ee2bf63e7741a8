"""Documents of the library as rows: what every writer does to them, in one place.

Whoever changes the library first takes the turn (`take_turn`), and holds it to the end of the
transaction: changes are rare, and one after the other nobody has to think of two at once.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from sqlalchemy import Connection, Row, func, insert, select, update

from service.playbook.text.source import MAX_BYTES
from service.store.sql.database import Database
from service.store.sql.moments import moment_of, stored
from service.store.sql.tables import documents, generation, versions

Kind = Literal["playbook", "policy", "experiment"]

#: What the policy in force is called.
DEFAULT_POLICY = "default"

#: The schemas have no other names.
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_NAME = 64
_LONGEST_AUTHOR = 200
_LONGEST_NOTE = 2_000


class CannotKeep(ValueError):  # noqa: N818 - it says what was sent
    """A text, a name or a note that no database of ours could hold."""


class Missing(Exception):  # noqa: N818 - it says what was asked for
    """There is no such document, version or draft."""


class Archived(Exception):  # noqa: N818 - a state, not a mistake
    """The document is archived: it has to be brought back first."""


class NoteInAudit(Protocol):
    """What writes an entry of the audit trail in the transaction of the change; `audit.append`."""

    def __call__(
        self,
        connection: Connection,
        now: datetime,
        *,
        actor: str,
        event: str,
        subject: str,
        detail: Mapping[str, object] | None = None,
    ) -> object:
        """Write it."""


class Act(NamedTuple):
    """Who does what (a word of the audit trail), when, and why."""

    author: str
    now: datetime
    event: str
    note: str = ""


@dataclass(frozen=True)
class Version:
    """One published version, which never changes.

    `digest` is that of what the text does, as answers name it, with the product that published
    it; `text_digest` that of the text's bytes.
    """

    kind: Kind
    name: str
    number: int
    digest: str
    text_digest: str
    author: str
    note: str
    published_at: datetime


def text_digest(text: str) -> str:
    """`sha256:` and the hash of the text's bytes: the same text, and no other, has the same."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def check_name(name: str) -> None:
    """Raises CannotKeep for what no document can be called."""
    if len(name) > _LONGEST_NAME:
        raise CannotKeep(f"`{name[:_LONGEST_NAME]}…` has more than {_LONGEST_NAME} characters")
    if not _NAME.fullmatch(name):
        raise CannotKeep(f"`{name}` is no name of small letters, digits and `-`")


def check_text(text: str) -> None:
    """Raises CannotKeep; a text with mistakes may well be kept."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise CannotKeep("the text holds half a character") from None
    if size > MAX_BYTES:
        raise CannotKeep(f"the text has {size:,} bytes, and {MAX_BYTES:,} are the most")
    if "\0" in text:
        raise CannotKeep("the text holds a character U+0000")


def check_words(author: str, note: str = "") -> None:
    """Raises CannotKeep for an author or a note that is too long or no plain text."""
    for what, words, most in (("author", author, _LONGEST_AUTHOR), ("note", note, _LONGEST_NOTE)):
        if len(words) > most:
            raise CannotKeep(f"the {what} has {len(words)} characters, and {most} are the most")
        if not words.isprintable() and not words.replace("\n", "").isprintable():
            raise CannotKeep(f"the {what} holds an invisible character")


# ---- the rows -----------------------------------------------------------------------


def take_turn(connection: Connection) -> None:
    """Wait until nobody else changes the library; the turn ends with the transaction."""
    connection.execute(select(generation.c.number).with_for_update())


@contextmanager
def changing(database: Database, author: str) -> Iterator[Connection]:
    """The transaction of one who changes the library, whose turn it is. Raises CannotKeep."""
    check_words(author)
    with database.writing() as connection:
        take_turn(connection)
        yield connection


def bump(connection: Connection) -> None:
    """Tell every process that what is in force has changed, or that somebody was erased."""
    connection.execute(update(generation).values(number=generation.c.number + 1))


def find(connection: Connection, kind: Kind, name: str) -> Row[Any] | None:
    """The row of a document, with the text and the digest of its active version."""
    active = (
        (versions.c.kind == documents.c.kind)
        & (versions.c.name == documents.c.name)
        & (versions.c.number == documents.c.active)
    )
    query = (
        select(documents, versions.c.text, versions.c.text_digest)
        .select_from(documents.outerjoin(versions, active))
        .where(documents.c.kind == kind, documents.c.name == name)
    )
    return connection.execute(query).one_or_none()


def demand(connection: Connection, kind: Kind, name: str) -> Row[Any]:
    """The same. Raises Missing."""
    row = find(connection, kind, name)
    if row is None:
        raise Missing(f"there is no {kind} `{name}`")
    return row


def newest_playbooks(connection: Connection) -> dict[str, int]:
    """The playbooks in force, each with the number of its newest version."""
    query = (
        select(documents.c.name, func.max(versions.c.number))
        .join(
            versions, (versions.c.kind == documents.c.kind) & (versions.c.name == documents.c.name)
        )
        .where(documents.c.kind == "playbook", documents.c.active.is_not(None))
        .where(documents.c.archived_at.is_(None))
        .group_by(documents.c.name)
    )
    return dict(tuple(row) for row in connection.execute(query))


def change(connection: Connection, kind: Kind, name: str, columns: Mapping[str, object]) -> None:
    """Change columns of a document's row."""
    ours = (documents.c.kind == kind) & (documents.c.name == name)
    connection.execute(update(documents).where(ours).values(**columns))


def add_version(
    connection: Connection, kind: Kind, name: str, text: str, digest: str, act: Act
) -> Version:
    """Write the next version of a document that is there. Its number is one more than the last."""
    ours = (versions.c.kind == kind) & (versions.c.name == name)
    last = connection.execute(select(func.max(versions.c.number)).where(ours)).scalar()
    row = {
        "kind": kind,
        "name": name,
        "number": (last or 0) + 1,
        "digest": digest,
        "text_digest": text_digest(text),
        "text": text,
        "author": act.author,
        "note": act.note,
        "published_at": stored(act.now),
    }
    connection.execute(insert(versions).values(**row))
    return version_of(row)


def version_of(row: Mapping[str, Any]) -> Version:
    """A row of `versions` as a value."""
    return Version(
        row["kind"],
        row["name"],
        row["number"],
        row["digest"],
        row["text_digest"],
        row["author"],
        row["note"],
        moment_of(row["published_at"]),
    )


def tell(
    note: NoteInAudit,
    connection: Connection,
    act: Act,
    kind: Kind,
    name: str,
    detail: Mapping[str, object],
) -> None:
    """Write to the audit trail what was done to a document."""
    detail = {**detail, "note": act.note} if act.note else detail
    subject = f"{kind}:{name}"
    note(connection, act.now, actor=act.author, event=act.event, subject=subject, detail=detail)
