"""Whether the memory of one process stays flat: a million decisions, 2,000 new playbooks.

Writes the two curves to `memory.svg` beside this file, and ends with 1 where the memory in
use moves by more than 5 % after the first tenth. Linux: it reads /proc.

    python -m tests.endurance.memory [decisions] [playbooks]
"""

import gc
import os
import sys
import time
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from random import Random

import click

from service.decision import Ready, decide, make_ready, read_request
from service.playbook import load
from tests.endurance.picture import Curve, svg
from tests.endurance.questions import NOW, question
from tests.policies import SHIPPED

ROOT = Path(__file__).parents[2]
PICTURE = Path(__file__).with_name("memory.svg")
DECISIONS, REPLACEMENTS = 1_000_000, 2_000
ALLOWED = 0.05
_SAMPLES = 200
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ZONES = sorted(zoneinfo.available_timezones())

Work = Callable[[int], None]


def resident() -> float:
    """The memory of this process that is in use, in MB."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * _PAGE / 1e6


def texts() -> list[str]:
    """The shipped playbooks and those of the corpus."""
    folders = (ROOT / "playbooks", ROOT / "tests" / "corpus" / "valid")
    found = [path.read_text("utf-8") for f in folders for path in sorted(f.glob("*.yaml"))]
    return [text for text in found if load(text).ruleset is not None]


def made_ready(text: str) -> Ready:
    """A text that is known to be right, ready to decide with."""
    ruleset = load(text).ruleset
    if ruleset is None:
        raise ValueError(text[:80])
    return make_ready(ruleset)


def deciding(found: list[str]) -> Work:
    """One decision by one of the playbooks, no two the same."""
    random = Random(1)  # noqa: S311 - a repeatable choice, not a secret
    every = [made_ready(text) for text in found]
    asked = [[question(random, ready, touches=4) for _ in range(100)] for ready in every]

    def work(number: int) -> None:
        ready = every[number % len(every)]
        body = random.choice(asked[number % len(every)])
        moment = f"20{random.randrange(20, 40)}-11-20T{random.randrange(24):02}:00:00Z"
        region = f"R{number}" if number % 20 == 0 else random.choice(["IL", "CA", "NY"])
        places = {"time_zone": random.choice(_ZONES), "region": region, "country": "US"}
        wanted = {**body, "as_of": moment, "prospect": {**body["prospect"], **places}}
        decide(ready, SHIPPED, read_request(wanted, ready, NOW)).to_json(1)

    return work


def replacing(found: list[str]) -> Work:
    """One playbook loaded, made ready and put in another's place; some are closed, too."""
    random = Random(2)  # noqa: S311 - a repeatable choice, not a secret
    places: dict[int, Ready] = {}

    def work(number: int) -> None:
        text = found[number % len(found)]
        changed = text.replace("\ntitle: ", f"\ntitle: Number {number}, ", 1)
        ready = made_ready(changed)
        for _ in range(3):
            decide(ready, SHIPPED, read_request(question(random, ready), ready, NOW))
        place = number % 5
        if place in places and number % 2:
            places[place].program.close()
        places[place] = ready

    return work


def measure(title: str, work: Work, count: int) -> Curve:
    """How much memory is in use while the work is done so many times."""
    began = time.monotonic()
    points = []
    for number in range(count):
        if number % max(1, count // _SAMPLES) == 0:
            gc.collect()
            points.append((number, resident()))
        work(number)
    gc.collect()
    points.append((count, resident()))
    curve = Curve(title, points, count // 10)
    click.echo(
        f"{title}: {count:,} in {time.monotonic() - began:,.0f} s; {points[0][1]:.1f} MB at first,"
        f" {curve.start:.1f} MB after a tenth, {points[-1][1]:.1f} MB in the end,"
        f" never more than {curve.spread:.2%} away",
    )
    return curve


def main(decisions: int = DECISIONS, replacements: int = REPLACEMENTS) -> int:
    """Measure both; 1 where one of them is not flat."""
    found = texts()
    curves = [
        measure("Decisions", deciding(found), decisions),
        measure("Playbooks loaded and replaced", replacing(found), replacements),
    ]
    PICTURE.write_text(svg(curves), "utf-8")
    return 1 if any(curve.spread > ALLOWED for curve in curves) else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
