"""The first start: the folder of playbooks becomes the library, each file as version 1."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, func, insert, select

from service.playbook import Diagnostic, load
from service.policy import Laws, load_policy
from service.store.access.audit import append
from service.store.documents.document_rows import (
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
from service.store.documents.files import Files, read_files
from service.store.documents.publishing import Checked, check_experiment, wrong_name
from service.store.in_force.policies import FaultyPolicy
from service.store.sql.database import Database
from service.store.sql.tables import documents

_FOLDERS: Mapping[Kind, str] = {"playbook": ".", "experiment": "experiments"}

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
        folder: every `*.yaml` in it is a playbook; in its folder `experiments`, if there is
            one, an experiment.
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
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder of playbooks at {folder}")
    in_force = _policy(policy, packs)
    playbooks = _read("playbook", folder, _loaded)
    check = partial(check_experiment, playbooks=dict.fromkeys(playbooks.sound, 1))
    experiments = _read("experiment", folder, check)
    found = [in_force, *playbooks.sound.values(), *experiments.sound.values()]
    with database.writing() as connection:
        take_turn(connection)
        if not _is_empty(connection):  # another process was quicker
            return Imported()
        for each in found:
            _write(connection, each, Act(AUTHOR, now, "document.published"), note)
        bump(connection)
    problems = {**playbooks.problems, **experiments.problems}
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


def _read(kind: Kind, root: Path, check: Callable[[bytes], Checked]) -> Files[_Found]:
    """The documents of a kind in a folder, and what is wrong with the other files."""

    def found(raw: bytes) -> _Found | tuple[Diagnostic, ...]:
        checked = check(raw)
        if checked.name is None or checked.digest is None or not checked.passed:
            return checked.diagnostics
        return _Found(kind, checked.name, raw.decode(), checked.digest)

    return read_files(root, _FOLDERS[kind], kind, found)


def _loaded(text: bytes) -> Checked:
    """A playbook as it loads; a first start runs no examples."""
    loaded = load(text)
    if loaded.playbook is None or loaded.ruleset is None:
        return Checked(None, None, loaded.diagnostics, None)
    return Checked(loaded.playbook.name, loaded.ruleset.digest, loaded.diagnostics, None)


def _write(connection: Connection, found: _Found, act: Act, note: NoteInAudit) -> None:
    connection.execute(insert(documents).values(kind=found.kind, name=found.name))
    version = add_version(connection, found.kind, found.name, found.text, found.digest, act)
    change(connection, found.kind, found.name, {"active": version.number})
    detail = {"before": None, "number": version.number, "digest": version.digest}
    tell(note, connection, act, found.kind, found.name, detail)
