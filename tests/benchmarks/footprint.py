"""What serving takes besides time for answers: the start, the memory, the loading of playbooks."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from service.decision import Ready, make_ready
from service.playbook import load
from tests.benchmarks.processes import free_port, memory, running, until_answered, workers_of
from tests.benchmarks.spread import spread
from tests.benchmarks.traffic import ask

_CONNECTIONS = 8


def starts(times: int) -> dict[str, float]:
    """Seconds from the command `unghost serve` until `/readyz` first says that it is ready."""
    return spread(_start() for _ in range(times)).to_json()


def _start() -> float:
    port = free_port()
    began = perf_counter()
    with running(_serve(port)) as process:
        until_answered(port, "/readyz", process)
        return perf_counter() - began


def _serve(port: int, workers: int = 1) -> list[str]:
    return ["-m", "service", "serve", "--port", str(port), "--workers", str(workers)]


def memory_of_workers(request: bytes, seconds: float, workers: int = 2) -> dict[str, Any]:
    """MB of `unghost serve` after a warm-up: of the master, and of the largest worker."""
    port = free_port()
    with running(_serve(port, workers)) as process:
        until_answered(port, "/readyz", process)
        ask(port, _CONNECTIONS, seconds, request)
        return memory_of(process)


def memory_of(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """MB of a process and of the largest of its children; nothing where there is no /proc."""
    if not Path("/proc/self/smaps_rollup").exists():
        return {}
    workers = [memory(number) for number in workers_of(process)]
    largest = max(workers, key=lambda one: one["resident"])
    return {"workers": len(workers), "master": memory(process.pid), "worker": largest}


def loading(playbooks: Mapping[str, bytes], times: int) -> dict[str, Any]:
    """By playbook, milliseconds to read, check and compile its text, and to make it ready."""
    return {name: _load(text, times) for name, text in playbooks.items()}


def _load(text: bytes, times: int) -> dict[str, Any]:
    load_ms, ready_ms = [], []
    for _ in range(times):
        began = perf_counter()
        ruleset = load(text).ruleset
        loaded = perf_counter()
        if ruleset is None:
            raise ValueError("the playbook has errors")
        ready: Ready = make_ready(ruleset)
        ready_ms.append((perf_counter() - loaded) * 1e3)
        load_ms.append((loaded - began) * 1e3)
        ready.program.close()
    return {"load": spread(load_ms).to_json(), "make_ready": spread(ready_ms).to_json()}
