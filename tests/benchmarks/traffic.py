"""`POST /v1/next-action` against an empty Flask echo: same gunicorn, same client, in turns.

The server has one core and the client another. Every round asks the one and then the other,
in alternating order, so that a noisy second hits both; what counts is the ratio of a round.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Any

from tests.benchmarks.processes import ROOT, cores, free_port, running, until_answered
from tests.benchmarks.served import APPS
from tests.benchmarks.spread import spread

CONNECTIONS = (1, 8, 64)
SHIPPED = "gthread"
#: Worker classes, and the package that each wants besides gunicorn.
_CLASSES = {"gthread": None, "sync": None, "gevent": "gevent", "tornado": "tornado"}
_FIGURES = ("per_second", "p50_ms", "p99_ms")

Rounds = dict[str, list[dict[str, float]]]


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
    with ExitStack() as stack:
        ports = {(worker, app): _start(stack, app, worker) for worker in classes() for app in APPS}
        void = _start(stack, "void", "none")
        found = {
            worker: {
                str(number): _cell(
                    {app: ports[worker, app] for app in APPS}, number, seconds, rounds, request
                )
                for number in connections
            }
            for worker in classes()
        }
        ceiling = {str(n): ask(void, n, seconds, request)["per_second"] for n in connections}
    busiest = max(cell.pop("client_busy") for one in found.values() for cell in one.values())
    return {"classes": found, "client": {"ceiling": ceiling, "busiest": busiest}}


def _start(stack: ExitStack, app: str, worker: str) -> int:
    port, places = free_port(), cores()
    core = [str(places[0])] if places else []
    arguments = ["-m", "tests.benchmarks.served", app, worker, str(port), *core]
    process = stack.enter_context(running(arguments))
    until_answered(port, "", process)
    return port


def _cell(
    ports: dict[str, int], connections: int, seconds: float, rounds: int, request: bytes
) -> dict[str, Any]:
    """Some rounds with both servers."""
    found: Rounds = {app: [] for app in ports}
    for app, result in _in_turns(ports, connections, seconds, rounds, request):
        found[app].append(result)
    ratios = {
        figure: spread(o[figure] / e[figure] for o, e in zip(*found.values(), strict=True))
        for figure in _FIGURES
    }
    both = {
        app: {figure: spread(r[figure] for r in results).to_json() for figure in _FIGURES}
        for app, results in found.items()
    }
    return {
        **both,
        "ratio": {figure: ratio.to_json() for figure, ratio in ratios.items()},
        "client_busy": max(r["client_busy"] for results in found.values() for r in results),
    }


def _in_turns(
    ports: dict[str, int], connections: int, seconds: float, rounds: int, request: bytes
) -> Iterator[tuple[str, dict[str, float]]]:
    for number in range(rounds):
        order = list(ports) if number % 2 == 0 else list(ports)[::-1]
        for app in order:
            yield app, ask(ports[app], connections, seconds, request)


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


def request_bytes(body: bytes) -> bytes:
    """A whole HTTP request for the next action."""
    head = (
        "POST /v1/next-action HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body
