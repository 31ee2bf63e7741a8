"""The service behind a real gunicorn, talked to byte by byte."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from tests.services import new_database

ROOT = Path(__file__).parents[2]
PLAYBOOKS = ROOT / "tests" / "corpus" / "requests" / "playbooks"
QUESTION = b'{"prospect":{"id":"c-1"},"history":[],"as_of":"2026-11-20T15:00:00-05:00"}'
LIMIT = 262_144
_SECONDS = 20

Address = tuple[str, int]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """Two workers with four threads each, on a port of their own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "--bind", f"fd://{listening.fileno()}"),
                *("--workers", "2", "--worker-class", "gthread", "--threads", "4"),
                *("--log-level", "error", "--no-control-socket", "service.app:create_app()"),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": new_database(),
                "UNGHOST_PLAYBOOKS": str(PLAYBOOKS),
                "PROMETHEUS_MULTIPROC_DIR": str(tmp_path_factory.mktemp("metrics")),
            },
            pass_fds=[listening.fileno()],
        )
        try:
            where: Address = listening.getsockname()
            assert exchange(where, b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")[0] == 200
            yield where
        finally:
            process.terminate()
            process.wait(_SECONDS)


def exchange(where: Address, *pieces: bytes, close: bool = False) -> tuple[int, Any]:
    """Send bytes as they are, and give the status and the JSON of what comes back."""
    with socket.create_connection(where, timeout=_SECONDS) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except ConnectionError:
            pass  # refused before it was all sent; the answer is there already
        if close:
            connection.shutdown(socket.SHUT_WR)
        response = HTTPResponse(connection)
        response.begin()
        body = response.read()
    return response.status, json.loads(body)


def post(*headers: str) -> bytes:
    """The head of a question."""
    lines = ["POST /v1/next-action HTTP/1.1", "Host: x", "Content-Type: application/json"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def chunked(body: bytes, size: int) -> list[bytes]:
    """A body in chunks, with the end."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]


def padded(size: int) -> bytes:
    """A good question of so many bytes."""
    return QUESTION + b" " * (size - len(QUESTION))


@pytest.mark.parametrize("size", [len(QUESTION), LIMIT])
def test_question_is_answered_however_it_is_sent(size: int, address: Address) -> None:
    """A body up to the limit is read whole, declared or in chunks."""
    body = padded(size)

    declared = exchange(address, post(f"Content-Length: {size}"), body)
    in_chunks = exchange(address, post("Transfer-Encoding: chunked"), *chunked(body, 5_000))

    assert (declared[0], in_chunks[0]) == (200, 200)
    assert {**declared[1], "decision_id": ""} == {**in_chunks[1], "decision_id": ""}


@pytest.mark.parametrize("size", [LIMIT + 1, 2_000_000])
def test_too_large_a_body_is_refused_however_it_is_sent(size: int, address: Address) -> None:
    """A body beyond the limit is 413 in both framings: it is never cut and answered."""
    body = padded(size)

    declared = exchange(address, post(f"Content-Length: {size}"), body)
    in_chunks = exchange(address, post("Transfer-Encoding: chunked"), *chunked(body, 50_000))

    assert [status for status, _ in (declared, in_chunks)] == [413, 413]
    assert declared[1] == in_chunks[1]
    assert declared[1]["type"] == "urn:unghost:problem:too-large"


def test_declared_size_is_enough_to_refuse(address: Address) -> None:
    """What is declared too large is refused before it is sent."""
    status, problem = exchange(address, post("Content-Length: 1000000000"))

    assert (status, problem["status"]) == (413, 413)


def test_endless_body_is_refused(address: Address) -> None:
    """A body in chunks without an end is refused when it passes the limit."""
    pieces = chunked(b"[" * (LIMIT + 100_000), 10_000)[:-1]

    status, problem = exchange(address, post("Transfer-Encoding: chunked"), *pieces)

    assert (status, problem["status"]) == (413, 413)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Length: 500", QUESTION),
        ("Transfer-Encoding: chunked", b"10\r\n{\r\n"),
        ("Transfer-Encoding: chunked", chunked(QUESTION, 20)[0]),
        ("Transfer-Encoding: chunked", b"zz\r\n" + QUESTION),
    ],
    ids=["declared", "inside a chunk", "between chunks", "no chunk at all"],
)
def test_half_a_body_is_refused(head: str, body: bytes, address: Address) -> None:
    """A body that breaks off is a problem of the caller's, not of ours."""
    status, problem = exchange(address, post(head), body, close=True)

    assert (status, problem["type"]) == (400, "urn:unghost:problem:malformed-body")


def test_service_lives_on_beside_half_bodies(address: Address) -> None:
    """Callers who stop in the middle hold a thread each, and the others are still answered."""
    held = [socket.create_connection(address, timeout=_SECONDS) for _ in range(3)]
    try:
        for connection in held:
            connection.sendall(post("Content-Length: 500") + QUESTION)
        statuses = {exchange(address, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")[0]}
    finally:
        for connection in held:
            connection.close()

    assert statuses == {200}


def test_connection_is_kept_between_answers_and_problems(address: Address) -> None:
    """After an ordinary problem the next question comes through the same connection."""
    connection = HTTPConnection(*address, timeout=_SECONDS)
    statuses = []
    for body in (QUESTION, b"{", QUESTION):
        connection.request("POST", "/v1/next-action", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()

    assert statuses == [200, 400, 200]


def test_workers_count_together(address: Address) -> None:
    """`/metrics` tells of all workers, whichever answers."""

    def seen() -> int:
        connection = HTTPConnection(*address, timeout=_SECONDS)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        name = 'unghost_http_requests_total{method="GET",route="/healthz",status="200"} '
        found = re.search(re.escape(name) + r"([\d.]+)", text)
        return int(float(found[1])) if found else 0

    before = seen()
    for _ in range(20):
        exchange(address, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert {seen() - before for _ in range(6)} == {20}
