"""The first start: the folder of playbooks becomes the library, each file as version 1."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, insert, select

from service.playbook import Diagnostic, load
from service.policy import Laws, load_policy
from service.store.audit import append
from service.store.database import Database
from service.store.document_rows import (
    DEFAULT_POLICY,
    Act,
    Kind,
    NoteInAudit,
    add_version,
    bump,
    change,
    take_turn,
    tell,
)
from service.store.policies import FaultyPolicy
from service.store.publishing import wrong_name
from service.store.tables import documents

#: Who wrote the first versions.
AUTHOR = "import"


@dataclass(frozen=True)
class Imported:
    """The documents that were made, and the files that hold none, with what is wrong with them.

    Nothing at all where the library held something already.
    """

    documents: tuple[tuple[Kind, str], ...] = ()
    problems: Mapping[str, tuple[Diagnostic, ...]] | None = None


@dataclass(frozen=True)
class _Found:
    kind: Kind
    name: str
    text: str
    digest: str


def import_folder(
    database: Database,
    folder: Path,
    policy: Path,
    packs: Mapping[str, Laws],
    now: datetime,
    note: NoteInAudit = append,
) -> Imported:
    """Fill an empty library from files. Safe to call from many processes: one of them does it.

    Args:
        database: where the library is kept.
        folder: every `*.yaml` in it is a playbook.
        policy: the file of the contact policy.
        packs: the laws that it may switch on.
        now: when it is.
        note: what writes the audit trail.

    Raises:
        OSError: the folder or the policy cannot be read.
        FaultyPolicy: the policy has errors, or is not called `default`, as the one in force
            is; nobody decides without it.
        DatabaseAway: nothing was written.
    """
    with database.reading() as connection:
        if not _is_empty(connection):
            return Imported()
    problems: dict[str, tuple[Diagnostic, ...]] = {}
    found = [_policy(policy, packs), *_playbooks(folder, problems)]
    with database.writing() as connection:
        take_turn(connection)
        if not _is_empty(connection):  # another process was quicker
            return Imported()
        for each in found:
            _write(connection, each, Act(AUTHOR, now, "document.published"), note)
        bump(connection)
    return Imported(tuple((each.kind, each.name) for each in found), problems)


def _is_empty(connection: Connection) -> bool:
    return connection.execute(select(func.count()).select_from(documents)).scalar() == 0


def _policy(file: Path, packs: Mapping[str, Laws]) -> _Found:
    raw = file.read_bytes()
    loaded = load_policy(raw, packs)
    if loaded.policy is None:
        raise FaultyPolicy(file, loaded.diagnostics)
    if loaded.policy.name != DEFAULT_POLICY:
        raise FaultyPolicy(file, (wrong_name(loaded.policy.name, DEFAULT_POLICY),))
    return _Found("policy", loaded.policy.name, raw.decode(), loaded.policy.digest)


def _playbooks(folder: Path, problems: dict[str, tuple[Diagnostic, ...]]) -> Iterator[_Found]:
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder of playbooks at {folder}")
    seen: set[str] = set()
    for path in sorted(folder.glob("*.yaml")):
        raw = path.read_bytes()
        loaded = load(raw)
        if loaded.playbook is None or loaded.ruleset is None:
            problems[path.name] = loaded.diagnostics
        elif loaded.playbook.name in seen:
            message = f"the playbook `{loaded.playbook.name}` is in another file already"
            problems[path.name] = (Diagnostic("duplicate-name", message),)
        else:
            seen.add(loaded.playbook.name)
            yield _Found("playbook", loaded.playbook.name, raw.decode(), loaded.ruleset.digest)


def _write(connection: Connection, found: _Found, act: Act, note: NoteInAudit) -> None:
    connection.execute(insert(documents).values(kind=found.kind, name=found.name))
    version = add_version(connection, found.kind, found.name, found.text, found.digest, act)
    change(connection, found.kind, found.name, {"active": version.number})
    detail = {"before": None, "number": version.number, "digest": version.digest}
    tell(note, connection, act, found.kind, found.name, detail)
