"""Makes the engine's C code do wrong, on purpose: `sanitize.sh` has to hear of it.

What is done here no playbook can bring about; `service/decision/engine.py` says why.

    python -m tests.endurance.planted overflow|leak|division
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import durable_rules_engine

_ENGINE: Any = durable_rules_engine


def overflow() -> None:
    """300 rules that end in the same test: the engine has room for 255."""
    pattern = {"all": [{"m": {"$and": [{"g": 0}, {"x": 1}]}}]}
    rules = {f"r{number}": pattern for number in range(300)}
    _ENGINE.delete_ruleset(_ENGINE.create_ruleset("planted", json.dumps(rules)))


def leak() -> None:
    """A pattern of characters: the engine never gives its memory back."""
    rules = {"r": {"all": [{"m": {"$and": [{"g": 0}, {"$mt": {"x": "ab*c"}}]}}]}}
    for _ in range(3):
        _ENGINE.delete_ruleset(_ENGINE.create_ruleset("planted", json.dumps(rules)))


def division() -> None:
    """A join that divides by a field that is 0."""
    quotient = {"$div": {"$l": {"a": "y"}, "$r": {"a": "z"}}}
    second = {"$and": [{"g": 2}, {"$gt": {"x": quotient}}]}
    rules = {"r": {"all": [{"a": {"g": 1}}, {"b": second}]}}
    handle = _ENGINE.create_ruleset("planted", json.dumps(rules))
    _ENGINE.assert_fact(handle, '{"sid":"1","id":1,"g":1,"y":4,"z":0}')
    _ENGINE.assert_fact(handle, '{"sid":"1","id":2,"g":2,"x":3}')


PLANTED: dict[str, Callable[[], None]] = {
    function.__name__: function for function in (overflow, leak, division)
}

if __name__ == "__main__":
    PLANTED[sys.argv[1]]()
