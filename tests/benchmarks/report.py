"""The results of a run as tables, and what they say about the numbers to reach."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.benchmarks import assigning, ledger
from tests.benchmarks.floors import FEW, MANY
from tests.benchmarks.tables import Table, medians, middle, number

Results = Mapping[str, Any]
_NONE = {"median": 0.0}


@dataclass(frozen=True)
class Target:
    """One number to reach: what it is, what was found, and on which side of the limit it lies.

    `alone` is the same number for the libraries alone, with nothing of ours around their calls,
    where that was measured: where not even that lies on the right side, no code of ours can.
    """

    what: str
    found: float
    limit: float
    at_least: bool = False
    unit: str = ""
    alone: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether it is reached."""
        return self._fits(self.found)

    def _fits(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def row(self) -> tuple[str, ...]:
        """A row of the table of targets."""
        wanted = f"{'≥' if self.at_least else '≤'} {self.limit:g}{self.unit}"
        alone = "" if self.alone is None else f"{number(self.alone)}{self.unit}"
        return self.what, f"{number(self.found)}{self.unit}", wanted, alone, self.verdict

    @property
    def verdict(self) -> str:
        """In words."""
        if self.is_met:
            return "met"
        reachable = self.alone is None or self._fits(self.alone)
        return "not met" if reachable else "not met, nor by the libraries alone"


def targets(results: Results) -> list[Target]:
    """Every target of which the run measured something."""
    return [
        *_of_decisions(results),
        *_of_assigning(results),
        *_of_rules(results),
        *_of_traffic(results),
    ]


def _of_decisions(results: Results) -> Iterator[Target]:
    house = results["decisions"]["house"]
    ten = house["10"]["whole"]["median"]
    alone = results["floors"][FEW]["median"]
    what = "one decision of house, 10 touches, bytes to bytes"
    yield Target(what, ten, 150, unit=" µs", alone=alone)
    for name, label in (("zen", "create_decision"), ("zen, loaded", "loader's key")):
        zen = results["engine"]["as house"]["times"][name]["median"]
        what = f"zen-engine ({label}), a table of as many rules, over that"
        yield Target(what, zen / ten, 2, at_least=True, unit=" x", alone=zen / alone)
    if "1000" in house:
        ratio = house["1000"]["whole"]["median"] / ten
        what = "1,000 touches over 10, house, bytes to bytes"
        alone = results["floors"][MANY]["median"] / ten
        yield Target(what, ratio, 4, unit=" x", alone=alone)
        ratio = house["1000"]["decide"]["median"] / house["10"]["decide"]["median"]
        yield Target("1,000 touches over 10, house, read and decided", ratio, 4, unit=" x")
        ratio = _decided(house["1000"]) / _decided(house["10"])
        yield Target("1,000 touches over 10, house, decided once it is read", ratio, 4, unit=" x")


def _of_assigning(results: Results) -> Iterator[Target]:
    what = "an experiment that runs, over none, where the unit's arm is known"
    yield Target(what, assigning.added(results["assigning"]), assigning.MOST, unit=" µs")


def _decided(one: Results) -> float:
    """What lies between a request that is read and an answer that is not yet written."""
    outside = ("validate", "read", "serialise")
    return sum(float(time["median"]) for name, time in one["stages"].items() if name not in outside)


def _of_rules(results: Results) -> Iterator[Target]:
    for kind, sizes in results["rules"].items():
        first, last = sizes
        ratio = sizes[last]["median"] / sizes[first]["median"]
        yield Target(f"{last} rules over {first}, a decision, {kind}", ratio, 4, unit=" x")


def _of_traffic(results: Results) -> Iterator[Target]:
    for connections, cell in results["traffic"]["classes"]["gthread"].items():
        what = f"POST /v1/next-action over the echo, gthread, {connections} connections"
        found = cell["ratio"]["per_second"]["median"]
        alone = cell["floor_ratio"]["per_second"]["median"]
        yield Target(what, found, 0.7, at_least=True, unit=" x", alone=alone)


# ---- tables -------------------------------------------------------------------------


def tables(results: Results) -> list[Table]:
    """All of them; the targets come first."""
    rows = tuple(target.row() for target in targets(results))
    ten = results["decisions"]["house"]["10"]["whole"]["median"]
    return [
        Table("Numbers to reach", ("what", "found", "wanted", "libraries alone", ""), rows),
        _decisions(results["decisions"]),
        _floors(results["floors"]),
        _rules(results["rules"]),
        _engine(results["engine"]),
        _traffic(results["traffic"]),
        assigning.table(results["assigning"], ten),
        ledger.table(results["ledger"]),
        _inside(results["inside"]),
        _footprint(results),
    ]


def _floors(floors: Results) -> Table:
    whole = floors["whole"]["median"]
    rows = tuple(
        (name, middle(time), f"{time['median'] / whole:.2f} x")
        for name, time in floors.items()
        if name != "whole"
    )
    columns = ("what", "µs: median (p10-p90)", "over a whole decision of house, 10 touches")
    return Table("What cannot be less: the libraries alone", columns, rows)


def _decisions(decisions: Results) -> Table:
    some = next(iter(next(iter(decisions.values())).values()))
    columns = ("playbook", "touches", "whole", "over 10", *some["stages"])
    rows = tuple(
        (
            name,
            size,
            middle(one["whole"]),
            f"{one['whole']['median'] / sizes['10']['whole']['median']:.1f} x",
            *medians(one["stages"]),
        )
        for name, sizes in decisions.items()
        for size, one in sizes.items()
    )
    return Table("One decision in process, µs: median (p10-p90), then its stages", columns, rows)


def _engine(engine: Results) -> Table:
    races = [
        (kind, one)
        for kind, sizes in engine.items()
        if kind != "as house"
        for one in sizes.values()
    ]
    races.append(("as house", engine["as house"]))
    names = list(races[0][1]["times"])
    columns = ("which fire", "rules", "fire", *names, "clips over ours", "zen, loaded over ours")
    rows = tuple(
        (
            kind,
            str(one["rules"]),
            number(one["fire"]),
            *(middle(one["times"][name]) for name in names),
            *(f"{_ratio(one['times'], name):.2f} x" for name in ("clips", "zen, loaded")),
        )
        for kind, one in races
    )
    return Table("The engine and its peers, µs a question: median (p10-p90)", columns, rows)


def _ratio(times: Results, name: str) -> float:
    return float(times[name]["median"] / times["ours"]["median"])


def _traffic(traffic: Results) -> Table:
    columns = (
        *("worker", "connections", "echo/s", "ours/s", "ratio (p10-p90)", "floor/s", "ratio"),
        *("echo p50", "ours p50", "ratio", "echo p99", "ours p99", "ratio"),
        *("echo core µs", "ours core µs", "ratio", "of ours, record ms"),
    )
    rows = tuple(
        (
            worker,
            connections,
            *medians({app: cell[app]["per_second"] for app in ("echo", "unghost")}),
            middle(cell["ratio"]["per_second"]),
            *_of_floor(cell),
            *(
                number(value["median"])
                for figure in ("p50_ms", "p99_ms", "core_us")
                for value in (cell[app].get(figure, _NONE) for app in ("echo", "unghost", "ratio"))
            ),
            number(cell["record_ms"]),
        )
        for worker, cells in traffic["classes"].items()
        for connections, cell in cells.items()
    )
    ceiling = ", ".join(f"{number(n)}/s" for n in traffic["client"]["ceiling"].values())
    busiest = f"{traffic['client']['busiest']:.0%}"
    title = "POST /v1/next-action and an empty Flask echo, one worker; answers a second, and ms"
    return Table(f"{title} (client: {busiest} busy at most, alone {ceiling})", columns, rows)


def _of_floor(cell: Results) -> tuple[str, str]:
    """What the floor reached, where it was there."""
    if "floor_ratio" not in cell:
        return "", ""
    return number(cell["floor"]["per_second"]["median"]), middle(cell["floor_ratio"]["per_second"])


def _rules(rules: Results) -> Table:
    rows: list[tuple[str, ...]] = []
    for kind, sizes in rules.items():
        fewest = next(iter(sizes.values()))["median"]
        rows += [
            (kind, size, middle(time), f"{time['median'] / fewest:.2f} x")
            for size, time in sizes.items()
        ]
    columns = ("which fire", "rules", "µs: median (p10-p90)", "over the fewest")
    return Table("One decision, 10 touches, by playbooks of any size", columns, tuple(rows))


def _inside(inside: Results) -> Table:
    rows = [
        ("an empty Flask echo", middle(inside["echo"])),
        ("ours", middle(inside["unghost"])),
        *((f"of which {name}", middle(time)) for name, time in inside["stages"].items()),
    ]
    title = "One request through the app, without a server, house at 10 touches, µs"
    return Table(title, ("what", "median (p10-p90)"), tuple(rows))


def _footprint(results: Results) -> Table:
    memory = results["memory"]
    rows = [("from `unghost serve` to the first 200 on /readyz, s", middle(results["start"]))]
    for who in ("master", "worker"):
        if who in memory:
            sizes = f"{number(memory[who]['resident'])} ({number(memory[who]['own'])})"
            rows.append((f"memory of the {who} after warm-up, resident (own), MB", sizes))
    for name, times in results["loading"].items():
        parts = f"{middle(times['load'])} + {middle(times['make_ready'])}"
        rows.append((f"load + make_ready of {name}, ms", parts))
    return Table("Start, memory, loading", ("what", "found"), tuple(rows))
