"""A doorway of the network before a server, that can be shut, or left without an answer."""

import selectors
import socket
import threading
from types import TracebackType
from typing import Literal, Self

_AT_ONCE = 1 << 16
_PAUSE = 0.02


class Doorway:
    """Passes on what comes at a port of its own; to be used inside `with`.

    Attributes:
        port: where it listens.
        state: `open`; `shut`, as after the server has stopped: whoever is inside is thrown out,
            and who comes is turned away; or `silent`, as where the server hangs: connections
            are taken, and nothing ever comes back until it is open again.
    """

    def __init__(self, host: str, port: int) -> None:
        self._behind = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self.state: Literal["open", "shut", "silent"] = "open"
        self._other: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._stand)

    def __enter__(self) -> Self:
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
        self._throw_out()
        self._listening.close()
        self._selector.close()

    def _stand(self) -> None:
        while not self._over.is_set():
            if self.state == "silent":
                self._over.wait(_PAUSE)
                continue
            if self.state == "shut":
                self._throw_out()
            for key, _ in self._selector.select(_PAUSE):
                if key.fileobj is self._listening:
                    self._let_in()
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._other:
                    self._pass_on(key.fileobj)

    def _let_in(self) -> None:
        outside, _ = self._listening.accept()
        if self.state == "shut":
            outside.close()
            return
        inside = socket.create_connection(self._behind)
        for one, other in ((outside, inside), (inside, outside)):
            self._other[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, one: socket.socket) -> None:
        try:
            piece = one.recv(_AT_ONCE)
            self._other[one].sendall(piece)
        except OSError:
            piece = b""
        if not piece:
            self._part(one)

    def _throw_out(self) -> None:
        while self._other:
            self._part(next(iter(self._other)))

    def _part(self, one: socket.socket) -> None:
        for end in (one, self._other[one]):
            del self._other[end]
            self._selector.unregister(end)
            end.close()
