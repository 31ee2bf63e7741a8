"""Runs the engine over everything that may be hard for it, and says how much that was.

`sanitize.sh` calls this with an engine that was built to report every fault of its C code.
It also holds the answers against plain evaluation, and ends with 1 where one is wrong.

    python -m tests.endurance.sanitized [random rulesets] [decisions for each playbook]
"""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import click
import durable_rules_engine

from service.decision import decide, make_ready, read_request
from service.decision.engine import EngineFault, Program
from service.playbook import load
from tests.endurance.programs import (
    Fields,
    Strata,
    edges,
    expected,
    fields_at_random,
    strata_at_random,
    worlds,
)
from tests.endurance.questions import NOW, question
from tests.policies import SHIPPED

ROOT = Path(__file__).parents[2]
RULESETS, DECISIONS = 600, 200
SEED = 20_261_120


def fired(program: Program, strata: Strata, fields: Fields) -> list[tuple[int, ...]]:
    """What the engine fires in each stratum, in one session."""
    with program.session() as session:
        return [session.fire(number, fields) for number in range(len(strata))]


def wrong_at_the_edges() -> list[str]:
    """The edges at which the engine is not of one mind with plain evaluation."""
    wrong = []
    for name, strata in edges().items():
        program = Program(strata)
        for world, fields in worlds().items():
            if fired(program, strata, fields) != expected(strata, fields):
                wrong.append(f"{name}, {world}")
        program.close()
    return wrong


def wrong_at_random(count: int) -> list[str]:
    """The seeds of random rulesets with which it is not; each is made, asked and forgotten."""
    wrong = []
    for seed in range(SEED, SEED + count):
        random = Random(seed)  # noqa: S311 - a repeatable choice, not a secret
        strata = strata_at_random(random)
        program = Program(strata)
        for _ in range(10):
            fields = fields_at_random(random, strata)
            if fired(program, strata, fields) != expected(strata, fields):
                wrong.append(f"seed {seed}")
        _failing_session(program)
        del program
    gc.collect()
    return wrong


def _failing_session(program: Program) -> None:
    """One that breaks off in the middle, and one of a number that is refused."""
    for fields in ({}, {"x0": 2**60}, {"x0": 1}):
        try:
            with program.session() as session:
                session.fire(0, fields)
                session.fire(1_000, fields)
        except (IndexError, ValueError):
            continue


def playbooks() -> Iterator[tuple[str, bytes]]:
    """The shipped playbooks, those of the corpus, and all that are wrong on purpose."""
    for folder in ("playbooks", "tests/corpus/valid", "tests/corpus/invalid"):
        for path in sorted((ROOT / folder).glob("*.yaml")):
            yield path.name, path.read_bytes()


def decided_with_playbooks(decisions: int) -> tuple[int, int]:
    """How many playbooks were decided with, and how often."""
    used = decided = 0
    for name, text in playbooks():
        loaded = load(text)
        if loaded.ruleset is None or loaded.playbook is None:
            continue
        used += 1
        ready = make_ready(loaded.ruleset)
        random = Random(name)  # noqa: S311 - a repeatable choice, not a secret
        for _ in range(decisions):
            decide(ready, SHIPPED, read_request(question(random, ready), ready, NOW))
            decided += 1
        ready.program.close()
    return used, decided


def main(rulesets: int = RULESETS, decisions: int = DECISIONS) -> int:
    """Run it all; 1 where an answer was wrong."""
    click.echo(f"The engine is {durable_rules_engine.__file__}")
    try:
        wrong = wrong_at_the_edges()
        click.echo(f"{len(edges())} rulesets at the edges, in {len(worlds())} worlds each")
        wrong += wrong_at_random(rulesets)
        click.echo(f"{rulesets} rulesets at random, with 10 sets of fields each")
        used, decided = decided_with_playbooks(decisions)
        click.echo(f"{used} playbooks, {decided} decisions")
    except EngineFault as fault:
        click.echo(f"The engine failed: {fault}")
        return 1
    click.echo("\n".join([f"{len(wrong)} wrong answers", *wrong[:20]]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
