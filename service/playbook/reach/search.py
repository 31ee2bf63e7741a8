"""Whether many functions can hold together, and where, without joining them all.

Joining dozens of rules in one diagram can take for ever; finding one point where they hold
seldom does. A point is looked for that suits a few functions; where it does not suit
another, that one joins the few, until one suits all or the few never hold together.
"""

from collections.abc import Iterable

from service.playbook.reach.regions import FALSE, TRUE, Diagrams

#: One set of regions for each variable that is limited: all of these points are meant.
Box = dict[int, frozenset[int]]
#: One region for each variable that matters.
_Point = dict[int, int]


def can_hold(diagrams: Diagrams, functions: Iterable[int]) -> bool:
    """Whether there is a point at which all functions hold."""
    return _point(diagrams, list(functions)) is not None


def box_of(diagrams: Diagrams, functions: Iterable[int]) -> Box | None:
    """A wide box in which all functions hold everywhere, or None where there is no point."""
    together = list(functions)
    point = _point(diagrams, together)
    if point is None:
        return None
    box: Box = {}
    for function in together:
        for variable, regions in diagrams.reasons(function, point).items():
            box[variable] = box.get(variable, regions) & regions
    return _widened(diagrams, together, box)


def _point(diagrams: Diagrams, functions: list[int]) -> _Point | None:
    few: frozenset[int] = frozenset()
    search = _Search(diagrams)
    point: _Point | None = {}
    while point is not None:
        missed = (each for each in functions if not diagrams.holds_at(each, point))
        another = next(missed, None)
        if another is None:
            return point
        few |= {another}
        point = search.point(few)
    return None


class _Search:
    """Tries regions, variable by variable.

    First those that are best for every function, then those of the variable with the least
    choice. Functions that share no variable are tried apart. `failed` are sets of functions
    that never hold together.
    """

    def __init__(self, diagrams: Diagrams) -> None:
        self.diagrams = diagrams
        self.failed: set[frozenset[int]] = set()

    def point(self, functions: frozenset[int]) -> _Point | None:
        """A point at which all hold, or None."""
        point: _Point = {}
        while True:
            functions -= {TRUE}
            if FALSE in functions or functions in self.failed:
                return None
            if not functions:
                return point
            users = self._users(functions)
            free = self._free(users)
            if not free:
                break
            point |= free
            functions = frozenset(self.diagrams.at(each, free) for each in functions)
        groups = self._groups(functions)
        rest = self._each(groups) if len(groups) > 1 else self._tried(functions, users)
        if rest is None:
            self.failed.add(functions)
            return None
        return point | rest

    def _users(self, functions: frozenset[int]) -> dict[int, list[int]]:
        users: dict[int, list[int]] = {}
        for function in sorted(functions):
            for variable in self.diagrams.variables(function):
                users.setdefault(variable, []).append(function)
        return users

    def _free(self, users: dict[int, list[int]]) -> _Point:
        """The variables that have a region best for all, with that region.

        They can all be settled at once: what is best stays best once more is known.
        """
        free: _Point = {}
        for variable, asking in users.items():
            best = frozenset(range(self.diagrams.size(variable)))
            for function in asking:
                best &= self.diagrams.best(function)[variable]
                if not best:
                    break
            else:
                free[variable] = min(best)
        return free

    def _groups(self, functions: frozenset[int]) -> list[frozenset[int]]:
        """The functions, those together that share variables, small groups first."""
        groups: list[tuple[frozenset[int], frozenset[int]]] = []
        for function in sorted(functions):
            members, asked = frozenset([function]), self.diagrams.variables(function)
            apart = []
            for others, variables in groups:
                if asked & variables:
                    members, asked = members | others, asked | variables
                else:
                    apart.append((others, variables))
            groups = [*apart, (members, asked)]
        return [members for members, _ in sorted(groups, key=lambda group: len(group[1]))]

    def _each(self, groups: list[frozenset[int]]) -> _Point | None:
        point: _Point = {}
        for group in groups:
            rest = self.point(group)
            if rest is None:
                return None
            point |= rest
        return point

    def _tried(self, functions: frozenset[int], users: dict[int, list[int]]) -> _Point | None:
        """Try each region of the variable that leaves the least choice."""
        narrow = min((self.diagrams.variables(each) for each in sorted(functions)), key=len)
        ways = {variable: self._ways(functions, users, variable) for variable in sorted(narrow)}
        variable = min(ways, key=lambda each: (len(ways[each]), -len(users[each])))
        for after, region in ways[variable].items():
            rest = self.point(after)
            if rest is not None:
                return {variable: region} | rest
        return None

    def _ways(
        self, functions: frozenset[int], users: dict[int, list[int]], variable: int
    ) -> dict[frozenset[int], int]:
        """What can be left to hold after each region of the variable."""
        ways: dict[frozenset[int], int] = {}
        for region in range(self.diagrams.size(variable)):
            settled = (self.diagrams.at(each, {variable: region}) for each in users[variable])
            after = functions.difference(users[variable]).union(settled)
            if FALSE not in after:
                ways.setdefault(after, region)
        return ways


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
