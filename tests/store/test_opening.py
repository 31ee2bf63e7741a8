"""Opening the database that the environment names."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from service.store.sql.database import Database, write_ahead
from service.store.sql.migrations import is_current, migrate
from service.store.sql.opening import (
    WrongTables,
    bring_up,
    database_at,
    open_database,
    shown_url,
)
from service.store.sql.tables import metadata

ROOT = Path(__file__).resolve().parents[2]


def test_first_use_makes_the_tables_on_sqlite_only(empty_database: Database) -> None:
    """A PostgreSQL waits for `unghost migrate`."""
    url = empty_database.url
    if empty_database.is_sqlite:
        open_database(url).close()
    else:
        with pytest.raises(WrongTables, match="run `unghost migrate`"):
            open_database(url)
        assert not is_current(empty_database)
        assert bring_up(empty_database) == ["The first tables.", "Experiments."]
        open_database(url).close()

    assert is_current(empty_database)
    assert bring_up(empty_database) == []


def test_the_steps_make_the_tables(database: Database) -> None:
    """What `migrate` leaves is what `tables` says, on both."""
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_tables_of_a_later_version_are_left_alone(empty_database: Database) -> None:
    """Who goes back to an earlier version is told so."""
    migrate(empty_database)
    with empty_database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(WrongTables, match="later version"):
        bring_up(empty_database)
    with pytest.raises(WrongTables):
        open_database(empty_database.url)


OPENER = """
import sys
from service.store.sql.opening import open_database
database = open_database(sys.argv[1])
database.ping()
"""


def test_many_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    """As the workers of a service do at its first start."""
    command = [sys.executable, "-c", OPENER, f"sqlite:///{tmp_path / 'new.db'}"]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(4)]

    assert [process.wait(timeout=120) for process in processes] == [0] * 4


@pytest.mark.parametrize(
    "url",
    [
        "mysql://kim:geheim@host/name",
        "postgresql://kim:geheim@host:port/name",
        "geheim",
        "sqlite://geheim",
        "sqlite:///",
        "sqlite:///:memory:",
        "postgresql:/geheim",
    ],
)
def test_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    """Before anything is connected to."""
    with pytest.raises(ValueError, match=r"database|DATABASE_URL") as refused:
        database_at(url)

    assert "geheim" not in str(refused.value)


def test_address_is_shown_without_its_password() -> None:
    """As it may stand in a log."""
    database = Database("postgresql://kim:geheim@host/name")

    assert shown_url(database) == "postgresql://kim:***@host/name"
    assert shown_url(Database("sqlite:///unghost.db")) == "sqlite:///unghost.db"


class _Refusing:
    """A connection that refuses with each of these codes once, and then does as it is told."""

    def __init__(self, *codes: int) -> None:
        self.codes = [*codes]

    def execute(self, _: str) -> None:
        if self.codes:
            error = sqlite3.OperationalError("refused")
            error.sqlite_errorcode = self.codes.pop(0)
            raise error


def test_who_makes_a_new_file_waits_for_others_who_do() -> None:
    """SQLite may refuse at once, when several processes put one new file into its mode."""
    busy = _Refusing(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY)

    write_ahead(busy)

    assert busy.codes == []


def test_a_file_that_cannot_be_opened_is_told_of_at_once() -> None:
    """Only a lock goes away by itself."""
    gone = _Refusing(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CANTOPEN)

    with pytest.raises(sqlite3.OperationalError):
        write_ahead(gone)

    assert gone.codes == [sqlite3.SQLITE_CANTOPEN]
