"""Whether many functions can hold together, and where, without joining them all.

Joining dozens of rules in one diagram can take for ever. Here one variable after another is
settled: where one region is best for every function (for most facts: unknown, where nothing
asks for it), it is taken; otherwise only the functions that ask about the variable are
joined, and what they have in common whatever its region stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from service.playbook.regions import FALSE, TRUE, Diagrams

#: One set of regions for each variable that is limited: all of these points are meant.
Box = dict[int, frozenset[int]]


@dataclass(frozen=True)
class _Settled:
    """A variable that is out of the way: by a region, or by the functions that it was in."""

    variable: int
    region: int
    joined: int = TRUE


def can_hold(diagrams: Diagrams, functions: Iterable[int]) -> bool:
    """Whether there is a point at which all functions hold."""
    return _settle(diagrams, functions) is not None


def box_of(diagrams: Diagrams, functions: Iterable[int]) -> Box | None:
    """A wide box in which all functions hold everywhere, or None where there is no point."""
    together = sorted(set(functions))
    settled = _settle(diagrams, together)
    if settled is None:
        return None
    point: dict[int, int] = {}
    for one in reversed(settled):
        if one.joined == TRUE:
            point[one.variable] = one.region
        else:
            rest = one.joined
            for variable in sorted(diagrams.variables(rest) & point.keys()):
                rest = diagrams.at(rest, variable, point[variable])
            point |= diagrams.path(rest)
    return _widened(diagrams, together, {v: frozenset([r]) for v, r in point.items()})


def _settle(diagrams: Diagrams, functions: Iterable[int]) -> list[_Settled] | None:
    current = set(functions) - {TRUE}
    settled: list[_Settled] = []
    while current:
        if FALSE in current:
            return None
        users: dict[int, list[int]] = {}
        for function in sorted(current):
            for variable in diagrams.variables(function):
                users.setdefault(variable, []).append(function)
        current -= {FALSE, TRUE}
        one = _best(diagrams, users) or _joined(diagrams, users)
        asking = users[one.variable]
        current -= set(asking)
        if one.joined == TRUE:
            current |= {diagrams.at(each, one.variable, one.region) for each in asking}
        else:
            current.add(diagrams.any_of(diagrams.cases(one.joined, one.variable)))
        current.discard(TRUE)
        settled.append(one)
    return settled


def _best(diagrams: Diagrams, users: dict[int, list[int]]) -> _Settled | None:
    """A variable with a region that is best for all its users."""
    for variable in sorted(users):
        best = frozenset(range(diagrams.size(variable)))
        for function in users[variable]:
            best &= diagrams.best(function, variable)
            if not best:
                break
        else:
            return _Settled(variable, min(best))
    return None


def _joined(diagrams: Diagrams, users: dict[int, list[int]]) -> _Settled:
    """The variable whose users ask about the fewest others."""

    def width(variable: int) -> tuple[int, int]:
        others = frozenset().union(*(diagrams.variables(each) for each in users[variable]))
        return len(others), variable

    variable = min(users, key=width)
    return _Settled(variable, 0, diagrams.all_of(users[variable]))


def _widened(diagrams: Diagrams, functions: list[int], box: Box) -> Box:
    """The box without the variables and with the regions that make no difference."""
    for variable in sorted(box):
        asking = [each for each in functions if variable in diagrams.variables(each)]
        without = {key: regions for key, regions in box.items() if key != variable}
        if _holds(diagrams, asking, without):
            box = without
            continue
        for region in range(diagrams.size(variable)):
            wider = {**box, variable: box[variable] | {region}}
            if _holds(diagrams, asking, wider):
                box = wider
    return box


def _holds(diagrams: Diagrams, functions: list[int], box: Box) -> bool:
    """Whether every function holds everywhere in the box."""
    for function in functions:
        asked = diagrams.variables(function)
        limits = (diagrams.within(key, box[key]) for key in sorted(asked & box.keys()))
        if not diagrams.implies(diagrams.all_of(limits), function):
            return False
    return True
