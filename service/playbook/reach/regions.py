"""Boolean functions of variables with a few regions each, as decision diagrams.

A function is a number. `FALSE` never holds and `TRUE` always does; any other number is a
node that asks in which region one variable lies and leads on from there. Variables are
asked in the order in which they were made, equal nodes are made once, and a node whose
answers all lead to one place is left out: so equal functions are equal numbers, and
whether a function can hold, or follows from another, is a comparison of numbers.

All work is counted. A playbook so tangled that its diagrams outgrow the budget ends in
`TooComplex` within a few seconds, never in a hang.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

FALSE = 0
TRUE = 1
#: Steps (nodes made and pairs combined) that one set of diagrams may take.
BUDGET = 500_000
#: The diagrams are walked by recursion, one call deep for each variable.
MOST_VARIABLES = 400

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
        self.usual: list[int] = []
        self._nodes: list[tuple[int, tuple[int, ...]]] = [(_BELOW_ALL, ()), (_BELOW_ALL, ())]
        self._numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        self._combined: dict[tuple[_Operation, int, int], int] = {}
        self._at: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {}
        self._implied: dict[tuple[int, int], bool] = {}
        self._best: dict[int, Mapping[int, frozenset[int]]] = {}
        self._best_of_node: dict[int, frozenset[int]] = {}
        self._variables: dict[int, frozenset[int]] = {}

    def variable(self, size: int, usual: int = 0) -> int:
        """A new variable with the regions 0..size-1, in `usual` where nothing is asked of it.

        Raises `TooComplex` past the limit.
        """
        if len(self._sizes) >= MOST_VARIABLES:
            raise TooComplex
        self._sizes.append(size)
        self.usual.append(usual)
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
        if left in (FALSE, right) or right == TRUE:
            return True
        if left == TRUE or right == FALSE:
            return False
        key = (left, right)
        if key not in self._implied:
            self._spend()
            self._implied[key] = self._implies_everywhere(left, right)
        return self._implied[key]

    def _implies_everywhere(self, left: int, right: int) -> bool:
        for one, other in zip(*self._split(left, right)[1:], strict=True):
            if not self.implies(one, other):
                return False
        return True

    def negated(self, function: int) -> int:
        """Where the function does not hold."""
        return self.without(TRUE, function)

    def at(self, function: int, point: Mapping[int, int]) -> int:
        """The function once each variable of the point is known to lie in its region."""
        self._spend()
        asked = self.variables(function)
        known = tuple(item for item in point.items() if item[0] in asked)
        if not known:
            return function
        key = (function, known)
        if key not in self._at:
            self._at[key] = self._at_point(function, point, {FALSE: FALSE, TRUE: TRUE})
        return self._at[key]

    def _at_point(self, function: int, point: Mapping[int, int], seen: dict[int, int]) -> int:
        if function not in seen:
            self._spend()
            variable, children = self._nodes[function]
            if variable in point:
                seen[function] = self._at_point(children[point[variable]], point, seen)
            else:
                lower = []
                for child in children:
                    lower.append(self._at_point(child, point, seen))  # noqa: PERF401 - one deep
                seen[function] = self._node(variable, tuple(lower))
        return seen[function]

    def holds_at(self, function: int, point: Mapping[int, int]) -> bool:
        """Whether the function holds at the point; other variables are as usual."""
        self._spend()
        while function not in (FALSE, TRUE):
            variable, children = self._nodes[function]
            function = children[point.get(variable, self.usual[variable])]
        return function == TRUE

    def reasons(self, function: int, point: Mapping[int, int]) -> dict[int, frozenset[int]]:
        """The variables that decide the function at the point, and where each may lie for it."""
        found: dict[int, frozenset[int]] = {}
        while function not in (FALSE, TRUE):
            variable, children = self._nodes[function]
            function = children[point.get(variable, self.usual[variable])]
            found[variable] = frozenset(i for i, child in enumerate(children) if child == function)
        return found

    def variables(self, function: int) -> frozenset[int]:
        """The variables that the function depends on."""
        if function not in self._variables:
            found = frozenset(self._nodes[node][0] for node in self._below(function))
            self._variables[function] = found
        return self._variables[function]

    def best(self, function: int) -> Mapping[int, frozenset[int]]:
        """For each variable of the function its best regions.

        A region is best if the function holds in it wherever it does in any other. That can
        be told from the variable's own nodes: whatever leads there, the rest must follow.
        """
        if function not in self._best:
            found: dict[int, frozenset[int]] = {}
            for node in self._below(function):
                variable = self._nodes[node][0]
                best = self._best_children(node)
                found[variable] = found.get(variable, best) & best
            self._best[function] = found
        return self._best[function]

    def _below(self, function: int) -> list[int]:
        """Every node of the function."""
        seen = {FALSE, TRUE}
        found: list[int] = []
        waiting = [function]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                found.append(node)
                waiting += self._nodes[node][1]
        return found

    def _best_children(self, node: int) -> frozenset[int]:
        if node not in self._best_of_node:
            children = self._nodes[node][1]
            self._best_of_node[node] = frozenset(
                i
                for i, child in enumerate(children)
                if all(self.implies(other, child) for other in dict.fromkeys(children))
            )
        return self._best_of_node[node]

    def size(self, variable: int) -> int:
        """How many regions the variable has."""
        return self._sizes[variable]

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
            result = self._combined[key] = self._combined_below(operation, left, right)
        return result

    def _combined_below(self, operation: _Operation, left: int, right: int) -> int:
        variable, lefts, rights = self._split(left, right)
        children = []
        for one, other in zip(lefts, rights, strict=True):
            children.append(self._combine(operation, one, other))
        return self._node(variable, tuple(children))

    def _split(self, left: int, right: int) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
        """The first variable that either asks about, and both for each of its regions."""
        left_variable, left_children = self._nodes[left]
        right_variable, right_children = self._nodes[right]
        variable = min(left_variable, right_variable)
        size = self._sizes[variable]
        return (
            variable,
            left_children if left_variable == variable else (left,) * size,
            right_children if right_variable == variable else (right,) * size,
        )


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
