"""Conditions weighed where not everything is known: true, false, or open, and on what they hang."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from service.playbook.ruleset import HOLDS, Cond


def is_group(condition: Cond) -> bool:
    """Whether a condition is `all` or `any` of others, and not a test."""
    return condition[0] in ("all", "any")


class Weighable(NamedTuple):
    """A condition, its operators looked up.

    A part that comes to `settles` settles it: one false part of `all`, one true part of `any`.
    Each test is a field, what its operator means, and the number that it is compared with.
    """

    settles: bool
    tests: tuple[tuple[str, Callable[[int, int], bool], int], ...]
    groups: tuple["Weighable", ...]


def weighable(condition: Cond) -> Weighable:
    """The condition as `weigh` takes it."""
    kind, *parts = condition if is_group(condition) else ("all", condition)
    tests = [part for part in parts if not is_group(part)]
    return Weighable(
        settles=kind == "any",
        tests=tuple((field, HOLDS[operator], number) for field, operator, number in tests),
        groups=tuple(weighable(part) for part in parts if is_group(part)),
    )


def undecided(condition: Weighable, seen: Mapping[str, int]) -> Sequence[str]:
    """The absent fields that keep a condition from being true or false; none if it is either."""
    truth = weigh(condition, seen)
    return () if isinstance(truth, bool) else truth


def weigh(condition: Weighable, seen: Mapping[str, int]) -> bool | list[str]:
    """Kleene's truth of a condition; the absent fields it hangs on where it has none."""
    settles, tests, groups = condition
    hanging: list[str] = []
    for field, holds, number in tests:
        if field not in seen:
            hanging.append(field)
        elif holds(seen[field], number) is settles:
            return settles
    for group in groups:
        truth = weigh(group, seen)
        if truth is settles:
            return settles
        if not isinstance(truth, bool):
            hanging += truth
    return hanging or not settles
