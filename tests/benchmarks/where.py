"""Where the time of a decision goes: `make profile PLAYBOOK=house`.

    python -m tests.benchmarks.where [PLAYBOOK] [TOUCHES]

First the stages, of a decision and of the HTTP request around it; then the functions, by the
time spent in each itself. The profiler doubles the time of small functions: believe the
stages' numbers, and the functions' order.
"""

import cProfile
import json
import pstats
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.benchmarks.inside import wsgi
from tests.benchmarks.machine import load_average
from tests.benchmarks.processes import ROOT
from tests.benchmarks.readies import made_ready, texts
from tests.benchmarks.seams import Door, door
from tests.benchmarks.stages import decisions
from tests.benchmarks.tables import Table, middle, number
from tests.benchmarks.touches import questions

_SECONDS = 3.0
_ROUNDS = 2_000
_FUNCTIONS = 40


def stages(times: Mapping[str, Any]) -> Table:
    """The stages of one decision."""
    parts = ((name, middle(time)) for name, time in times["stages"].items())
    whole = ("whole, bytes to bytes", middle(times["whole"]))
    rows = (whole, ("of which read and decided", middle(times["decide"])), *parts)
    return Table("One decision, µs", ("stage", "median (p10-p90)"), rows)


def request(times: Mapping[str, Any]) -> Table:
    """The stages of one request through the app."""
    parts = ((name, middle(time)) for name, time in times["stages"].items())
    whole = ("whole", middle(times["unghost"]))
    rows = (whole, ("an empty echo", middle(times["echo"])), *parts)
    return Table("One request through the app, no server, µs", ("stage", "median (p10-p90)"), rows)


def functions(here: Door, raw: bytes, rounds: int) -> Table:
    """The functions that take most of a decision, by their own time."""
    profile = cProfile.Profile()
    here.whole(raw)
    with profile:
        for _ in range(rounds):
            here.whole(raw)
    rows = tuple(_rows(pstats.Stats(profile), rounds))
    columns = ("function", "calls", "own µs", "µs with all it calls")
    return Table("The functions of one decision, as cProfile sees them", columns, rows)


def _rows(stats: pstats.Stats, rounds: int) -> Iterator[tuple[str, ...]]:
    entries: dict[Any, Any] = stats.stats  # type: ignore[attr-defined]  # typeshed leaves it out
    costly = sorted(entries.items(), key=lambda entry: -entry[1][2])
    for (file, line, name), (_, calls, own, whole, _) in costly[:_FUNCTIONS]:
        path = Path(file)
        shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
        where = f"{shown}:{line} {name}" if line else name
        yield where, f"{calls / rounds:g}", number(own / rounds * 1e6), number(whole / rounds * 1e6)


def main() -> None:
    """Measure one playbook, and show it."""
    name, touches, *_ = [*sys.argv[1:], *("house", "10")[len(sys.argv) - 1 :]]
    ready = made_ready(texts()[name])
    raw = json.dumps(questions(ready, (int(touches),))[int(touches)]).encode()
    console = Console(width=None if Console().is_terminal else 140)
    console.print(f"{name}, {touches} touches, load average {load_average()}", "")
    found = decisions({name: ready}, _SECONDS, (int(touches),))
    stages(found[name][touches]).show(console)
    request(wsgi(raw, _SECONDS)).show(console)
    functions(door(ready), raw, _ROUNDS).show(console)


if __name__ == "__main__":
    main()
