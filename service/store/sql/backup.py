"""A copy of an SQLite database, taken while others go on writing to it.

The copy is of one moment: it is made inside one reading transaction, which in write-ahead mode
keeps nobody waiting, and without which SQLite would begin anew at every write
(https://www.sqlite.org/backup.html).
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import make_url

from service.store.sql.database import PATIENCE, Database

#: Pages copied at a time; between two steps Ctrl-C is heard.
_PAGES = 2_000


class NotBackedUp(Exception):  # noqa: N818 - a state, not a mistake
    """No copy was made, and what was there before is untouched; the text says why."""


class Backup(NamedTuple):
    """What a copy holds: its size in bytes, and rows of the two tables that grow."""

    size: int
    decisions: int
    outcomes: int


def back_up(database: Database, file: Path) -> Backup:
    """Copy an SQLite database, as it is at this moment, into a file of its own.

    The file takes the place of what was there only once it is whole, checked and on the disk.
    Only its owner may read it. It needs no `-wal` beside it.

    Raises NotBackedUp.
    """
    if not database.is_sqlite:
        raise NotBackedUp("the database is a PostgreSQL, which has a tool of its own: use pg_dump")
    source = Path(make_url(database.url).database or "").absolute()
    if file.exists() and source.exists() and file.samefile(source):
        raise NotBackedUp(f"{file} is the database itself")
    try:
        with _taking_the_place_of(file) as draft:
            _copy(source, draft)
            return _checked(draft)
    except sqlite3.Error as error:
        raise NotBackedUp(f"{source} cannot be copied: {error}") from error
    except OSError as error:
        raise NotBackedUp(f"{file} cannot be written: {(error.strerror or str(error))}") from error


@contextmanager
def _taking_the_place_of(file: Path) -> Iterator[Path]:
    """A file beside `file`, which becomes it unless the block raises."""
    handle, name = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)  # for the owner only
    draft = Path(name)
    try:
        yield draft
        os.fsync(handle)
        draft.replace(file)
    finally:
        os.close(handle)
        for left in (draft, *(Path(f"{draft}{tail}") for tail in ("-journal", "-wal", "-shm"))):
            left.unlink(missing_ok=True)
    _write_down(file.absolute().parent)


def _write_down(folder: Path) -> None:
    """The names in a folder, too, are on the disk afterwards."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy(source: Path, draft: Path) -> None:
    # `rw`: an address with a slip in it makes no new, empty database.
    address = f"{source.as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)) as here,
        closing(sqlite3.connect(draft)) as there,
    ):
        here.execute("BEGIN")
        here.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # from now on one moment
        here.backup(there, pages=_PAGES, progress=lambda *_: None)
        there.execute("PRAGMA journal_mode=DELETE")  # one file, and good on a read-only disk too


def _checked(draft: Path) -> Backup:
    """What the copy holds. Raises NotBackedUp where it is not whole."""
    with closing(sqlite3.connect(draft)) as copy:
        (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise NotBackedUp(f"the database is damaged, and so would the copy be: {found}")
        (decisions,) = copy.execute("SELECT count(*) FROM decisions").fetchone()
        (outcomes,) = copy.execute("SELECT count(*) FROM outcomes").fetchone()
    return Backup(draft.stat().st_size, decisions, outcomes)
