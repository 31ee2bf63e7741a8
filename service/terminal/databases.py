"""The database that a command works on, and what is said where it cannot."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from service.settings import Settings
from service.store.sql.database import Database, DatabaseAway
from service.store.sql.opening import WrongTables, open_database
from service.terminal.sources import refuse


@contextmanager
def opened_database() -> Iterator[Database]:
    """The database of `DATABASE_URL` for the length of a block.

    Ends the command where it cannot be opened or used, or where the block has a ValueError.
    """
    with refusing():
        database = open_database(Settings.from_environment().database)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def refusing() -> Iterator[None]:
    """What a database cannot do ends the command, with the reason."""
    try:
        yield
    except (ValueError, WrongTables) as error:
        refuse([str(error)])
    except DatabaseAway as error:
        refuse([f"the database does not answer: {error}"])


def whoever_types() -> str:
    """Who runs the command, for the audit trail: `terminal:` and the name on this machine."""
    try:
        return f"terminal:{getpass.getuser()}"
    except (KeyError, OSError):  # a container may run as somebody without a name
        return "terminal"
