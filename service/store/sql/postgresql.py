"""Connections to a PostgreSQL that are given up where it says nothing.

A server that hangs, or lies behind a network that swallows everything, would hold whoever asks
it for ever: libpq waits without end for an answer. Here every wait ends, and the connection
with it; what was asked may have been done or not.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.abc import RV, PQGen
from sqlalchemy import Engine, create_engine, event

#: Seconds for a connection, for a lock, and for an answer. A request asks a few times at most,
#: and is to be refused before its caller gives up; a lock that is not free is no silence.
_CONNECTING, _LOCKED, _ANSWERING = 2, 3, 4


class PromptConnection(Connection[Any]):
    """A connection whose every wait for the server ends.

    Attributes:
        answering: seconds that the server has for an answer; None: as long as it takes.
    """

    answering: float | None = _ANSWERING

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg has it; a connection in an unknown state is closed."""
        try:
            return super().wait(gen, interval, self.answering if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # these are not the server's words
                self.pgconn.finish()
            raise


def postgresql_engine(url: str, pool_timeout: float) -> Engine:
    """The connections to one PostgreSQL."""
    engine = create_engine(
        url,
        hide_parameters=True,  # no person's data in the text of an error
        pool_pre_ping=True,
        pool_timeout=pool_timeout,
        connect_args={"connect_timeout": _CONNECTING, "options": f"-c lock_timeout={_LOCKED}s"},
    )
    event.listen(engine, "do_connect", _connect)
    return engine


def _connect(
    _dialect: object, _record: object, given: Sequence[str], named: Mapping[str, Any]
) -> PromptConnection:
    try:
        return PromptConnection.connect(*given, **named)
    except psycopg.ProgrammingError as error:  # of the address itself: nobody was asked yet
        raise ValueError(f"DATABASE_URL: {error}".strip()) from error
