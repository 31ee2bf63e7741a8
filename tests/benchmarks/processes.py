"""Other processes of a run: where they run, when they are ready, what memory they take."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, perf_counter, sleep

from tests.services import new_database

ROOT = Path(__file__).parents[2]
_PATIENCE = 30
_PAUSE = 0.002
_OK = 200


def cores() -> tuple[int, int] | None:
    """A core for the server and another for the client; None where that cannot be had."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else None


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(
    arguments: Sequence[str], database: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process with these arguments, stopped in the end.

    It has a database of its own, a new SQLite file where none is given. What it wrote is shown
    where the block fails.
    """
    clean = {name: value for name, value in os.environ.items() if name != "WEB_CONCURRENCY"}
    clean["DATABASE_URL"] = database or new_database()
    command = [sys.executable, *arguments]
    with TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=clean, stdout=log, stderr=log)
        try:
            yield process
        except BaseException:
            log.seek(0)
            sys.stderr.buffer.write(log.read())
            raise
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
            process.kill()
            process.wait()


def until_answered(port: int, path: str, process: subprocess.Popen[bytes]) -> float:
    """Seconds from now until the path is answered with 200, or anything where it is empty.

    Raises:
        TimeoutError: that does not come.
        ConnectionError: the process ended.
    """
    began = perf_counter()
    end = monotonic() + _PATIENCE
    while monotonic() < end:
        if process.poll() is not None:
            raise ConnectionError(f"the process ended: {process.args!r}")
        if _is_answered(port, path):
            return perf_counter() - began
        sleep(_PAUSE)
    raise TimeoutError(f"no answer within {_PATIENCE} seconds: {process.args!r}")


def _is_answered(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", path or "/")
        status = connection.getresponse().status
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return not path or status == _OK


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    """The children of a process, as Linux tells them."""
    listing = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(number) for number in listing.read_text("ascii").split()]


def memory(number: int) -> dict[str, float]:
    """What a process holds, in MB: `resident`, and `own` where shared pages are shared out."""
    text = Path(f"/proc/{number}/smaps_rollup").read_text("ascii")
    lines = dict(line.split(":", 1) for line in text.splitlines()[1:])
    sizes = {"resident": lines["Rss"], "own": lines["Pss"]}
    return {name: int(size.split()[0]) * 1024 / 1e6 for name, size in sizes.items()}


def processor_seconds(process: subprocess.Popen[bytes]) -> float | None:
    """What the children of a process have used of a core so far; None where there is no /proc.

    Other processes hardly touch this number, as busy as they may keep the machine.
    """
    if not Path("/proc/self/stat").exists():
        return None
    return sum(map(_processor_seconds, workers_of(process))) / os.sysconf("SC_CLK_TCK")


def _processor_seconds(number: int) -> int:
    fields = Path(f"/proc/{number}/stat").read_text("utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
