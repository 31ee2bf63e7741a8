"""Playbooks that mean harm: each loads, or ends in a clear diagnostic, within `SECONDS`.

The texts are in `hostile.py` and `largest.py`. The slowest takes about five seconds on one
busy core; the bound is there to tell a hang from an answer. Both ways run side by side, each
in one process for all texts.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import pytest

from service.decision import decide, make_ready, read_request
from service.playbook import load
from tests.endurance.hostile import HOSTILE, template
from tests.endurance.hostile_run import ALL
from tests.endurance.largest import LARGEST
from tests.endurance.questions import NOW
from tests.policies import UNGUARDED

#: The whole service, or many processes: `make proof`, and CI.
pytestmark = pytest.mark.proof

SECONDS = 30
"""From one answer to the next."""

ROOT = Path(__file__).parents[2]
WAYS = {"load": HOSTILE, "validate": ALL}  # to validate is to load, and more
CASES = [(way, name) for way, cases in WAYS.items() for name in cases]
Lines = SimpleQueue[dict[str, Any] | None]


def _pass_on(process: "subprocess.Popen[bytes]", lines: Lines) -> None:
    for line in process.stdout or ():
        lines.put(json.loads(line))
    lines.put(None)


def _answers(lines: Lines) -> dict[str, dict[str, Any]]:
    """What was said of each text, up to the first that took too long or broke the process."""
    found = {}
    try:
        while answer := lines.get(timeout=SECONDS):
            found[answer["name"]] = answer
    except Empty:
        pass
    return found


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[str, dict[str, dict[str, Any]]]]:
    """By way, then by name: what was said."""
    command = [sys.executable, "-m", "tests.endurance.hostile_run"]
    running = {
        way: subprocess.Popen([*command, way], cwd=ROOT, stdout=subprocess.PIPE) for way in WAYS
    }
    queues: dict[str, Lines] = {way: SimpleQueue() for way in WAYS}
    readers = [Thread(target=_pass_on, args=(running[way], queues[way])) for way in WAYS]
    for reader in readers:
        reader.start()
    try:
        yield {way: _answers(queues[way]) for way in WAYS}
    finally:
        for process in running.values():
            process.kill()
            process.wait()
        for reader in readers:
            reader.join()
        for process in running.values():
            if process.stdout:
                process.stdout.close()


@pytest.mark.parametrize(("way", "name"), CASES)
def test_a_hostile_playbook_is_told_what_it_is(
    way: str, name: str, answers: dict[str, dict[str, dict[str, Any]]]
) -> None:
    """It ends in the diagnostic that it must get, or loads where it may."""
    code = ALL[name].code

    answer = answers[way].get(name)

    assert answer, f"no answer within {SECONDS} seconds of the one before, or a crash"
    assert (code is None) == answer["loads"]
    assert code is None or code in answer["codes"]


def test_there_are_cases_that_load_and_cases_that_do_not() -> None:
    """No case is in both files, and both kinds are there."""
    codes = [hostile.code for hostile in ALL.values()]

    assert len(ALL) == len(HOSTILE) + len(LARGEST) > 90
    assert codes.count(None) >= 15
    assert len(set(codes)) >= 20


@pytest.mark.parametrize("depth", [1, 3, 8])
def test_loops_end_when_a_message_is_made(depth: int) -> None:
    """Loops over a long list, in each other, end in a message or in a warning, and soon."""
    loops = "".join(f"{{% for a{n} in prospect.open_questions %}}" for n in range(depth))
    text = template(f"Hello.{loops}x{'{% endfor %}' * depth}", "{open_questions: {known: true}}")
    loaded = load(text)
    assert loaded.ruleset is not None, loaded.diagnostics
    ready = make_ready(loaded.ruleset)
    prospect = {"id": "c-1", "open_questions": ["why"] * 900}
    body = {"prospect": prospect, "history": [], "as_of": None}

    decision = decide(ready, UNGUARDED, read_request(body, ready, NOW))

    assert decision.action == "reopen"
    assert decision.message or decision.warnings
