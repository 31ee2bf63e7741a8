"""Callers who send a request byte by byte, for as long as they are let."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.endurance.server import Address

_HEAD = b"POST /v1/next-action HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
#: How a caller begins, and what comes again and again after that.
KINDS = {
    "nothing at all": (b"", b""),
    "a head without an end": (_HEAD, b"X-More: b\r\n"),
    "a body of declared length": (_HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "a body in chunks": (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
}
_PAUSE = 0.1


class SlowCallers:
    """So many connections at once, that all dribble; to be used inside `with`."""

    def __init__(self, address: Address, count: int, kind: str) -> None:
        self._address = address
        self._count = count
        self._first, self._again = KINDS[kind]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._dribble)
        self._held: list[socket.socket] = []

    def __enter__(self) -> Self:
        for _ in range(self._count):
            connection = socket.create_connection(self._address[:2], timeout=5)
            self._held.append(connection)
            connection.sendall(self._first)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        for connection in self._held:
            connection.close()

    def _dribble(self) -> None:
        while not self._over.wait(_PAUSE):
            for connection in self._held:
                with suppress(OSError):  # the service has had enough of this one
                    connection.sendall(self._again)
