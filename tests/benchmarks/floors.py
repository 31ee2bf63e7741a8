"""What a decision cannot take less than: the C of the libraries that it stands on, no more.

Each floor is calls that the product makes too, on the same values, with nothing of ours around
them.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

import orjson

from service.decision import Ready
from service.web.state import Present
from tests.benchmarks.inside import asking
from tests.benchmarks.replay import replayed
from tests.benchmarks.seams import app, door
from tests.benchmarks.spread import microseconds
from tests.benchmarks.touches import questions

#: One decision's, with few touches.
LIBRARIES = "few touches: parsed, checked, dated, rules, answer"


def floors(ready: Ready, seconds: float, few: int = 10, many: int = 1_000) -> dict[str, Any]:
    """By what it is, in µs; `whole` is a decision with few touches, bytes to bytes."""
    bodies = questions(ready, (few, many))
    raw = {size: json.dumps(body).encode() for size, body in bodies.items()}
    moments = {size: [touch["at"] for touch in body["history"]] for size, body in bodies.items()}
    here = door(ready)
    fired = replayed(lambda: here.decide(bodies[few]))
    answer = here.decide(bodies[few]).to_json()

    def all_of_them(size: int) -> None:
        here.mistakes(orjson.loads(raw[size]))
        for text in moments[size]:
            datetime.fromisoformat(text)
        fired()
        orjson.dumps(answer)

    with _nothing_decided(here.decide(bodies[few])):
        asked = asking(app(), raw[few])
        calls: dict[str, Callable[[], Any]] = {
            "whole": lambda: here.whole(raw[few]),
            f"{many:,} touches: orjson parses them": lambda: orjson.loads(raw[many]),
            f"{many:,} touches: jsonschema-rs checks them": lambda: here.mistakes(bodies[many]),
            f"{many:,} touches: fromisoformat reads their moments": lambda: [
                datetime.fromisoformat(text) for text in moments[many]
            ],
            f"{many:,} touches: all these, rules, answer": lambda: all_of_them(many),
            f"{few} touches: durable-rules fires the rules": fired,
            LIBRARIES: lambda: all_of_them(few),
            f"{few} touches: the app around a decision that takes no time": asked,
        }
        times = microseconds(calls, seconds)
    return {name: time.to_json() for name, time in times.items()}


@contextmanager
def _nothing_decided(decision: Any) -> Iterator[None]:
    """The app answers all the same with this decision, made before."""
    with patch.object(Present, "decider", lambda *_: lambda _request: decision):
        yield
