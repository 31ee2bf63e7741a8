"""Everything that is measured, in one run: `make bench`.

python -m tests.benchmarks.run [--quick] [--out FILE] [--readme]
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console

from service.decision import Ready
from tests.benchmarks import footprint, peers
from tests.benchmarks.assigning import assigning
from tests.benchmarks.floors import floors
from tests.benchmarks.inside import wsgi
from tests.benchmarks.ledger import ledger
from tests.benchmarks.machine import described, load_average
from tests.benchmarks.readies import made_ready, texts
from tests.benchmarks.report import tables, targets
from tests.benchmarks.sized import by_rules
from tests.benchmarks.stages import SIZES, decisions
from tests.benchmarks.touches import USUAL, questions
from tests.benchmarks.traffic import CONNECTIONS, request_bytes, traffic

README = Path(__file__).with_name("README.md")
_BEGIN, _END = "<!-- make bench README=1 begins -->", "<!-- make bench README=1 ends -->"
#: How many rules fire on average, of however many there are: as many as chance has it, or three.
_FIRE = {"many fire": None, "three fire": 3.0}


@dataclass(frozen=True)
class Effort:
    """How long each thing is measured, in seconds, or how many times."""

    decision: float
    race: float
    round: float
    rounds: int
    times: int
    sizes: tuple[int, ...] = SIZES
    rules: tuple[int, ...] = peers.SIZES
    connections: tuple[int, ...] = CONNECTIONS


FULL = Effort(decision=3.0, race=4.0, round=1.5, rounds=6, times=5)
QUICK = Effort(decision=0.4, race=0.4, round=0.4, rounds=1, times=1)


def measure(effort: Effort, told: Callable[[str], None]) -> dict[str, Any]:
    """All that is measured; `told` hears what comes next."""
    began = perf_counter()
    results: dict[str, Any] = {"machine": described()}
    readies = {name: made_ready(text) for name, text in texts().items()}
    raw = json.dumps(questions(readies["house"], (USUAL,))[USUAL]).encode()
    parts: dict[str, Callable[[], Any]] = {
        "decisions": lambda: decisions(readies, effort.decision, effort.sizes),
        "rules": lambda: rules(effort),
        "engine": lambda: engine(readies["house"], effort),
        "floors": lambda: floors(readies["house"], effort.decision),
        "inside": lambda: wsgi(raw, effort.decision),
        "assigning": lambda: assigning(effort.decision),
        "ledger": lambda: ledger(effort.round, effort.rounds // 2 or 1),
        "loading": lambda: footprint.loading(texts(), effort.times),
        "start": lambda: footprint.starts(effort.times),
        "memory": lambda: footprint.memory_of_workers(request_bytes(raw), effort.round * 2),
        "traffic": lambda: traffic(
            request_bytes(raw), effort.round, effort.rounds, effort.connections
        ),
    }
    for name, part in parts.items():
        told(name)
        results[name] = part()
    results["machine"]["busy after"] = load_average()
    results["seconds"] = round(perf_counter() - began, 1)
    return results


def rules(effort: Effort) -> dict[str, Any]:
    """Whole decisions with few rules and with many."""
    sizes = (effort.rules[0], effort.rules[-1])
    return {kind: by_rules(sizes, fire, effort.decision) for kind, fire in _FIRE.items()}


def engine(house: Ready, effort: Effort) -> dict[str, Any]:
    """The races: as many rules fire as chance has it, three of them, and as many as house has."""
    mine = sum(len(stratum.rules) for stratum in house.ruleset.strata)
    races = {
        kind: {str(n): _race(peers.random_rules(n, fire), effort.race) for n in effort.rules}
        for kind, fire in _FIRE.items()
    }
    return {**races, "as house": _race(peers.random_rules(mine), effort.race)}


def _race(rules: peers.Rules, seconds: float) -> dict[str, Any]:
    times = {name: time.to_json() for name, time in peers.race(rules, seconds).items()}
    return {"rules": len(rules), "fire": peers.fired(rules), "times": times}


# ---- what is done with the results --------------------------------------------------


def write_readme(results: Mapping[str, Any], readme: Path) -> None:
    """Put the tables between the two marks of a README.

    Raises:
        ValueError: a mark is missing.
    """
    before, begin, rest = readme.read_text("utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"{readme} has not both marks: {_BEGIN} and {_END}")
    parts = [begin, _machine(results), *(table.markdown() for table in tables(results)), end]
    readme.write_text(before + "\n\n".join(parts) + after, "utf-8")


def _machine(results: Mapping[str, Any]) -> str:
    here = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in here["packages"].items())
    return (
        f"{here['at']}, commit {here['commit']}{' with changes' if here['changed'] else ''}: "
        f"{here['cores']} cores of {here['processor']}, {here['system']}, Python {here['python']}, "
        f"{versions}. Load average {here['busy']} before, {here['busy after']} after; "
        f"{results['seconds']:g} seconds."
    )


def main() -> None:
    """Measure, show, and write where it was asked for."""
    parser = argparse.ArgumentParser(description="Measure everything, in one run.")
    parser.add_argument("--quick", action="store_true", help="less than a minute, less exact")
    parser.add_argument("--out", type=Path, help="append the results to this file, as one line")
    parser.add_argument("--readme", action="store_true", help="put the tables into README.md")
    chosen = parser.parse_args()
    console = Console(width=None if Console().is_terminal else 240)
    results = measure(
        QUICK if chosen.quick else FULL, lambda part: console.print(f"measuring: {part}")
    )
    results["quick"] = chosen.quick
    results["targets"] = [(*target.row(), target.found) for target in targets(results)]
    console.print("", _machine(results), "")
    for table in tables(results):
        table.show(console)
    if chosen.out:
        with chosen.out.open("a", encoding="utf-8") as out:
            out.write(json.dumps(results, ensure_ascii=False) + "\n")
    if chosen.readme:
        write_readme(results, README)


if __name__ == "__main__":
    main()
