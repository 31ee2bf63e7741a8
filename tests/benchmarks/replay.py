"""durable-rules alone: the very calls that something makes of its C, made again and again."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from service.decision import engine

_Call = tuple[Callable[..., Any], tuple[Any, ...]]


def replayed(do: Callable[[], object]) -> Callable[[], None]:
    """Does something once; the function given makes the same calls of durable-rules, no more."""
    made: list[_Call] = []
    with patch.object(engine, "_DURABLE", _Noted(engine._DURABLE, made)):
        do()

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
