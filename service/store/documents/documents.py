"""The library: playbooks, contact policies and experiments, with drafts and published versions.

A document has one draft, on which people work in turn, and versions, which never change. One
version is active: the one in force. To publish is to make the draft the next version; to roll
back is to make an earlier version the active one. Nothing that was published is ever lost.

The packs of laws are no documents: they are read from the product's folder (`in_force.packs`).
They say what the law is and when somebody last looked, and that comes with the product and its
updates; a team decides which of them it switches on, and that stands in its policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from service.decision.guards import Guards, make_guards
from service.policy import NO_POLICY, Laws, load_policy
from service.store.access.audit import append
from service.store.documents.document_rows import (
    DEFAULT_POLICY,
    Act,
    Archived,
    Kind,
    Missing,
    NoteInAudit,
    Version,
    add_version,
    bump,
    change,
    changing,
    check_words,
    demand,
    find,
    newest_playbooks,
    tell,
    version_of,
)
from service.store.documents.drafts import NO_DRAFT, Conflict, Drafts, agree
from service.store.documents.frozen import demand_takes_up
from service.store.documents.lives import why_needed
from service.store.documents.publishing import Checked, Refused, called, check
from service.store.sql.database import Database
from service.store.sql.moments import moment_if_any, stored
from service.store.sql.tables import documents, versions


class Needed(Exception):  # noqa: N818 - a state, not a mistake
    """The service cannot do without the document, so it cannot be archived."""


@dataclass(frozen=True)
class Document:
    """What there is of a playbook, a policy or an experiment.

    `active` is the number of the version in force, None until one is published; `latest` that
    of the newest; what is said of the draft is None where there is none.
    """

    kind: Kind
    name: str
    active: int | None
    latest: int | None
    archived_at: datetime | None
    draft_digest: str | None
    draft_author: str | None
    draft_at: datetime | None


class Documents:
    """The library in a database. Any thread of any process may use it.

    All methods raise DatabaseAway, and then nothing was written.

    Args:
        database: where it is kept.
        packs: the laws that a policy may switch on.
        policy: the name of the policy in force, under which examples of playbooks run.
        needed: documents that cannot be archived besides that policy.
        note: what writes the audit trail.
    """

    def __init__(
        self,
        database: Database,
        packs: Mapping[str, Laws],
        *,
        policy: str = DEFAULT_POLICY,
        needed: frozenset[tuple[Kind, str]] = frozenset(),
        note: NoteInAudit = append,
    ) -> None:
        self.drafts = Drafts(database, note)
        self.packs = packs
        self.policy = policy
        self._database = database
        self._needed = needed | {("policy", policy)}
        self._note = note

    # ---- what there is --------------------------------------------------------------

    def all(self) -> tuple[Document, ...]:
        """Every document, archived ones too, by kind and name."""
        latest = (
            select(func.max(versions.c.number))
            .where(versions.c.kind == documents.c.kind, versions.c.name == documents.c.name)
            .scalar_subquery()
        )
        with self._database.reading() as connection:
            rows = connection.execute(select(documents, latest.label("latest"))).all()
        found = [_document(row) for row in rows]
        return tuple(sorted(found, key=lambda document: (document.kind, document.name)))

    def versions(self, kind: Kind, name: str) -> tuple[Version, ...]:
        """The versions of a document, the newest first. Raises Missing."""
        ours = (versions.c.kind == kind) & (versions.c.name == name)
        columns = [column for column in versions.c if column.name != "text"]
        query = select(*columns).where(ours).order_by(versions.c.number.desc())
        with self._database.reading() as connection:
            demand(connection, kind, name)
            rows = connection.execute(query).mappings().all()
        return tuple(version_of(dict(row)) for row in rows)

    def text(self, kind: Kind, name: str, number: int) -> str:
        """The text of a version. Raises Missing."""
        with self._database.reading() as connection:
            text: str = _row_of(connection, kind, name, number)["text"]
        return text

    # ---- publishing -----------------------------------------------------------------

    def check(self, kind: Kind, text: str | bytes) -> Checked:
        """What publishing would find in a text, under the policy in force."""
        playbooks = self.playbooks() if kind == "experiment" else {}
        return check(kind, text, self.guards(), self.packs, playbooks)

    def check_running(self, kind: Kind, name: str, text: str) -> None:
        """Raises Frozen where publishing would, for an experiment that runs."""
        with self._database.reading() as connection:
            demand_takes_up(connection, kind, name, text)

    def playbooks(self) -> dict[str, int]:
        """The playbooks that an experiment may name, each with its newest version's number."""
        with self._database.reading() as connection:
            return newest_playbooks(connection)

    def guards(self) -> Guards:
        """The policy in force, made ready; one that asks for nothing where there is none."""
        with self._database.reading() as connection:
            row = find(connection, "policy", self.policy)
        found = load_policy(row.text, self.packs).policy if row and row.text else None
        return make_guards(found or NO_POLICY)

    def publish(
        self, kind: Kind, name: str, read_at: str, author: str, note: str, now: datetime
    ) -> Version:
        """Make the draft the next version, and put it in force.

        A text that is in force already stays the version that it is: publishing twice is
        publishing once.

        Args:
            kind: what the document is.
            name: what it is called.
            read_at: the digest of the text that is meant.
            author: who publishes it.
            note: why, in a few words.
            now: when.

        Raises:
            Conflict: another text is there by now.
            Refused: it has errors, or an example fails; with all of them.
            Frozen: it is an experiment that runs, and changes what its result hangs on.
            Missing: there is no such document.
            Archived: it has to be brought back first.
            CannotKeep: the note is too long.
        """
        check_words(author, note)
        draft = self.drafts.read(kind, name)
        if draft.digest != read_at:
            raise Conflict(read_at, draft.digest)
        # Outside the transaction: it takes a while, and everybody else would wait for it.
        checked = called(name, self.check(kind, draft.text))
        if not checked.passed or checked.digest is None:
            raise Refused(kind, name, checked)
        with changing(self._database, author) as connection:
            row = demand(connection, kind, name)
            agree(row, read_at, read_at)
            _demand_not_archived(row)
            change(connection, kind, name, NO_DRAFT)
            if row.text_digest == read_at:
                return version_of(_row_of(connection, kind, name, row.active))
            act = Act(author, now, "document.published", note)
            version = add_version(connection, kind, name, draft.text, checked.digest, act)
            self._put_in_force(connection, row, version, draft.text, act)
        return version

    def activate(
        self, kind: Kind, name: str, number: int, author: str, note: str, now: datetime
    ) -> Version:
        """Put a version in force: to roll back, an earlier one. The draft stays as it is.

        Its examples may fail under today's policy, for whoever rolls back is in a hurry; but
        it has to load.

        Raises:
            Missing: there is no such version.
            Archived: the document has to be brought back first.
            Refused: today's product finds errors in it.
            Frozen: as `publish` has it.
            CannotKeep: the note is too long.
        """
        check_words(author, note)
        text = self.text(kind, name, number)
        checked = self.check(kind, text)
        if checked.digest is None:
            raise Refused(kind, name, checked)
        with changing(self._database, author) as connection:
            row = demand(connection, kind, name)
            _demand_not_archived(row)
            version = version_of(_row_of(connection, kind, name, number))
            if row.active != number:
                act = Act(author, now, "document.activated", note)
                self._put_in_force(connection, row, version, text, act)
        return version

    def archive(self, kind: Kind, name: str, author: str, now: datetime) -> None:
        """Take a document out of force; all of it is kept.

        Raises:
            Missing: there is no such document.
            Needed: the service or an experiment needs it, or it is a running experiment.
        """
        if (kind, name) in self._needed:
            raise Needed(f"the service needs the {kind} `{name}`")
        self._set_archived(kind, name, Act(author, now, "document.archived"), stored(now))

    def unarchive(self, kind: Kind, name: str, author: str, now: datetime) -> None:
        """Bring it back, with the version that was active. Raises Missing."""
        self._set_archived(kind, name, Act(author, now, "document.unarchived"), None)

    # ---- inside ---------------------------------------------------------------------

    def _put_in_force(
        self, connection: Connection, row: Row[Any], version: Version, text: str, act: Act
    ) -> None:
        demand_takes_up(connection, version.kind, version.name, text)
        change(connection, version.kind, version.name, {"active": version.number})
        bump(connection)
        detail = {"before": row.active, "number": version.number, "digest": version.digest}
        tell(self._note, connection, act, version.kind, version.name, detail)

    def _set_archived(self, kind: Kind, name: str, act: Act, moment: int | None) -> None:
        with changing(self._database, act.author) as connection:
            row = demand(connection, kind, name)
            if moment is not None and (why := why_needed(connection, kind, name)):
                raise Needed(why)
            if (row.archived_at is None) != (moment is None):
                change(connection, kind, name, {"archived_at": moment})
                bump(connection)
                tell(self._note, connection, act, kind, name, {})


def _demand_not_archived(row: Row[Any]) -> None:
    if row.archived_at is not None:
        raise Archived(f"the {row.kind} `{row.name}` is archived; bring it back first")


def _row_of(connection: Connection, kind: Kind, name: str, number: int) -> dict[str, Any]:
    wanted = (versions.c.kind == kind) & (versions.c.name == name) & (versions.c.number == number)
    row = connection.execute(select(versions).where(wanted)).mappings().one_or_none()
    if row is None:
        raise Missing(f"there is no version {number} of the {kind} `{name}`")
    return dict(row)


def _document(row: Row[Any]) -> Document:
    return Document(
        row.kind,
        row.name,
        row.active,
        row.latest,
        moment_if_any(row.archived_at),
        row.draft_digest,
        row.draft_author,
        moment_if_any(row.draft_at),
    )
