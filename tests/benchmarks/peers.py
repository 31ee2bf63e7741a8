"""The engine against others: the same random rules of integers, the same facts, all that fire.

Each contestant is asked in the quickest way that its own documentation shows. `zen-engine` has
two: a decision that was made from a text, and a key that the engine's loader knows.
"""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle
from random import Random
from typing import Any

import clips  # type: ignore[import-untyped]
import zen

from service.decision.engine import Program
from tests.benchmarks.replay import replayed
from tests.benchmarks.spread import Spread, microseconds

SIZES = (10, 50, 100, 200)
_SEED = 20261120
_FIELDS = tuple(f"f{number}" for number in range(12))
_HIGHEST = 9
_PROSPECTS = 64
#: How many tests a rule has: most playbooks' rules have two or three.
_TESTS = (1, 2, 2, 3, 3, 4)
_OPERATORS = {"==": operator.eq, ">=": operator.ge, "<=": operator.le}

Test = tuple[str, str, int]
Rules = Sequence[tuple[Test, ...]]
Facts = dict[str, int]
Contestant = Callable[[Facts], set[int]]


def random_rules(size: int, fire: float | None = None) -> Rules:
    """So many rules, each some tests of different fields.

    `fire` is how many of them may fire for one prospect, on average; None: as chance has it.
    """
    random, prospects = Random(_SEED), random_facts()  # noqa: S311 - the same every time
    rules: list[tuple[Test, ...]] = []
    firings = 0
    while len(rules) < size:
        rule = _random_rule(random)
        matches = sum(all(_holds(test, facts) for test in rule) for facts in prospects)
        allowed = (len(rules) + 1) * (fire or size) * _PROSPECTS / size
        if firings + matches <= allowed:
            rules.append(rule)
            firings += matches
    return rules


def _random_rule(random: Random) -> tuple[Test, ...]:
    fields = random.sample(_FIELDS, random.choice(_TESTS))
    return tuple(
        (field, random.choice(tuple(_OPERATORS)), random.randint(0, _HIGHEST)) for field in fields
    )


def _holds(test: Test, facts: Facts) -> bool:
    field, operation, number = test
    return bool(_OPERATORS[operation](facts[field], number))


def random_facts() -> list[Facts]:
    """What is known of some prospects."""
    random = Random(_SEED)  # noqa: S311 - the same every time
    return [{field: random.randint(0, _HIGHEST) for field in _FIELDS} for _ in range(_PROSPECTS)]


# ---- contestants --------------------------------------------------------------------


def ours(rules: Rules) -> Contestant:
    """The product's engine: one program, a session for each question."""
    program = Program([[(number, ["all", *map(list, rule)]) for number, rule in enumerate(rules)]])

    def ask(facts: Facts) -> set[int]:
        with program.session() as session:
            return set(session.fire(0, facts))

    return ask


def clips_rules(rules: Rules) -> Contestant:
    """CLIPS: one fact with a slot for each field, one `defrule` for each rule."""
    environment = clips.Environment()
    environment.build("(defglobal ?*fired* = (create$))")
    slots = " ".join(f"(slot {field})" for field in _FIELDS)
    environment.build(f"(deftemplate prospect {slots})")
    for number, rule in enumerate(rules):
        note = f"(bind ?*fired* (create$ ?*fired* {number}))"
        pattern = " ".join(map(_slot, rule))
        environment.build(f"(defrule r{number} (prospect {pattern}) => {note})")
    template, fired = environment.find_template("prospect"), environment.find_global("fired")

    def ask(facts: Facts) -> set[int]:
        environment.reset()
        template.assert_fact(**facts)
        environment.run()
        return set(fired.value)

    return ask


def _slot(test: Test) -> str:
    field, operation, number = test
    if operation == "==":
        return f"({field} {number})"
    return f"({field} ?{field}&:({operation} ?{field} {number}))"


def zen_decision(rules: Rules, hit: str = "collect") -> Contestant:
    """zen: `create_decision`, as its first page shows."""
    decision = zen.ZenEngine().create_decision(json.dumps(table(rules, hit)))
    return lambda facts: _rules_of(decision.evaluate(facts)["result"])


def zen_loaded(rules: Rules, hit: str = "collect") -> Contestant:
    """zen: by the key of a static loader, which spares it a change of threads."""
    loader = {"type": "static", "content": {"rules": table(rules, hit)}}
    engine = zen.ZenEngine({"loader": loader})  # type: ignore[arg-type]
    return lambda facts: _rules_of(engine.evaluate("rules", facts)["result"])


def _rules_of(result: Any) -> set[int]:
    rows = result if isinstance(result, list) else [result]
    return {int(row["rule"]) for row in rows if row}


def table(rules: Rules, hit: str) -> dict[str, Any]:
    """A zen decision with one table: a column for each field, a row for each rule."""
    rows = [
        {
            "_id": f"row{number}",
            "rule": str(number),
            **dict.fromkeys(_FIELDS, ""),
            **{field: f"{operation} {value}" for field, operation, value in rule},
        }
        for number, rule in enumerate(rules)
    ]
    content = {
        "hitPolicy": hit,
        "inputs": [{"id": field, "name": field, "field": field} for field in _FIELDS],
        "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
        "rules": rows,
    }
    kinds = {
        "in": ("inputNode", {}),
        "t": ("decisionTableNode", content),
        "out": ("outputNode", {}),
    }
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": name, "name": name, "type": kind, "content": inner, "position": {"x": 0, "y": 0}}
            for name, (kind, inner) in kinds.items()
        ],
        "edges": [
            {"id": f"{start}-{end}", "sourceId": start, "targetId": end, "type": "edge"}
            for start, end in (("in", "t"), ("t", "out"))
        ],
    }


# ---- the race -----------------------------------------------------------------------

CONTESTANTS: dict[str, Callable[[Rules], Contestant]] = {
    "ours": ours,
    "clips": clips_rules,
    "zen": zen_decision,
    "zen, loaded": zen_loaded,
    "zen, first hit": lambda rules: zen_decision(rules, "first"),
    "zen, loaded, first hit": lambda rules: zen_loaded(rules, "first"),
}


#: Of ours, what is durable-rules' own.
_ALONE = "durable alone"


def race(rules: Rules, seconds: float) -> dict[str, Spread]:
    """What one question of these rules takes each contestant, in µs, taking turns.

    Raises:
        ValueError: two of them do not give the same rules; nothing is measured then.
    """
    prospects = random_facts()
    contestants = {name: make(rules) for name, make in CONTESTANTS.items()}
    for facts in prospects:
        _agree({name: ask(facts) for name, ask in contestants.items()})
    asking = {name: _asking(ask, prospects) for name, ask in contestants.items()}
    return microseconds({**asking, _ALONE: _durable_alone(contestants["ours"], prospects)}, seconds)


def _durable_alone(ask: Contestant, prospects: Sequence[Facts]) -> Callable[[], object]:
    """The calls of durable-rules' C that our answers make, without anything around them."""
    turns = cycle([replayed(partial(ask, facts)) for facts in prospects])

    def again() -> None:
        next(turns)()

    return again


def _asking(ask: Contestant, prospects: Sequence[Facts]) -> Callable[[], object]:
    turns = cycle(prospects)
    return lambda: ask(next(turns))


def _agree(answers: Mapping[str, set[int]]) -> None:
    """Whoever stops at the first row that fits gives the first of what the others give."""
    expected = answers["ours"]
    for name, found in answers.items():
        wanted = {min(expected)} if "first" in name and expected else expected
        if found != wanted:
            raise ValueError(f"{name} gives {sorted(found)}, not {sorted(wanted)}")


def fired(rules: Rules) -> float:
    """How many of the rules fire, on average."""
    ask, prospects = ours(rules), random_facts()
    return sum(len(ask(facts)) for facts in prospects) / len(prospects)
