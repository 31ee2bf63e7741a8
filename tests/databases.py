"""Databases for tests, a plugin of pytest.

database        with all tables; the same test runs on an SQLite file and on PostgreSQL
empty_database  the same without tables
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert

from service.store.sql.database import Database
from service.store.sql.migrations import migrate
from service.store.sql.tables import generation, metadata

#: The server to make databases on; whoever connects must be allowed to make them.
SERVER = os.environ.get("UNGHOST_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
BOTH = ["sqlite", "postgresql"]


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with all tables, as `migrate` leaves them."""
    if request.param == "sqlite":
        found = Database(f"sqlite:///{tmp_path / 'unghost.db'}")
        migrate(found)
    else:
        found = Database(request.getfixturevalue("_shared_on_the_server"))
        _clear(found)
    yield found
    found.close()


@pytest.fixture(params=BOTH)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables, and that nobody else has: on PostgreSQL that takes a second."""
    if request.param == "sqlite":
        found = Database(f"sqlite:///{tmp_path / 'unghost.db'}")
        yield found
        found.close()
        return
    need_a_server()
    with fresh_on_the_server() as url:
        found = Database(url)
        yield found
        found.close()


@pytest.fixture(scope="session")
def _shared_on_the_server() -> Iterator[str]:
    """One database for all tests of a run: making and dropping one takes a second or two."""
    with migrated_on_the_server() as url:
        yield url


@contextmanager
def migrated_on_the_server() -> Iterator[str]:
    """A database with all tables, which is dropped in the end; gives its address."""
    need_a_server()
    with fresh_on_the_server() as url:
        database = Database(url)
        migrate(database)
        database.close()
        yield url


def _clear(database: Database) -> None:
    """Have all tables as they were after `migrate`."""
    with database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        connection.execute(insert(generation).values(id=1, number=0))


@contextmanager
def fresh_on_the_server() -> Iterator[str]:
    """A database that is dropped in the end; gives its address."""
    name = f"unghost_{uuid.uuid4().hex}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{SERVER.rpartition('/')[0]}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def need_a_server() -> None:
    """Skip where no PostgreSQL answers; in CI one must."""
    if (why := _why_no_server()) is None:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI needs PostgreSQL: {why}")
    pytest.skip(f"no PostgreSQL to test on: {why}")


@cache
def _why_no_server() -> str | None:
    try:
        psycopg.connect(SERVER, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return str(error).partition("\n")[0]
    return None
