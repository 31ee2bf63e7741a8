"""The service as it ships, `unghost serve`, on a free port of this machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple

from tests.services import new_database

ROOT = Path(__file__).parents[2]
PLAYBOOKS = ROOT / "tests" / "corpus" / "requests" / "playbooks"
QUESTION = b'{"prospect":{"id":"c-1"},"history":[],"as_of":"2026-11-20T15:00:00-05:00"}'
PATIENCE = 20


class Address(NamedTuple):
    """Where the service answers, and the process that started its workers."""

    host: str
    port: int
    process: int


@contextmanager
def serving(*options: str, environment: Mapping[str, str] | None = None) -> Iterator[Address]:
    """The service with these options, ready to answer, and stopped in the end.

    It writes to no terminal: an error that nobody asked for is on stderr, which a test sees.
    """
    port = free_port()
    process = start(port, *options, environment=environment)
    address = Address("127.0.0.1", port, process.pid)
    try:
        until_ready(address)
        yield address
    finally:
        stop(process)


def start(
    port: int, *options: str, environment: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """The service, about to answer at a port; all its processes are a group of their own."""
    command = [sys.executable, "-m", "service", "serve", "--port", str(port), *options]
    usual = {
        "UNGHOST_PLAYBOOKS": str(PLAYBOOKS),
        "DATABASE_URL": new_database(),
        "UNGHOST_LOG": "warning",
    }
    more = {**usual, **(environment or {})}
    clean = {name: value for name, value in os.environ.items() if name != "WEB_CONCURRENCY"}
    return subprocess.Popen(command, cwd=ROOT, env={**clean, **more}, start_new_session=True)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End it as an operator does; where it does not end, kill all of it, and raise."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    finally:
        kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End all its processes at once, whatever they do."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def until_ready(address: Address) -> None:
    """Wait for the first answer."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            assert ask(address, "GET", "/readyz")[0] == 200
        except OSError:
            assert time.monotonic() < end, "the service does not start"
            time.sleep(0.05)
        else:
            return


def ask(
    address: Address,
    method: str,
    path: str,
    body: bytes | None = None,
    kind: str = "application/json",
    timeout: float = PATIENCE,
) -> tuple[int, Any]:
    """One request on a connection of its own: the status, and the JSON of the answer.

    Raises:
        OSError: there is no answer, or none in time.
    """
    with closing(HTTPConnection(address.host, address.port, timeout=timeout)) as connection:
        try:
            connection.request(method, path, body, {"Content-Type": kind} if body else {})
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")
        except HTTPException as error:
            raise ConnectionError(repr(error)) from error


def decision(address: Address, timeout: float = PATIENCE) -> int:
    """The status of a good question's answer."""
    return ask(address, "POST", "/v1/next-action", QUESTION, timeout=timeout)[0]
