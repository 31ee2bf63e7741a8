"""Logs: a line for each thing that happened, and nothing of any person in it.

On a terminal they are `name=value`, else JSON. A line never has anything that a caller sent but
its `X-Request-Id`: no address, no query, no body, no header. So it has no message of an exception
either, for those quote values: what is told of a failure is its kind, and where it happened.
"""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from time import perf_counter
from traceback import walk_tb
from typing import Any, TextIO

import orjson
import structlog
from flask import Flask, Response
from structlog.typing import EventDict, Processor, WrappedLogger

from service.web.exchange import NOBODY, Exchange, current_exchange

LEVELS = ("debug", "info", "warning", "error")
#: The loggers of this service and of its server; others speak only of what went wrong.
_OURS = ("service", "gunicorn.error")

_LOG = logging.getLogger(__name__)


class _Lines(logging.StreamHandler[TextIO]):
    """Where the lines go; there is one of them in a process."""


def start(level: str, stream: TextIO | None = None) -> None:
    """Have all that the process logs from here on written as this module says.

    Args:
        level: the lowest of LEVELS that is written.
        stream: where to; left out, stderr.

    Raises ValueError where there is no such level.
    """
    if level not in LEVELS:
        message = f"UNGHOST_LOG is `{level}`; write one of {', '.join(LEVELS)}"
        raise ValueError(message)
    handler = _Lines(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_FIRST],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_values,
                *_rendering(handler.stream),
            ],
        )
    )
    root = logging.getLogger()
    for other in [each for each in root.handlers if isinstance(each, _Lines)]:
        root.removeHandler(other)
    root.addHandler(handler)
    for name in _OURS:
        logging.getLogger(name).setLevel(level.upper())
    threading.excepthook = _note_failed_thread


def install(app: Flask, level: str, stream: TextIO | None = None) -> None:
    """Start the logs, and write a line for every exchange of `app`. Raises as `start`."""
    start(level, stream)
    if LEVELS.index(level) <= LEVELS.index("info"):
        app.after_request(_telling(stream or sys.stderr))


def _telling(stream: TextIO) -> Callable[[Response], Response]:
    # Not through `logging`, which takes several times as long.
    steps, write = (*_FIRST, *_rendering(stream)), structlog.WriteLogger(stream).info

    def tell(response: Response) -> Response:
        line: Any = {**_line(current_exchange(), response.status_code), "event": "request"}
        for step in steps:
            line = step(None, "info", line)
        write(line)
        return response

    return tell


def _line(exchange: Exchange, status: int) -> dict[str, object]:
    """What is told of an exchange; its route is one of ours, never what was asked for."""
    line: dict[str, object] = {
        "request_id": exchange.request_id,
        "method": exchange.known_method,
        "route": exchange.route,
        "status": status,
        "ms": round((perf_counter() - exchange.began) * 1_000, 2),
    }
    if exchange.caller != NOBODY:
        line["key"] = exchange.caller
    line.update(exchange.decided)
    return line


# ---- what a line looks like ---------------------------------------------------------

_FIRST: tuple[Processor, ...] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
)
_ORDER = ("at", "level", "event")


def _rendering(stream: TextIO) -> list[Processor]:
    if stream.isatty():
        return [structlog.processors.LogfmtRenderer(key_order=_ORDER)]
    return [_as_json]


def _as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str).decode()


def _without_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """In the place of an exception: where it was raised, and not what it says."""
    match event.pop("exc_info", None):
        case (_, BaseException() as error, _):
            event["failure"] = "\n".join(_told(error))
    return event


def _told(error: BaseException) -> Iterator[str]:
    """Kinds and places, the first cause first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _told(before)
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    for frame, line in walk_tb(error.__traceback__):
        yield f"  {frame.f_code.co_filename}:{line} in {frame.f_code.co_name}"


def _note_failed_thread(failed: threading.ExceptHookArgs) -> None:
    name = failed.thread.name if failed.thread else "gone already"
    _LOG.error("the thread `%s` failed", name, exc_info=failed.exc_value)
