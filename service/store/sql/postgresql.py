"""Connections to a PostgreSQL that are given up where it says nothing.

A server that hangs, or lies behind a network that swallows everything, would hold whoever asks
it for ever: libpq waits without end for an answer. Here every wait ends, and the connection
with it; what was asked may have been done or not. While the server is silent, most are told so
without waiting (`breaker`).
"""

from collections.abc import Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.abc import RV, PQGen
from sqlalchemy import Engine, create_engine, event

from service.store.sql.breaker import Breaker

#: Seconds for a connection, for a lock, and for an answer. A request asks a few times at most,
#: and is to be refused before its caller gives up; a lock that is not free is no silence.
_CONNECTING, _LOCKED, _ANSWERING = 2, 3, 4
_SILENT = "the server said nothing a moment ago"


class PromptConnection(Connection[Any]):
    """A connection whose every wait for the server ends.

    Attributes:
        answering: seconds that the server has for an answer; None: as long as it takes.
        breaker: says whether to wait for the server.
    """

    answering: float | None = _ANSWERING
    breaker: Breaker

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg has it; a connection in an unknown state is closed."""
        if not self.breaker.may_ask():
            self.pgconn.finish()
            raise psycopg.OperationalError(_SILENT)
        began = monotonic()
        try:
            answer = super().wait(gen, interval, self.answering if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # these are not the server's words
                self.pgconn.finish()
                self.breaker.gave_up(began)
            raise
        self.breaker.answered()
        return answer


def postgresql_engine(url: str, pool_timeout: float) -> Engine:
    """The connections to one PostgreSQL."""
    engine = create_engine(
        url,
        hide_parameters=True,  # no person's data in the text of an error
        pool_pre_ping=True,
        pool_timeout=pool_timeout,
        connect_args={"connect_timeout": _CONNECTING, "options": f"-c lock_timeout={_LOCKED}s"},
    )
    event.listen(engine, "do_connect", partial(_connect, Breaker()))
    return engine


def _connect(
    breaker: Breaker,
    _dialect: object,
    _record: object,
    given: Sequence[str],
    named: Mapping[str, Any],
) -> PromptConnection:
    if not breaker.may_ask():
        raise psycopg.OperationalError(_SILENT)
    began = monotonic()
    try:
        connection = PromptConnection.connect(*given, **named)
    except psycopg.ProgrammingError as error:  # of the address itself: nobody was asked yet
        raise ValueError(f"DATABASE_URL: {error}".strip()) from error
    except psycopg.OperationalError:
        breaker.gave_up(began)
        raise
    breaker.answered()
    connection.breaker = breaker
    return connection
