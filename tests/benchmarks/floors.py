"""What a decision cannot take less than: the C of the libraries that it stands on, no more.

Each floor is calls that the product makes too, on the same values, with nothing of ours around
them.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import orjson

from service.decision import Ready
from service.web.state import Present
from tests.benchmarks.inside import asking
from tests.benchmarks.replay import replayed
from tests.benchmarks.seams import app, door
from tests.benchmarks.spread import microseconds
from tests.benchmarks.touches import USUAL, questions

#: One decision's, with few touches; and with many, each of which is to become something.
FEW = "few touches: parsed, checked, dated; rules, answer"
MANY = "many touches: the same, and a tuple of each"
_FIELDS = ("at", "direction", "channel", "action", "template", "outcome", "id")


def floors(ready: Ready, seconds: float, few: int = USUAL, many: int = 1_000) -> dict[str, Any]:
    """By what it is, in µs; `whole` is a decision with few touches, bytes to bytes."""
    bodies = questions(ready, (few, many))
    raw = {size: json.dumps(body).encode() for size, body in bodies.items()}
    here = door(ready)
    touches = bodies[many]["history"]
    fired = replayed(lambda: here.decide(bodies[few]))
    answer = here.decide(bodies[few]).to_json()

    def libraries(size: int) -> None:
        here.mistakes(orjson.loads(raw[size]))
        _dated(bodies[size]["history"])
        fired()
        orjson.dumps(answer)

    with _nothing_decided(here.decide(bodies[few])):
        asked = asking(app(), raw[few])
        calls: dict[str, Callable[[], Any]] = {
            "whole": lambda: here.whole(raw[few]),
            f"{many:,} touches: orjson parses them": lambda: orjson.loads(raw[many]),
            f"{many:,} touches: jsonschema-rs checks them": lambda: here.mistakes(bodies[many]),
            f"{many:,} touches: datetime reads their moments": lambda: _dated(touches),
            f"{many:,} touches: each a tuple of its fields": lambda: _tuples(touches),
            MANY: lambda: (libraries(many), _tuples(touches)),
            f"{few} touches: durable-rules fires the rules": fired,
            FEW: lambda: libraries(few),
            f"{few} touches: the app around a decision that takes no time": asked,
        }
        times = microseconds(calls, seconds)
    return {name: time.to_json() for name, time in times.items()}


def _dated(touches: Sequence[Mapping[str, str]]) -> list[datetime]:
    return [datetime.fromisoformat(touch["at"]).astimezone(UTC) for touch in touches]


def _tuples(touches: Sequence[Mapping[str, str]]) -> list[tuple[str | None, ...]]:
    return [tuple(map(touch.get, _FIELDS)) for touch in touches]


@contextmanager
def _nothing_decided(decision: Any) -> Iterator[None]:
    """The app answers all the same with this decision, made before."""
    with patch.object(Present, "decider", lambda *_: lambda _request: decision):
        yield
