"""gunicorn, started from within: threads, limits, and nothing open that nobody needs.

Slow clients hold a thread, not the service; a buffering proxy in front keeps them from
holding all threads.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http.body import LengthReader

_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX = "unghost-metrics-"
_DRAINED = 64 * 1024  # bytes; of a body that nobody read gunicorn drains less than that
_MEMORY = Path("/dev/shm")  # noqa: S108 - a worker's heartbeat; the disk may be read-only

_LIMITS: dict[str, object] = {
    "worker_class": "gthread",
    "timeout": 30,  # seconds until a worker that hangs is replaced
    "graceful_timeout": 20,  # seconds to finish requests in when told to stop
    "keepalive": 5,  # seconds; above what a proxy waits between two requests
    "limit_request_line": 8190,  # the most that gunicorn has: lists are asked for by long ids
    "limit_request_fields": 100,
    "limit_request_field_size": 8190,
    "control_socket_disable": True,
}


@dataclass(frozen=True)
class Address:
    """Where the service listens, and with how many processes and threads in each."""

    host: str
    port: int
    workers: int
    threads: int

    @property
    def bind(self) -> str:
        """Host and port as gunicorn has them; a host with colons is an IPv6 address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def settings(address: Address) -> dict[str, object]:
    """All of gunicorn's settings that are not its own choice."""
    return {
        **_LIMITS,
        "bind": address.bind,
        "workers": address.workers,
        "threads": address.threads,
        "worker_tmp_dir": str(_MEMORY) if _MEMORY.is_dir() else None,
    }


class _Logger(Logger):  # type: ignore[misc]  # gunicorn brings no types
    """gunicorn's words, sent where ours go, without what they repeat of a request."""

    def setup(self, cfg: Any) -> None:  # noqa: ANN401 - gunicorn's own
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def debug(self, msg: str, *_: object, **options: Any) -> None:  # noqa: ANN401
        super().debug(_bare(msg), **options)

    def warning(self, msg: str, *args: object, **options: Any) -> None:  # noqa: ANN401
        if msg.startswith("Invalid request"):  # it is put together already
            msg, args = "a request is no HTTP as it is understood here", ()
        super().warning(msg, *args, **options)

    def exception(self, msg: object, *_: object, **options: Any) -> None:  # noqa: ANN401
        super().exception(_bare(msg), **options)


def _bare(message: object) -> str:
    """A message without its values."""
    return message.replace(" %s", "") if isinstance(message, str) else "a failure"


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn brings no types
    def __init__(
        self,
        make_app: Callable[[], Flask],
        address: Address,
        log_level: str,
        tell: Callable[[], None],
    ) -> None:
        self._make_app = make_app
        self._settings = {
            **settings(address),
            "logger_class": _Logger,
            "loglevel": log_level,
            "when_ready": lambda _server: tell(),
            "pre_request": _foretell,
            "worker_exit": _close,
            "child_exit": _forget,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401 - gunicorn's word for a WSGI application
        return self._make_app()


def _foretell(_worker: object, request: Any) -> None:  # noqa: ANN401
    """Where gunicorn may close the connection after the answer, the answer says so.

    It does that where more of the body is left unread than it is willing to drain. A caller who
    was not told sends the next request into a connection that is gone.
    """
    reader = request.body.reader
    if not isinstance(reader, LengthReader) or reader.length >= _DRAINED:
        request.force_close()


def _close(_server: object, worker: Any) -> None:  # noqa: ANN401
    """A worker that ends closes what it has open."""
    from service.web.state import EXTENSION  # noqa: PLC0415 - the app's parts take long to import

    app = worker.app.callable
    if app is not None:
        app.extensions[EXTENSION].store.close()


def _forget(_server: object, worker: Any) -> None:  # noqa: ANN401
    """Of a worker that has ended, what it was at last counts no more; what it counted does."""
    if _METRICS_FOLDER in os.environ:
        from prometheus_client import multiprocess  # noqa: PLC0415 - see `counting_together`

        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def run(
    make_app: Callable[[], Flask], address: Address, log_level: str, tell: Callable[[], None]
) -> None:
    """Serve until told to stop; each worker makes the app for itself, anew on SIGHUP.

    `tell` is called once the address is ours. Ends the process with 1 where it cannot be had.
    """
    _Server(make_app, address, log_level, tell).run()


@contextmanager
def counting_together(workers: int) -> Iterator[None]:
    """A folder in which several workers count together, so that `/metrics` tells of all.

    To be entered before anything imports `prometheus_client`. One worker needs none, and a
    folder that the environment names stays as it is. Folders that a service left behind when it
    was killed are removed.
    """
    if workers == 1 or _METRICS_FOLDER in os.environ:
        yield
        return
    place = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
    for left in place.glob(f"{_PREFIX}*"):
        _remove_if_left(left)
    folder, held = _new_folder(place)
    os.environ[_METRICS_FOLDER] = str(folder)
    maker = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == maker:  # a worker that ends comes by here too
            shutil.rmtree(folder, ignore_errors=True)
            os.close(held)
            del os.environ[_METRICS_FOLDER]


def _new_folder(place: Path) -> tuple[Path, int]:
    """A folder, locked for as long as this process or a worker of it lives; and what holds it.

    It gets its name once it is locked, or another start could take it for one that was left.
    """
    draft = Path(tempfile.mkdtemp(prefix="unghost-draft-", dir=place))
    held = os.open(draft, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    return draft.rename(draft.with_name(draft.name.replace("unghost-draft-", _PREFIX))), held


def _remove_if_left(folder: Path) -> None:
    """Remove a folder of ours that no process holds any more."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # somebody else's, or gone by now
        return
    try:
        if os.fstat(held).st_uid == os.geteuid():
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass  # its service runs
    finally:
        os.close(held)
