"""A client for load: keep-alive connections in one process, each with one request at a time.

    python -m tests.benchmarks.client PORT CONNECTIONS SECONDS [CORE] < request

It sends the request that it reads, whole, over and over, and writes one line of JSON: how many
answers came in how many seconds, how long each took, and how busy the client itself was;
`every` counts also those of the first moments, which nothing else does.
It reads no more of an answer than it must, so that what is measured is the server.
"""

import json
import os
import select
import socket
import sys
from time import perf_counter, process_time
from typing import Any

_AT_ONCE = 1 << 18
_LENGTH = b"content-length:"
#: The first part of the time is for the server to get warm.
_WARM_UP = 0.15
_PATIENCE = 10.0


class Connection:
    """One connection, one request at a time; made anew where the server closes it."""

    def __init__(self, port: int, request: bytes) -> None:
        self._port = port
        self._request = request
        self._answer = b""
        self.began = 0.0
        self.connect()

    def connect(self) -> None:
        """Open it."""
        self.socket = socket.create_connection(("127.0.0.1", self._port), _PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self) -> None:
        """Send the request."""
        self._answer = b""
        self.began = perf_counter()
        self.socket.sendall(self._request)

    def is_answered(self) -> bool:
        """Take what has come; whether the answer is whole.

        Raises:
            ConnectionError: the server broke off, or answered with an error.
        """
        piece = self.socket.recv(_AT_ONCE)
        if not piece:
            raise ConnectionError(f"broken off after {self._answer!r:.300}")
        self._answer += piece
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(f"no good answer: {self._answer!r:.300}")
        lower = head.lower()
        length = int(lower.split(_LENGTH, 1)[1].split(b"\r\n", 1)[0])
        if len(body) < length:
            return False
        self.closes = b"connection: close" in lower
        return True


def load(port: int, connections: int, seconds: float, request: bytes) -> dict[str, Any]:
    """Ask for so many seconds over so many connections; gives what `main` writes."""
    poll = select.epoll()
    by_number: dict[int, Connection] = {}
    for _ in range(connections):
        _begin(Connection(port, request), poll, by_number)
    taken: list[float] = []
    start = perf_counter() + seconds * _WARM_UP
    busy, warm, every, now = 0.0, False, 0, perf_counter()
    while now < start + seconds:
        events = poll.poll(_PATIENCE)
        if not events:
            raise ConnectionError(f"no answer for {_PATIENCE} seconds")
        for number, _ in events:
            connection = by_number[number]
            if not connection.is_answered():
                continue
            every += 1
            now = perf_counter()
            if now >= start:
                if not warm:
                    warm, start, busy = True, now, process_time()
                taken.append(now - connection.began)
            if connection.closes:
                _again(connection, poll, by_number)
            else:
                connection.ask()
    return {"every": every, **_result(taken, now - start, process_time() - busy)}


def _begin(connection: Connection, poll: select.epoll, by: dict[int, Connection]) -> None:
    by[connection.socket.fileno()] = connection
    poll.register(connection.socket, select.EPOLLIN)
    connection.ask()


def _again(connection: Connection, poll: select.epoll, by: dict[int, Connection]) -> None:
    """A new connection; its time counts as the answer's, which had to wait for it."""
    began = perf_counter()
    poll.unregister(connection.socket)
    del by[connection.socket.fileno()]
    connection.socket.close()
    connection.connect()
    _begin(connection, poll, by)
    connection.began = began


def _result(taken: list[float], seconds: float, busy: float) -> dict[str, Any]:
    ordered = sorted(taken)
    return {
        "per_second": len(ordered) / seconds,
        "p50_ms": ordered[len(ordered) // 2] * 1e3,
        "p99_ms": ordered[int(len(ordered) * 0.99)] * 1e3,
        "answers": len(ordered),
        "client_busy": busy / seconds,
    }


def main() -> None:
    """Read the request, ask, write the result."""
    port, connections, seconds, *core = sys.argv[1:]
    if core:
        os.sched_setaffinity(0, {int(core[0])})
    result = load(int(port), int(connections), float(seconds), sys.stdin.buffer.read())
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
