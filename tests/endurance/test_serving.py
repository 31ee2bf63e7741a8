"""The service as it ships, on a real port: slow callers, and a worker that is killed."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.endurance.server import PATIENCE, Address, decision, serving
from tests.endurance.slow_callers import KINDS, SlowCallers

#: The whole service, or many processes: `make proof`, and CI.
pytestmark = pytest.mark.proof

SLOW = 40
"""Fewer than the threads of a worker: each holds one, until a proxy in front gathers bodies."""

AT_ONCE = 1.0
"""Seconds within which a good question is answered, whoever else is there."""


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    """The service with its own settings."""
    with serving() as where:
        yield where


@pytest.mark.parametrize("kind", KINDS)
def test_good_questions_are_answered_beside_slow_callers(kind: str, address: Address) -> None:
    """40 callers who dribble keep nobody from an answer within a second."""
    with SlowCallers(address, SLOW, kind):
        time.sleep(0.5)  # all of them are inside
        statuses = {decision(address, timeout=AT_ONCE) for _ in range(20)}

    assert statuses == {200}


def test_the_service_is_well_after_slow_callers(address: Address) -> None:
    """What they held is free again."""
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(lambda _: decision(address), range(100)))

    assert statuses == {200}


# ---- a worker is killed -------------------------------------------------------------

CALLERS, KILLED_AFTER, SECONDS = 8, 1.0, 3.0


def workers(parent: int) -> set[int]:
    """The two processes that a process has started, as soon as there are two."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        listed = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
        )
        lines = (line.split() for line in listed.stdout.splitlines())
        found = {int(pid) for pid, of in lines if int(of) == parent}
        if len(found) == 2:
            return found
        time.sleep(0.05)
    raise AssertionError("there are not two workers")


def answers_until(end: float, address: Address) -> Counter[int]:
    """The statuses of questions, one after the other; 0 for one whose connection broke."""
    found: Counter[int] = Counter()
    while time.monotonic() < end:
        try:
            found[decision(address)] += 1
        except OSError:
            found[0] += 1
    return found


def test_a_killed_worker_is_replaced_and_the_other_answers() -> None:
    """With one of two workers killed under load, few requests are lost, and soon two work."""
    with serving("--workers", "2") as where, ThreadPoolExecutor(CALLERS) as pool:
        before = workers(where.process)
        end = time.monotonic() + SECONDS
        load = [pool.submit(answers_until, end, where) for _ in range(CALLERS)]
        time.sleep(KILLED_AFTER)
        os.kill(min(before), signal.SIGKILL)
        found = sum((one.result() for one in load), Counter[int]())
        after = workers(where.process)

    assert len(after - before) == 1
    assert set(found) <= {0, 200}
    assert found[0] <= CALLERS  # those whom the killed worker was about to answer
    assert found[200] > 100
