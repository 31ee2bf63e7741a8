"""What the client asks: the service, what it is held against, and nothing at all.

    python -m tests.benchmarks.served unghost|echo|floor|void WORKER_CLASS PORT [CORE]

The first three run under gunicorn with the product's own settings but for the worker class. The
last answers everything with the same bytes: it shows how fast the client could ask.
"""

import os
import selectors
import socket
import sys
from typing import Any

from gunicorn.app.base import BaseApplication

from service.app import create_app
from service.web.server import Address, settings
from tests.benchmarks.least import echo_app, floor_app

#: As `unghost serve` has them.
WORKERS, THREADS = 1, 64
_VOID = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


APPS = {"unghost": create_app, "echo": echo_app, "floor": floor_app}


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn brings no types
    def __init__(self, app: str, worker_class: str, port: int) -> None:
        self._app = app
        self._port = port
        self._worker_class = worker_class
        super().__init__()

    def load_config(self) -> None:
        address = Address("127.0.0.1", self._port, WORKERS, THREADS)
        chosen = {**settings(address), "worker_class": self._worker_class, "loglevel": "error"}
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return APPS[self._app]()


def void(port: int) -> None:
    """The same answer to everything, until the process is stopped."""
    selector = selectors.DefaultSelector()
    door = socket.create_server(("127.0.0.1", port), backlog=128)
    selector.register(door, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is door:
                selector.register(door.accept()[0], selectors.EVENT_READ)
                continue
            connection: Any = key.fileobj
            if not _answered(connection):
                selector.unregister(connection)
                connection.close()


def _answered(connection: socket.socket) -> bool:
    """Whether the connection is still there."""
    try:
        if connection.recv(1 << 18):
            connection.sendall(_VOID)
            return True
    except ConnectionError:
        pass  # the client had enough
    return False


def main() -> None:
    """Serve until told to stop."""
    app, worker_class, port, *core = sys.argv[1:]
    if core:
        os.sched_setaffinity(0, {int(core[0])})
    if app == "void":
        void(int(port))
    _Server(app, worker_class, int(port)).run()


if __name__ == "__main__":
    main()
