"""Drafts: the text of each document that people work on in turn, one at a time.

Whoever saves says which text they had read. Where another is there by now, nothing is written
and both digests are told, so that two at once lose nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert

from service.store.access.audit import append
from service.store.documents.document_rows import (
    Act,
    Kind,
    Missing,
    NoteInAudit,
    change,
    changing,
    check_name,
    check_text,
    demand,
    find,
    tell,
    text_digest,
)
from service.store.sql.database import Database
from service.store.sql.moments import moment_of, stored
from service.store.sql.tables import documents

#: The columns of a document without a draft.
NO_DRAFT = {"draft": None, "draft_digest": None, "draft_author": None, "draft_at": None}


class Conflict(Exception):  # noqa: N818 - a state, not a mistake
    """Somebody else has changed the text since it was read.

    `yours` is the digest of the text that was sent (or, where none was, of the one that had
    been read), `theirs` that of the text that is there now; None: there is none.
    """

    def __init__(self, yours: str | None, theirs: str | None) -> None:
        super().__init__(f"the text was changed meanwhile: it is {theirs or 'gone'} now")
        self.yours = yours
        self.theirs = theirs


@dataclass(frozen=True)
class Draft:
    """The text to work on, and its digest, to be given when it is saved or published.

    `author` and `at` are None where nobody has begun a draft: it is the active version's text.
    """

    text: str
    digest: str
    author: str | None
    at: datetime | None


class Drafts:
    """The drafts in a database. Any thread of any process may use them.

    All methods raise DatabaseAway, and then nothing was written.

    Args:
        database: where they are kept.
        note: what writes the audit trail.
    """

    def __init__(self, database: Database, note: NoteInAudit = append) -> None:
        self._database = database
        self._note = note

    def read(self, kind: Kind, name: str) -> Draft:
        """The text to work on: the draft, or where there is none that of the active version.

        Raises Missing.
        """
        with self._database.reading() as connection:
            row = demand(connection, kind, name)
        if row.draft is None:
            return Draft(row.text, row.text_digest, None, None)
        return Draft(row.draft, row.draft_digest, row.draft_author, moment_of(row.draft_at))

    def save(
        self, kind: Kind, name: str, text: str, read_at: str | None, author: str, now: datetime
    ) -> Draft:
        """Keep a text as the draft; it may have mistakes.

        Args:
            kind: what the document is.
            name: what it is called.
            text: the text.
            read_at: the digest at which the text was read that it takes the place of; None for
                a document that is not there yet.
            author: who saves it.
            now: when.

        Raises:
            Conflict: somebody else was quicker.
            CannotKeep: no database could hold it.
        """
        check_name(name)
        check_text(text)
        draft = Draft(text, text_digest(text), author, now)
        with changing(self._database, author) as connection:
            row = find(connection, kind, name)
            agree(row, read_at, draft.digest)
            if row is None:
                connection.execute(insert(documents).values(kind=kind, name=name))
            columns = {
                "draft": text,
                "draft_digest": draft.digest,
                "draft_author": author,
                "draft_at": stored(now),
            }
            change(connection, kind, name, columns)
            act = Act(author, now, "draft.saved")
            tell(self._note, connection, act, kind, name, {"digest": draft.digest})
        return draft

    def discard(self, kind: Kind, name: str, read_at: str, author: str, now: datetime) -> None:
        """Throw the draft away, and with it a document that was never published.

        Raises Conflict, and Missing where there is no draft.
        """
        with changing(self._database, author) as connection:
            row = demand(connection, kind, name)
            if row.draft is None:
                raise Missing(f"there is no draft of the {kind} `{name}`")
            agree(row, read_at, read_at)
            change(connection, kind, name, NO_DRAFT)
            if row.active is None:
                ours = (documents.c.kind == kind) & (documents.c.name == name)
                connection.execute(delete(documents).where(ours))
            act = Act(author, now, "draft.discarded")
            tell(self._note, connection, act, kind, name, {"digest": read_at})


def agree(row: Row[Any] | None, read_at: str | None, yours: str | None) -> None:
    """Raises Conflict where the text to work on is another than the one that was read."""
    theirs = None if row is None else row.draft_digest or row.text_digest
    if theirs != read_at:
        raise Conflict(yours, theirs)
