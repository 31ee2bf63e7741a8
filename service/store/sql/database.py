"""The database that everything kept lies in: an SQLite file, or a PostgreSQL.

The same code serves both. On SQLite many processes share one file: it is in write-ahead mode,
writers ask for their turn at once (`BEGIN IMMEDIATE`) and wait for it, and every commit is on
the disk before it is told of (`synchronous=FULL`). Connections are made by the process that
uses them and never cross a fork.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

#: Seconds that a writer waits for its turn, and a caller for a connection.
PATIENCE = 5
_AGAIN = 0.01
_SQLITE = "sqlite"


class DatabaseAway(Exception):  # noqa: N818 - a state, not a mistake
    """The database cannot be reached, or does not answer, at the moment."""


class Database:
    """One database. Any thread of any process may use it.

    Args:
        url: `sqlite:////path/to/file.db`, or `postgresql://user@host/name`.

    Raises:
        ValueError: the address is of another kind.
    """

    def __init__(self, url: str) -> None:
        self.url = _driven(url)
        self._process = 0
        self._engine: Engine | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of this machine."""
        return self.url.startswith(_SQLITE)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database. Raises DatabaseAway."""
        with _told(), self.engine.connect() as connection, connection.begin():
            if self.is_sqlite:
                _begin(connection, "BEGIN")
            yield connection

    @contextmanager
    def writing(self, *, at_leisure: bool = False) -> Iterator[Connection]:
        """A transaction that is durable once the block has ended without an exception.

        `at_leisure`: a statement may take as long as it takes; elsewhere a PostgreSQL that says
        nothing for some seconds is away.

        Raises DatabaseAway, and then nothing was written, as far as anybody can know.
        """
        with _told(), self.engine.connect() as connection:
            if at_leisure and not self.is_sqlite:
                cast("Any", connection.connection.driver_connection).answering = None
                connection.detach()  # nobody else is to get it afterwards
            with connection.begin():
                if self.is_sqlite:
                    _begin(connection, "BEGIN IMMEDIATE")
                yield connection

    def ping(self) -> None:
        """Ask for anything. Raises DatabaseAway."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    @property
    def engine(self) -> Engine:
        """The connections of this process; after a fork, new ones."""
        if self._engine is None or self._process != os.getpid():
            if self._engine is not None:
                self._engine.dispose(close=False)  # they belong to the parent
            self._engine, self._process = _engine(self.url), os.getpid()
        return self._engine

    def close(self) -> None:
        """Close what this process has open."""
        if self._engine is not None and self._process == os.getpid():
            self._engine.dispose()
        self._engine = None


def _driven(url: str) -> str:
    """The address with the driver that this project brings."""
    for kind, driver in (("postgresql", "postgresql+psycopg"), ("postgres", "postgresql+psycopg")):
        if url.startswith(f"{kind}://"):
            return url.replace(kind, driver, 1)
    if url.startswith("sqlite:///") and make_url(url).database in (None, "", ":memory:"):
        raise ValueError("a database that is kept is a file: sqlite:////path/to/file.db")
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    kind = url.partition(":")[0]
    raise ValueError(f"a database is sqlite:///… or postgresql://…, not {kind}:…")


def _engine(url: str) -> Engine:
    if url.startswith(_SQLITE):
        _make_private(url)
        engine = create_engine(
            url,
            hide_parameters=True,  # no person's data in the text of an error
            pool_timeout=PATIENCE,
            connect_args={"timeout": PATIENCE},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    from service.store.sql.postgresql import postgresql_engine  # noqa: PLC0415 - SQLite needs none

    return postgresql_engine(url, PATIENCE)


def _make_private(url: str) -> None:
    """A file that is not there yet is made for nobody but us: people's data goes into it."""
    path = make_url(url).database
    if path and path != ":memory:":
        with suppress(OSError):  # opening it will say why
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's own
    connection.isolation_level = None  # transactions are begun below, not by the driver
    write_ahead(connection)
    for setting in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten


def write_ahead(connection: Any) -> None:  # noqa: ANN401 - a driver's own
    """Put a file into write-ahead mode; SQLite may not wait itself where others make it as well.

    Raises sqlite3.OperationalError: it cannot be had, or is locked for longer than `PATIENCE`.
    """
    end = monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
            sleep(_AGAIN)
        else:
            return


def _begin(connection: Connection, how: str) -> None:
    """Begin on SQLite; past SQLAlchemy, for which this is a statement as any other."""
    try:
        cast("Any", connection.connection.driver_connection).execute(how)
    except sqlite3.Error as error:
        raise DatabaseAway(_first_line(error)) from error


@contextmanager
def _told() -> Iterator[None]:
    """Whatever says that the database is away, as one exception."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise DatabaseAway(_first_line(error)) from error
    except DBAPIError as error:
        # Of that very class is what SQLite says of a file that holds no database.
        if error.connection_invalidated or type(error) is DatabaseError:
            raise DatabaseAway(_first_line(error)) from error
        raise


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).partition("\n")[0]
