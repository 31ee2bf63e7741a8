"""One decision in process, for each shipped playbook: how long each stage of it takes."""

import json
from collections.abc import Mapping, Sequence
from time import perf_counter, perf_counter_ns
from typing import Any

from service.decision import Ready, decide, read_request
from tests.benchmarks.seams import DECIDING, Door, cut, door
from tests.benchmarks.spread import Spread, microseconds, spread
from tests.benchmarks.touches import AS_OF, questions
from tests.policies import SHIPPED

SIZES = (1, 10, 100, 1000)
_INNER = dict.fromkeys(seam.stage for seam in DECIDING)  # a stage may have several seams
STAGES = ("validate", "read", *_INNER, "rest", "serialise")


def decisions(readies: Mapping[str, Ready], seconds: float, sizes: Sequence[int] = SIZES) -> Any:
    """By playbook and number of touches: the whole, the deciding alone, and each stage, in µs.

    `seconds` is for each playbook at each size.
    """
    first = door(next(iter(readies.values())))
    found: dict[str, Any] = {}
    for name, ready in readies.items():
        here = Door(first.parse, first.mistakes, ready)
        bodies = questions(ready, sizes)
        found[name] = {str(size): _one(here, body, seconds) for size, body in bodies.items()}
    return found


def _one(here: Door, body: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    raw = json.dumps(body).encode()
    calls = {"whole": lambda: here.whole(raw), "decide": lambda: here.decide(body)}
    times = microseconds(calls, seconds / 2)
    stages = split(here, raw, seconds / 2)
    return {
        "bytes": len(raw),
        "rule": here.decide(body).rule,
        **{name: time.to_json() for name, time in times.items()},
        "stages": {name: stages[name].to_json() for name in STAGES},
    }


def split(here: Door, raw: bytes, seconds: float) -> dict[str, Spread]:
    """What each stage of a decision takes, in µs; the watches cost a few of them."""
    taken: dict[str, list[float]] = {stage: [] for stage in STAGES}
    here.whole(raw)
    with cut(DECIDING) as watch:
        end = perf_counter() + seconds
        while perf_counter() < end or not taken["rest"]:
            watch.spent.clear()
            for stage, time in {**_steps(here, raw, watch.spent), **watch.spent}.items():
                taken[stage].append(time / 1e3)
    return {stage: spread(times) for stage, times in taken.items()}


def _steps(here: Door, raw: bytes, inner: Mapping[str, int]) -> dict[str, int]:
    """One decision, its outer stages in nanoseconds; `inner` tells what lay within."""
    began = perf_counter_ns()
    body = here.validate(raw)
    validated = perf_counter_ns()
    request = read_request(body, here.ready, AS_OF)
    read = perf_counter_ns()
    decision = decide(here.ready, SHIPPED, request)
    decided = perf_counter_ns()
    here.write(decision)
    return {
        "validate": validated - began,
        "read": read - validated,
        "rest": decided - read - sum(inner.values()),
        "serialise": perf_counter_ns() - decided,
    }
