"""The long run: `make fuzz N=10000 SEED=7`. See README.md in this folder.

One evaluation is one playbook and one request, read in all four ways and compared.
"""

import argparse
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from random import Random

from tests.oracle.agreement import Trial, difference_of
from tests.oracle.cases import keep
from tests.oracle.draws import random_sheet
from tests.oracle.prospects import random_body
from tests.oracle.sheets import mended

REQUESTS = 200
ROUND = 10
LAST_RUN = Path("build/fuzz.json")
MOST_CASES = 10


@dataclass(frozen=True)
class Tally:
    """What came of some playbooks.

    `rules` are those of the rulesets, `fired` those that fired at least once; `cases` are
    the files of the differences found.
    """

    playbooks: int
    evaluations: int
    rules: int
    fired: int
    cases: tuple[str, ...]


def run_round(seed: str, number: int, requests: int) -> Tally:
    """Ten playbooks, each with so many requests."""
    tallies = []
    for name in (f"{seed}/{number}/{i}" for i in range(ROUND)):
        try:
            tallies.append(run_playbook(name, requests))
        except Exception as error:
            raise RuntimeError(f"the playbook drawn from {name!r} could not be tried") from error
    return total(tallies)


def total(tallies: list[Tally]) -> Tally:
    """All of them together."""
    return Tally(
        sum(tally.playbooks for tally in tallies),
        sum(tally.evaluations for tally in tallies),
        sum(tally.rules for tally in tallies),
        sum(tally.fired for tally in tallies),
        tuple(case for tally in tallies for case in tally.cases),
    )


def run_playbook(seed: str, requests: int) -> Tally:
    """One playbook; stops at its first difference."""
    random = Random(seed)  # noqa: S311 - a repeatable choice, not a secret
    found = mended(random_sheet(random))
    if found is None:
        return Tally(0, 0, 0, 0, ())
    sheet, text, loaded = found
    assert loaded.playbook is not None
    assert loaded.ruleset is not None
    trial = Trial(text, loaded.playbook, loaded.ruleset)
    fired: set[int] = set()
    for number in range(requests):
        body = random_body(random, text, loaded.playbook)
        try:
            verdicts = trial.verdicts(body)
            differs = bool(difference_of(verdicts))
            fired |= verdicts["product"].fired
        except Exception:  # noqa: BLE001 - an exception is a difference as well
            differs = True
        if differs:
            return Tally(1, number, 0, 0, (str(keep(sheet, body)),))
    rules = sum(len(stratum.rules) for stratum in loaded.ruleset.strata)
    return Tally(1, requests, rules, len(fired), ())


def run(seed: str, evaluations: int, requests: int) -> Iterator[Tally]:
    """Rounds on every core, in any order, until there are evaluations enough."""
    rounds = -(-evaluations // (ROUND * requests))
    task = partial(run_round, seed, requests=requests)
    with Pool(os.cpu_count(), maxtasksperchild=50) as pool:
        yield from pool.imap_unordered(task, range(rounds))


def main() -> int:
    """Runs, says how it goes, and leaves a summary in build/fuzz.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluations", type=int, default=10_000)
    parser.add_argument("--seed", default="")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="for each playbook")
    options = parser.parse_args()
    seed = options.seed or secrets.token_hex(4)
    say(f"seed {seed}: {options.evaluations:,} evaluations, {options.requests} for each playbook")
    begin, done, shown = time.monotonic(), Tally(0, 0, 0, 0, ()), 0.0
    for tally in run(seed, options.evaluations, options.requests):
        done = total([done, tally])
        seconds = time.monotonic() - begin
        if seconds - shown > 30:
            shown = seconds
            say(f"{done.evaluations:,} in {seconds:,.0f} s, {len(done.cases)} differences")
        if len(done.cases) >= MOST_CASES:
            break
    summary = {**vars(done), "seed": seed, "seconds": round(time.monotonic() - begin)}
    LAST_RUN.parent.mkdir(exist_ok=True)
    LAST_RUN.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    say(json.dumps(summary, indent=2))
    return 1 if done.cases else 0


def say(text: str) -> None:
    """A line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
