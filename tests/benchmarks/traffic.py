"""`POST /v1/next-action` against an empty Flask echo: same gunicorn, same client, in turns.

The server has one core and the client another. Every round asks one after the other, in
alternating order, so that a noisy second hits all; what counts is the ratio of a round. With the
settings that ship the floor (`least`) takes its turns too.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from urllib.request import urlopen

from tests.benchmarks.databases import addresses
from tests.benchmarks.processes import (
    ROOT,
    cores,
    free_port,
    processor_seconds,
    running,
    until_answered,
)
from tests.benchmarks.served import APPS
from tests.benchmarks.spread import spread

CONNECTIONS = (1, 8, 64)
_PATIENCE = 10.0
SHIPPED = "gthread"
_FLOOR = "floor"
#: Worker classes, and the package that each wants besides gunicorn.
_CLASSES = {"gthread": None, "sync": None, "gevent": "gevent", "tornado": "tornado"}
#: `core_us`: what an answer takes of the server's core, whoever else wants that core.
_FIGURES = ("per_second", "p50_ms", "p99_ms", "core_us")

Rounds = dict[str, list[dict[str, float]]]


@dataclass(frozen=True)
class Server:
    """A server that runs: its port, and the process whose children answer."""

    port: int
    process: subprocess.Popen[bytes]


def classes() -> list[str]:
    """The worker classes that can be tried here."""
    return [name for name, package in _CLASSES.items() if not package or find_spec(package)]


def traffic(
    request: bytes, seconds: float, rounds: int, connections: Sequence[int] = CONNECTIONS
) -> dict[str, Any]:
    """By worker class and number of connections: both servers, and ours over the echo.

    `seconds` is for one server in one round. `client` tells how fast the client can ask, and
    how busy it was at most; while that is far from 1 it is not what was measured.
    """
    with addresses() as databases, ExitStack() as stack:
        servers = {
            worker: {app: _start(stack, app, worker) for app in APPS if app != _FLOOR}
            for worker in classes()
        }
        servers[SHIPPED][_FLOOR] = _start(stack, _FLOOR, SHIPPED)
        if url := databases.get("PostgreSQL"):
            mine = _start(stack, "unghost", SHIPPED, url)
            echo = servers[SHIPPED]["echo"]
            servers[f"{SHIPPED}, PostgreSQL"] = {"unghost": mine, "echo": echo}
        void = _start(stack, "void", "none")
        found = {
            kind: {
                str(number): compared(both, number, seconds, rounds, request)
                for number in connections
            }
            for kind, both in servers.items()
        }
        ceiling = {str(n): ask(void.port, n, seconds, request)["per_second"] for n in connections}
    busiest = max(cell.pop("client_busy") for one in found.values() for cell in one.values())
    return {"classes": found, "client": {"ceiling": ceiling, "busiest": busiest}}


def _start(stack: ExitStack, app: str, worker: str, database: str | None = None) -> Server:
    port, places = free_port(), cores()
    core = [str(places[0])] if places else []
    arguments = ["-m", "tests.benchmarks.served", app, worker, str(port), *core]
    process = stack.enter_context(running(arguments, database))
    until_answered(port, "", process)
    return Server(port, process)


def compared(
    servers: Mapping[str, Server], connections: int, seconds: float, rounds: int, request: bytes
) -> dict[str, Any]:
    """Some rounds with all servers, by app: their figures, and over those of the echo.

    `ratio` are ours over the echo's; `floor_ratio` the floor's, where it was there.
    """
    found: Rounds = {app: [] for app in servers}
    before = recorded(servers["unghost"].port)
    for app, result in _in_turns(servers, connections, seconds, rounds, request):
        found[app].append(result)
    after = recorded(servers["unghost"].port)
    known = [f for f in _FIGURES if all(r.get(f) for results in found.values() for r in results)]
    each = {
        app: {figure: spread(r[figure] for r in results).to_json() for figure in known}
        for app, results in found.items()
    }
    floor = {"floor_ratio": _over_echo(found, _FLOOR, known)} if _FLOOR in found else {}
    return {
        **each,
        **floor,
        "ratio": _over_echo(found, "unghost", known),
        "record_ms": 1e3 * (after[0] - before[0]) / max(after[1] - before[1], 1),
        "client_busy": max(r["client_busy"] for results in found.values() for r in results),
    }


def _over_echo(found: Rounds, app: str, known: Sequence[str]) -> dict[str, Any]:
    """The figures of an app over those of the echo, round by round."""
    pairs = list(zip(found[app], found["echo"], strict=True))
    return {f: spread(mine[f] / echo[f] for mine, echo in pairs).to_json() for f in known}


def _in_turns(
    servers: Mapping[str, Server], connections: int, seconds: float, rounds: int, request: bytes
) -> Iterator[tuple[str, dict[str, float]]]:
    for number in range(rounds):
        order = list(servers) if number % 2 == 0 else list(servers)[::-1]
        for app in order:
            yield app, _round(servers[app], connections, seconds, request)


def _round(server: Server, connections: int, seconds: float, request: bytes) -> dict[str, float]:
    before = processor_seconds(server.process)
    result = ask(server.port, connections, seconds, request)
    after = processor_seconds(server.process)
    used = None if before is None or after is None else (after - before) / result["every"]
    return result if used is None else {**result, "core_us": used * 1e6}


def ask(port: int, connections: int, seconds: float, request: bytes) -> dict[str, float]:
    """What a client of its own process found.

    Raises:
        CalledProcessError: an answer was none; the client's words are shown.
    """
    places = cores()
    core = [str(places[1])] if places else []
    arguments = [str(port), str(connections), str(seconds), *core]
    command = [sys.executable, "-m", "tests.benchmarks.client", *arguments]
    done = subprocess.run(command, input=request, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


_RECORD = r'unghost_stage_seconds_%s{stage="record"} (\S+)'


def recorded(port: int) -> tuple[float, float]:
    """Seconds that the service at a port has spent until decisions were durable; of how many."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=_PATIENCE) as answer:
        text = answer.read().decode()
    found = [re.search(_RECORD % what, text) for what in ("sum", "count")]
    seconds, number = [float(one[1]) if one else 0.0 for one in found]
    return seconds, number


def request_bytes(body: bytes) -> bytes:
    """A whole HTTP request for the next action."""
    head = (
        "POST /v1/next-action HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body
