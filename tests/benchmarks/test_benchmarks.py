"""The benchmarks can still be run; no test asks how fast anything is."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.benchmarks import footprint, peers, readies, report, run, traffic
from tests.benchmarks.assigning import assigning
from tests.benchmarks.floors import floors
from tests.benchmarks.inside import wsgi
from tests.benchmarks.ledger import ledger
from tests.benchmarks.machine import described
from tests.benchmarks.processes import free_port, running, until_answered
from tests.benchmarks.seams import door
from tests.benchmarks.stages import STAGES, decisions
from tests.benchmarks.touches import questions
from tests.benchmarks.where import functions

#: The whole service, or many processes: `make proof`, and CI.
pytestmark = pytest.mark.proof

SIZES = (1, 10)


def _exchanges(raw: bytes) -> dict[str, Any]:
    """The client at work, with a server that does nothing in the place of all."""
    port = free_port()
    with running(["-m", "tests.benchmarks.served", "void", "none", str(port)]) as process:
        until_answered(port, "", process)
        server = traffic.Server(port, process)
        servers = dict.fromkeys(("unghost", "echo", "floor"), server)
        cell = traffic.compared(servers, 2, 0.02, 1, raw)
    busiest = cell.pop("client_busy")
    return {
        "classes": {"gthread": {"2": cell}},
        "client": {"ceiling": {"2": 1.0}, "busiest": busiest},
    }


def test_benchmarks_run(tmp_path: Path) -> None:
    """Every measurement but the start of real servers gives what the report tells."""
    text = readies.texts()["house"]
    house = readies.made_ready(text)
    raw = json.dumps(questions(house, SIZES)[10]).encode()
    effort = run.Effort(decision=0, race=0, round=0, rounds=1, times=1, rules=(10, 20))
    results = {
        "machine": {**described(), "busy after": 0.0},
        "seconds": 1.0,
        "decisions": decisions({"house": house}, 0, SIZES),
        "rules": run.rules(effort),
        "engine": run.engine(house, effort),
        "floors": floors(house, 0, few=1, many=10),
        "inside": wsgi(raw, 0),
        "assigning": assigning(0),
        "ledger": ledger(0.05, 1, (2,)),
        "loading": footprint.loading({"house": text}, 1),
        "start": {"median": 1.0, "p10": 1.0, "p90": 1.0, "count": 1},
        "memory": {},
        "traffic": _exchanges(traffic.request_bytes(raw)),
    }
    readme = tmp_path / "README.md"
    readme.write_text(run.README.read_text("utf-8"), "utf-8")

    run.write_readme(json.loads(json.dumps(results)), readme)

    assert readme.read_text("utf-8").count("\n**") == len(report.tables(results)) == 10
    assert [target.found > 0 for target in report.targets(results)] == [True] * len(
        report.targets(results)
    )
    assert set(results["decisions"]["house"]["10"]["stages"]) == set(STAGES)
    functions(door(house), raw, 1).show(Console(quiet=True))


def test_contestants_agree() -> None:
    """Rules and facts are the same for everybody, and so is what fires."""
    rules = peers.random_rules(30, fire=3)
    contestants = {name: make(rules) for name, make in peers.CONTESTANTS.items()}

    answers = [
        {name: ask(facts) for name, ask in contestants.items() if "first" not in name}
        for facts in peers.random_facts()
    ]

    assert len(rules) == 30
    assert any(answer["ours"] for answer in answers)
    assert [len(set(map(frozenset, answer.values()))) for answer in answers] == [1] * len(answers)
