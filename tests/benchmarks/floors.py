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

from service.decision import Ready, engine
from service.web.state import Present
from tests.benchmarks.inside import asking
from tests.benchmarks.seams import app, door
from tests.benchmarks.spread import microseconds
from tests.benchmarks.touches import questions

_Call = tuple[Callable[..., Any], tuple[Any, ...]]


def floors(ready: Ready, seconds: float, few: int = 10, many: int = 1_000) -> dict[str, Any]:
    """By what it is, in µs; `whole` is a decision with few touches, bytes to bytes."""
    bodies = questions(ready, (few, many))
    raw = {size: json.dumps(body).encode() for size, body in bodies.items()}
    moments = [touch["at"] for touch in bodies[many]["history"]]
    here = door(ready)
    with _nothing_decided(here.decide(bodies[few])):
        asked = asking(app(), raw[few])
        calls: dict[str, Callable[[], Any]] = {
            "whole": lambda: here.whole(raw[few]),
            f"{many:,} touches: orjson parses them": lambda: orjson.loads(raw[many]),
            f"{many:,} touches: jsonschema-rs checks them": lambda: here.mistakes(bodies[many]),
            f"{many:,} touches: fromisoformat reads their moments": lambda: [
                datetime.fromisoformat(text) for text in moments
            ],
            f"{few} touches: durable-rules fires the rules": _fired(here.decide, bodies[few]),
            f"{few} touches: the app around a decision that takes no time": asked,
        }
        times = microseconds(calls, seconds)
    return {name: time.to_json() for name, time in times.items()}


def _fired(decide: Callable[[Any], Any], body: Any) -> Callable[[], None]:
    """What one decision asks of durable-rules, asked again and again."""
    made: list[_Call] = []
    with patch.object(engine, "_DURABLE", _Noted(engine._DURABLE, made)):
        decide(body)

    def again() -> None:
        for function, given in made:
            function(*given)

    return again


class _Noted:
    """durable-rules' functions, with a note of each call."""

    def __init__(self, module: Any, made: list[_Call]) -> None:
        self._module, self._made = module, made

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._module, name)
        if not callable(function) or isinstance(function, type):
            return function

        def call(*given: Any) -> Any:
            self._made.append((function, given))
            return function(*given)

        return call


@contextmanager
def _nothing_decided(decision: Any) -> Iterator[None]:
    """The app answers all the same with this decision, made before."""
    with patch.object(Present, "decider", lambda *_: lambda _request: decision):
        yield
