"""Whole decisions by playbooks that differ in the number of their rules, and in nothing else.

The rules are those of the races between engines (`peers`), as a manager would write them: of any
two the first concludes something, and the second is a play.
"""

import json
import re
from collections.abc import Callable, Container, Sequence
from itertools import cycle
from typing import Any

from service.decision import Ready, make_ready
from service.playbook import load
from tests.benchmarks.peers import Rules, Test, random_facts, random_rules
from tests.benchmarks.seams import door
from tests.benchmarks.spread import microseconds
from tests.benchmarks.touches import USUAL, question

_WORDS = {"==": "is", ">=": "at_least", "<=": "at_most"}
_STEP = {
    "action": "follow_up",
    "channel": "email",
    "wait": {"for": "3 days", "after": "last_touch"},
}
_BECAUSE = "A rule like another."
_BEATEN = re.compile(r"play `r(\d+)` can never be chosen")
#: One play gone may show that another is beaten.
_ATTEMPTS = 5


def by_rules(sizes: Sequence[int], fire: float | None, seconds: float) -> dict[str, Any]:
    """What one decision takes, bytes to bytes, in µs, by the number of rules; they take turns.

    `fire` is how many of the rules may fire on average, see `peers.random_rules`.
    """
    calls = {str(size): _asking(made_of(random_rules(size, fire))) for size in sizes}
    return {size: time.to_json() for size, time in microseconds(calls, seconds).items()}


def _asking(ready: Ready) -> Callable[[], bytes]:
    """A function that has the next of some prospects decided, over and over."""
    here = door(ready)
    bodies = (question(USUAL, facts) for facts in random_facts())
    turns = cycle([json.dumps(body).encode() for body in bodies])
    return lambda: here.whole(next(turns))


def made_of(rules: Rules) -> Ready:
    """A playbook of these rules, ready to decide.

    Plays that another would always beat, which no playbook may have, conclude something too.

    Raises:
        ValueError: it has errors.
    """
    plays = {*range(1, len(rules), 2)}
    for _ in range(_ATTEMPTS):
        loaded = load(json.dumps(_playbook(rules, plays)).encode())
        if loaded.ruleset is not None:
            return make_ready(loaded.ruleset)
        beaten = [_BEATEN.match(diagnostic.message) for diagnostic in loaded.diagnostics]
        plays -= {int(found[1]) for found in beaten if found}
    raise ValueError(f"the playbook has errors: {loaded.diagnostics}")


def _playbook(rules: Rules, plays: Container[int]) -> dict[str, Any]:
    """Whatever is no play concludes a fact of its own."""
    fields = sorted({field for rule in rules for field, _, _ in rule})
    return {
        "playbook": "sized",
        "title": f"A playbook of {len(rules)} rules",
        "about": "It is measured, and never used.",
        "facts": {field: {"type": "integer", "title": "A number"} for field in fields},
        "conclude": [
            {**_rule(number, rule), "then": {f"c{number}": True}}
            for number, rule in enumerate(rules)
            if number not in plays
        ],
        "plays": [
            {**_rule(number, rule), "do": _STEP}
            for number, rule in enumerate(rules)
            if number in plays
        ],
        "otherwise": {**_STEP, "because": _BECAUSE},
    }


def _rule(number: int, tests: tuple[Test, ...]) -> dict[str, Any]:
    when = {field: {_WORDS[operation]: value} for field, operation, value in tests}
    return {"rule": f"r{number}", "when": when, "because": _BECAUSE}
