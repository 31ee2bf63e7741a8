"""Keeping decisions: in groups, against one transaction for each, on both databases.

python -m tests.benchmarks.ledger [SECONDS]
"""

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any
from uuid import uuid4

import orjson
from rich.console import Console

from service.decision import Ready, decide, make_ready, read_request
from service.playbook import load
from service.store.ledger.ledger import Made, Used, decision_row
from service.store.ledger.minimised import readable
from service.store.ledger.outcome_rows import seen
from service.store.ledger.writing import Writer, Writing
from service.store.sql.database import Database, DatabaseAway
from tests.benchmarks.databases import addresses
from tests.benchmarks.processes import ROOT
from tests.benchmarks.spread import part, spread
from tests.benchmarks.tables import Table, middle, number
from tests.benchmarks.touches import AS_OF, questions
from tests.policies import SHIPPED

THREADS = (1, 8, 64)
_TOUCHES = 10
Write = Callable[[Writing], None]


def ledger(seconds: float, rounds: int, threads: tuple[int, ...] = THREADS) -> dict[str, Any]:
    """Decisions kept a second, and ms for each, by database, threads and way.

    The two ways take turns, `rounds` times, for so many seconds each. A database that does
    not answer is left out.
    """
    one = _made()
    found = {}
    with addresses() as urls:
        for kind, url in urls.items():
            with closing(Database(url)) as database:
                found[kind] = {
                    str(many): _compared(database, one, many, seconds, rounds) for many in threads
                }
    return found


def _compared(
    database: Database, one: Made, threads: int, seconds: float, rounds: int
) -> dict[str, Any]:
    writer = Writer(database)
    ways: dict[str, Write] = {
        "groups": writer.write,
        "one each": lambda writing: writer._transact([writing]),
    }
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, write in ways.items():
            found[name].append(_kept(write, one, threads, seconds))
    ratios = [
        a["per_second"] / max(b["per_second"], 1)
        for a, b in zip(found["groups"], found["one each"], strict=True)
    ]
    return {
        **{
            name: {figure: median(each[figure] for each in all_) for figure in all_[0]}
            for name, all_ in found.items()
        },
        "ratio": spread(ratios).to_json(),
    }


def _kept(write: Write, one: Made, threads: int, seconds: float) -> dict[str, float]:
    """Threads that keep decisions, each one after the other, until the time is over."""
    end = perf_counter() + seconds
    taken: list[float] = []
    failed: list[int] = []

    def work(_: int) -> None:
        while (began := perf_counter()) < end:
            writing = _writing(one)
            try:
                write(writing)
            except DatabaseAway:
                failed.append(1)
            else:
                taken.append(perf_counter() - began)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    ordered = sorted(taken) or [0.0]
    return {
        "per_second": len(taken) / (seconds + perf_counter() - end),
        "p50_ms": part(ordered, 0.5) * 1e3,
        "p99_ms": part(ordered, 0.99) * 1e3,
        "failed": float(len(failed)),
    }


_numbers = count()


def _writing(one: Made) -> Writing:
    """A decision about one of a thousand people, as `Ledger.record` writes it."""
    person = f"c-{next(_numbers) % 1000}"
    request = replace(one.request, prospect_id=person)
    new = replace(one, id=str(uuid4()), request=request)
    now = datetime.now(UTC)
    row = decision_row(new, _keyed, now)
    return Writing(row, tuple(seen(request, row)))


def _keyed(text: str) -> str:
    return f"person:{text:>064}"


def _made() -> Made:
    ready = _ready()
    body = questions(ready, (_TOUCHES,))[_TOUCHES]
    request = read_request(body, ready, AS_OF)
    decision = decide(ready, SHIPPED, request)
    answer = orjson.dumps({"decision_id": str(uuid4()), **decision.to_json()})
    used = Used(1, "default", 1, "sha256:0")
    return Made(str(uuid4()), body, readable(ready), request, decision, answer, used, 300)


def _ready() -> Ready:
    ruleset = load((ROOT / "playbooks" / "house.yaml").read_bytes()).ruleset
    if ruleset is None:
        raise ValueError("the playbook has errors")
    return make_ready(ruleset)


# ---- what is told -------------------------------------------------------------------


def table(results: Mapping[str, Any]) -> Table:
    """The results as a table."""
    columns = (
        *("database", "threads", "groups/s", "one each/s", "ratio (p10-p90)"),
        *("groups p50 ms", "p99", "one each p50 ms", "p99", "failed"),
    )
    rows = tuple(
        (
            kind,
            threads,
            *(number(cell[way]["per_second"]) for way in ("groups", "one each")),
            middle(cell["ratio"]),
            *(
                number(cell[way][figure])
                for way in ("groups", "one each")
                for figure in ("p50_ms", "p99_ms")
            ),
            f"{cell['groups']['failed']:g} and {cell['one each']['failed']:g}",
        )
        for kind, cells in results.items()
        for threads, cell in cells.items()
    )
    title = "Keeping decisions, durable: many in a transaction, and one in each; a second"
    return Table(title, columns, rows)


def main() -> None:
    """Measure, and show."""
    seconds = float([*sys.argv[1:], "1.5"][0])
    console = Console(width=None if Console().is_terminal else 160)
    table(ledger(seconds, 5)).show(console)


if __name__ == "__main__":
    main()
