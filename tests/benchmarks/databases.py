"""A database of its own for everything that is measured: a file on the disk, or a PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from os import environ
from uuid import uuid4

import psycopg

from service.store.sql.database import Database
from service.store.sql.migrations import migrate
from tests.services import new_database

SERVER = environ.get("UNGHOST_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")


@contextmanager
def addresses() -> Iterator[dict[str, str]]:
    """New databases with all tables, by kind; no PostgreSQL where no server answers."""
    found = {"SQLite": new_database()}
    try:
        with psycopg.connect(SERVER, autocommit=True, connect_timeout=3) as server:
            name = f"unghost_bench_{uuid4().hex}"
            server.execute(f"CREATE DATABASE {name}")
            found["PostgreSQL"] = f"{SERVER.rpartition('/')[0]}/{name}"
            try:
                yield _with_tables(found)
            finally:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    except psycopg.OperationalError:
        if "PostgreSQL" in found:
            raise
        yield _with_tables(found)


def _with_tables(urls: dict[str, str]) -> dict[str, str]:
    for url in urls.values():
        database = Database(url)
        migrate(database)
        database.close()
    return urls
