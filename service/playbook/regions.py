"""Boolean functions of variables with a few regions each, as decision diagrams.

A function is a number. `FALSE` never holds and `TRUE` always does; any other number is a
node that asks in which region one variable lies and leads on from there. Variables are
asked in the order in which they were made, equal nodes are made once, and a node whose
answers all lead to one place is left out: so equal functions are equal numbers, and
whether a function can hold, or follows from another, is a comparison of numbers.

All work is counted. A playbook so tangled that its diagrams outgrow the budget ends in
`TooComplex` within a few seconds, never in a hang.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Literal

FALSE = 0
TRUE = 1
#: Steps (nodes made and pairs combined) that one set of diagrams may take.
BUDGET = 200_000
#: The diagrams are walked by recursion, one call deep for each variable.
MOST_VARIABLES = 400

#: One set of regions for each variable that is limited: all of these points are meant.
Box = dict[int, frozenset[int]]
_Operation = Literal["both", "either", "without"]
_BELOW_ALL = MOST_VARIABLES + 1


class TooComplex(Exception):  # noqa: N818 - says what the playbook is, not that we failed
    """The diagrams outgrew their budget."""


class Diagrams:
    """The nodes of one set of functions over one list of variables."""

    def __init__(self, budget: int = BUDGET) -> None:
        """Begin with no variables; `budget` is the number of steps allowed."""
        self.steps = 0
        self._budget = budget
        self._sizes: list[int] = []
        self._nodes: list[tuple[int, tuple[int, ...]]] = [(_BELOW_ALL, ()), (_BELOW_ALL, ())]
        self._numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        self._combined: dict[tuple[_Operation, int, int], int] = {}

    def variable(self, size: int) -> int:
        """A new variable with the regions 0..size-1; raises `TooComplex` past the limit."""
        if len(self._sizes) >= MOST_VARIABLES:
            raise TooComplex
        self._sizes.append(size)
        return len(self._sizes) - 1

    def within(self, variable: int, regions: Collection[int]) -> int:
        """The function that holds where the variable lies in one of the regions."""
        size = self._sizes[variable]
        return self._node(
            variable, tuple(TRUE if region in regions else FALSE for region in range(size))
        )

    def both(self, left: int, right: int) -> int:
        """Left and right."""
        return self._combine("both", left, right)

    def either(self, left: int, right: int) -> int:
        """Left or right."""
        return self._combine("either", left, right)

    def without(self, left: int, right: int) -> int:
        """Left and not right."""
        return self._combine("without", left, right)

    def all_of(self, functions: Iterable[int]) -> int:
        """Every one of them; `TRUE` for none."""
        result = TRUE
        for function in functions:
            result = self.both(result, function)
        return result

    def any_of(self, functions: Iterable[int]) -> int:
        """At least one of them; `FALSE` for none."""
        result = FALSE
        for function in functions:
            result = self.either(result, function)
        return result

    def implies(self, left: int, right: int) -> bool:
        """Whether right holds wherever left does."""
        return self.without(left, right) == FALSE

    def box(self, function: int, cost: Callable[[int, frozenset[int]], int]) -> Box:
        """A cheapest box in which the function holds everywhere; not for `FALSE`.

        `cost` prices a variable limited to a set of regions. Variables that turn out not
        to matter are left out.
        """
        _, edges = self._cheapest(function, cost, {})
        box = dict(edges)
        for variable in list(box):
            rest = {key: regions for key, regions in box.items() if key != variable}
            if self.implies(self._of_box(rest), function):
                box = rest
        return box

    def _of_box(self, box: Box) -> int:
        return self.all_of(self.within(key, regions) for key, regions in box.items())

    def _cheapest(
        self,
        function: int,
        cost: Callable[[int, frozenset[int]], int],
        seen: dict[int, tuple[int, tuple[tuple[int, frozenset[int]], ...]]],
    ) -> tuple[int, tuple[tuple[int, frozenset[int]], ...]]:
        if function == TRUE:
            return 0, ()
        if function not in seen:
            variable, children = self._nodes[function]
            ways = []
            for child in dict.fromkeys(children):
                if child != FALSE:
                    regions = frozenset(i for i, other in enumerate(children) if other == child)
                    price, edges = self._cheapest(child, cost, seen)
                    ways.append((price + cost(variable, regions), ((variable, regions), *edges)))
            seen[function] = min(ways, key=lambda way: way[0])
        return seen[function]

    def _spend(self) -> None:
        self.steps += 1
        if self.steps > self._budget:
            raise TooComplex

    def _node(self, variable: int, children: tuple[int, ...]) -> int:
        if children.count(children[0]) == len(children):
            return children[0]
        key = (variable, children)
        number = self._numbers.get(key)
        if number is None:
            self._spend()
            number = self._numbers[key] = len(self._nodes)
            self._nodes.append(key)
        return number

    def _combine(self, operation: _Operation, left: int, right: int) -> int:
        known = _settled(operation, left, right)
        if known is not None:
            return known
        if operation != "without" and left > right:
            left, right = right, left
        key = (operation, left, right)
        result = self._combined.get(key)
        if result is None:
            self._spend()
            result = self._combined[key] = self._split(operation, left, right)
        return result

    def _split(self, operation: _Operation, left: int, right: int) -> int:
        left_variable, left_children = self._nodes[left]
        right_variable, right_children = self._nodes[right]
        variable = min(left_variable, right_variable)
        size = self._sizes[variable]
        lefts = left_children if left_variable == variable else (left,) * size
        rights = right_children if right_variable == variable else (right,) * size
        children = []
        for one, other in zip(lefts, rights, strict=True):
            children.append(self._combine(operation, one, other))
        return self._node(variable, tuple(children))


def _settled(operation: _Operation, left: int, right: int) -> int | None:
    """The result where it needs no look inside, else None."""
    if operation == "without":
        return _difference(left, right)
    ends, passes = (FALSE, TRUE) if operation == "both" else (TRUE, FALSE)
    if ends in (left, right):
        return ends
    if left in (passes, right):
        return right
    return left if right == passes else None


def _difference(left: int, right: int) -> int | None:
    if left in (FALSE, right) or right == TRUE:
        return FALSE
    return left if right == FALSE else None
