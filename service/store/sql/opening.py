"""A database, ready to use."""

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from service.store.sql.database import Database
from service.store.sql.migrations import LaterTables, is_current, migrate


class WrongTables(Exception):  # noqa: N818 - a state, not a mistake
    """The database's tables are not those of this version; the text says what to do."""


def database_at(url: str) -> Database:
    """The database at an address, as it is. Raises ValueError where it is none."""
    try:
        make_url(url)
    except (ArgumentError, ValueError) as error:  # neither may repeat the password in it
        message = "DATABASE_URL is no address such as postgresql://user:password@host/name"
        raise ValueError(message) from error
    return Database(url)


def open_database(url: str) -> Database:
    """The database at an address, with the tables of this version.

    An SQLite file is made, or brought to this version, on the way. A PostgreSQL is not: others
    may be using it, so `unghost migrate` does that when whoever runs it says so.

    Raises:
        ValueError: it is no address of a database.
        WrongTables: a PostgreSQL needs `unghost migrate`, or the tables are a later version's.
        DatabaseAway: it cannot be reached.
    """
    database = database_at(url)
    try:
        make_current(database)
    except Exception:
        database.close()
        raise
    return database


def bring_up(database: Database) -> list[str]:
    """Run the missing steps; gives their names.

    Raises:
        WrongTables: the tables are those of a later version.
        DatabaseAway: it cannot be reached.
    """
    try:
        return migrate(database)
    except LaterTables as error:
        message = f"the tables in {shown_url(database)} are of a later version of Unghost"
        raise WrongTables(message) from error


def make_current(database: Database) -> None:
    """Make sure that the tables are those of this version, as `open_database` says.

    Raises WrongTables and DatabaseAway.
    """
    if is_current(database):
        return
    if not database.is_sqlite:
        where = shown_url(database)
        message = f"{where} has not the tables of this version: run `unghost migrate`"
        raise WrongTables(message)
    bring_up(database)


def shown_url(database: Database) -> str:
    """The address without its password."""
    url = make_url(database.url)
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
