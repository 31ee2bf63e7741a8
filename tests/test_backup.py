"""`unghost backup`: a copy of the SQLite file, while others write to it."""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from service.store.access.audit import head, verify
from service.store.access.keys import all_keys, create_key
from service.store.sql import backup
from service.store.sql.backup import NotBackedUp, back_up
from service.store.sql.database import Database
from service.store.sql.migrations import is_current, migrate
from service.store.sql.tables import outcomes, settings
from service.terminal.backup import backup_command

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database that takes several steps to copy."""
    (tmp_path / "service").mkdir()
    found = Database(f"sqlite:///{tmp_path / 'service' / 'unghost.db'}")
    migrate(found)
    with found.writing() as connection:
        connection.execute(insert(settings).values(name="long", value="x" * 3_000_000))
    yield found
    found.close()


def unghost_backup(database: Database, *arguments: object) -> Result:
    """The command, run as if typed."""
    runner = CliRunner(env={"DATABASE_URL": database.url})
    return runner.invoke(backup_command, [*map(str, arguments)], catch_exceptions=False)


def make_key(database: Database) -> None:
    """Two rows in one transaction: the key, and an entry of the audit trail."""
    create_key(database, "CRM", ["read"], actor="terminal", now=NOW)


@contextmanager
def writing_all_the_time(database: Database) -> Iterator[None]:
    """Two threads that make one key after the other."""
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            make_key(database)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_a_copy_taken_while_threads_write_is_whole(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one moment: a key without its entry, or a gap in the trail, would be half a write."""
    monkeypatch.setattr(backup, "_PAGES", 20)
    file = tmp_path / "copy.db"
    with writing_all_the_time(database):
        for _ in range(50):
            before = len(all_keys(database))
            back_up(database, file)
            written = len(all_keys(database)) - before
            copy = Database(f"sqlite:///{file}")
            made = len(all_keys(copy))
            assert is_current(copy)
            assert head(copy).number == made >= before
            assert verify(copy) is None
            make_key(copy)  # it is a database like any other
            copy.close()
            if written > 3:
                break
        else:
            pytest.fail("nobody wrote while a copy was made")
    assert verify(database) is None


def test_a_copy_is_of_the_moment_at_which_it_began(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writes between its steps are not in it, nor make it begin anew: it might never end."""
    steps: list[int] = []

    class WrittenTo(sqlite3.Connection):
        def backup(self, target: sqlite3.Connection, **options: Any) -> None:  # type: ignore[override]
            super().backup(target, **options | {"progress": self.write})

        def write(self, _status: int, remaining: int, _total: int) -> None:
            steps.append(remaining)
            if len(steps) <= 10:
                make_key(database)

    make_key(database)
    monkeypatch.setattr(backup, "_PAGES", 20)
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=WrittenTo))
    back_up(database, tmp_path / "copy.db")

    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    assert len(all_keys(copy)) == 1
    assert len(all_keys(database)) == 11
    assert len(steps) > 20
    assert steps == sorted(steps, reverse=True)
    copy.close()


def test_the_command_says_what_it_made(database: Database, tmp_path: Path) -> None:
    """Size and rows; that it is personal; and the file is its owner's alone, and all there is."""
    row = {"prospect_key": "k", "outcome": "replied", "at": 0, "source": "api", "recorded_at": 0}
    with database.writing() as connection:
        connection.execute(insert(outcomes).values(id="1", **row))
    file = tmp_path / "copies" / "monday.db"
    file.parent.mkdir()

    result = unghost_backup(database, file)

    assert result.output.splitlines() == [
        f"{file}: {file.stat().st_size:,} bytes, whole, with 0 decisions and 1 outcome",
        "It holds personal facts, which no erasure reaches: keep it safe, not for long.",
    ]
    assert result.exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
    assert file.read_bytes()[18:20] == b"\x01\x01"  # no write-ahead log: it stands alone


def test_what_is_there_is_written_over_only_if_told(database: Database, tmp_path: Path) -> None:
    """And never the database itself, by whichever name."""
    file, link = tmp_path / "copy.db", tmp_path / "link.db"
    file.write_text("mine")
    link.symlink_to(tmp_path / "service" / "unghost.db")

    refused = unghost_backup(database, file)
    assert refused.stderr == f"{file} is there already; --force writes over it\n"
    assert (refused.exit_code, file.read_text()) == (2, "mine")
    itself = unghost_backup(database, link, "--force")
    assert (itself.exit_code, itself.stderr) == (2, f"{link} is the database itself\n")
    assert unghost_backup(database, file, "--force").exit_code == 0
    assert file.stat().st_size > 3_000_000


def test_a_damaged_database_is_not_copied(database: Database, tmp_path: Path) -> None:
    """The last copy that was whole stays."""
    file, source = tmp_path / "copy.db", tmp_path / "service" / "unghost.db"
    back_up(database, file)
    whole = file.read_bytes()
    database.close()
    raw = bytearray(source.read_bytes())
    raw[40_960:409_600] = b"\xff" * 368_640
    source.write_bytes(raw)

    with pytest.raises(NotBackedUp, match=r"damaged|malformed"):
        back_up(database, file)

    assert file.read_bytes() == whole
    assert sorted(tmp_path.iterdir()) == [file, source.parent]


@pytest.mark.parametrize(
    ("url", "file", "expected"),
    [
        ("sqlite:///none.db", "copy.db", "none.db cannot be copied: unable to open database file"),
        ("sqlite:///empty.db", "copy.db", "empty.db cannot be copied: no such table: decisions"),
        ("sqlite:///notes.txt", "copy.db", "notes.txt cannot be copied: file is not a database"),
        ("sqlite:///empty.db", "none/copy.db", "none/copy.db cannot be written: No such file"),
        ("postgresql://kim:geheim@127.0.0.1:1/x", "copy.db", "use pg_dump"),
        ("geheim", "copy.db", "DATABASE_URL is no address"),
    ],
)
def test_what_cannot_be_copied_is_refused(
    url: str, file: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line; and nothing is left behind, least of all a new, empty database."""
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("Call Monday.\n" * 100)
    Path("empty.db").touch()

    result = CliRunner(env={"DATABASE_URL": url}).invoke(backup_command, [file])

    assert expected in result.stderr
    assert "geheim" not in result.output
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty.db", "notes.txt"]
