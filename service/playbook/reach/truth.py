"""Where a condition plainly holds, and where it plainly does not, for one playbook.

A missing fact is unknown, so the two are not each other's opposite: where neither is the
case, the condition is unknown. Tests on conclusions are spelled out into the conditions of
the rules and rows that conclude them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.playbook.reach.constants import (
    all_cuts,
    computed,
    constants,
    count_of,
    fact_named,
    resolved,
)
from service.playbook.reach.domains import (
    COMPARED,
    MIRRORED,
    PRESENCE,
    PROGRESS,
    SAME,
    Point,
    Points,
    Region,
    Variable,
    counted,
    holds,
    is_ordered,
    named,
    passing,
    point,
    regions,
)
from service.playbook.reach.regions import BUDGET, FALSE, TRUE, Diagrams
from service.playbook.rules import (
    All,
    AnyOf,
    Arithmetic,
    Conclude,
    Condition,
    Done,
    Expression,
    Not,
    Operator,
    Play,
    Playbook,
    Ref,
    Row,
    Table,
    Test,
)
from service.playbook.strata import layers

Fits = Callable[[Region], bool]


@dataclass(frozen=True)
class Given:
    """Where a fact has a value, and which: one point, or whatever a variable says."""

    where: int
    value: Point | Variable
    source: Conclude | Row | None = None


class Truth:
    """The decision diagrams of one playbook's conditions. Every method may raise TooComplex."""

    def __init__(self, playbook: Playbook, budget: int = BUDGET) -> None:
        """Nothing is worked out yet: `prepare` does that."""
        self.playbook = playbook
        self.diagrams = Diagrams(budget)
        self.variables: list[Variable] = []
        self._levels: dict[Variable, int] = {}
        self._cuts = all_cuts(playbook)
        self._makers: dict[str, list[Conclude | Table]] = {}
        self._givens: dict[str, tuple[Given, ...]] = {}
        for rule in playbook.conclusions:
            for fact in rule.then:
                self._makers.setdefault(fact, []).append(rule)
        for table in playbook.tables:
            for fact in table.outputs:
                self._makers.setdefault(fact, []).append(table)
        #: Facts that the playbook concludes, but for those that need themselves in a circle:
        #: that is told elsewhere, and here such a fact can be anything.
        self.concluded: frozenset[str] = frozenset()

    def prepare(self) -> None:
        """Work out the conclusions, those that others need first."""
        layer = layers(self.playbook).of
        last = {
            fact: max(layer[part.name] for part in makers)
            for fact, makers in self._makers.items()
            if all(part.name in layer for part in makers)
        }
        self.concluded = frozenset(last)
        for fact in sorted(last, key=lambda fact: last[fact]):
            self.givens(fact)

    # ---- conditions -------------------------------------------------------------------

    def true(self, condition: Condition) -> int:
        """Where the condition plainly holds."""
        return self.plain(condition, wanted=True)

    def plain(self, condition: Condition, *, wanted: bool) -> int:
        """Where the condition is plainly what is wanted, true or false."""
        match condition:
            case All(parts) | AnyOf(parts):
                each = (self.plain(part, wanted=wanted) for part in parts)
                together = isinstance(condition, All) == wanted
                return self.diagrams.all_of(each) if together else self.diagrams.any_of(each)
            case Not(part):
                return self.plain(part, wanted=not wanted)
            case Done():
                return self._done(condition, wanted=wanted)
            case Test():
                return self._test(condition, wanted=wanted)

    def row(self, row: Row) -> int:
        """Where every cell of a row plainly holds."""
        return self.diagrams.all_of(self.true(cell) for cell in row.cells if cell is not None)

    def known(self, fact: str) -> int:
        """Where the fact has a value."""
        if fact in self.playbook.parameters:
            return TRUE
        return self.diagrams.any_of(
            self._among(given, lambda region: region.sample is not None)
            for given in self.givens(fact)
        )

    def answers(self, play: Play) -> int:
        """Where a play has something to say whenever it is asked."""
        when = self.true(play.when)
        if not play.is_sequence or play.repeat or play.then == "stop":
            return when
        progress = Variable("progress", play.name, None, named(*PROGRESS))
        return self.diagrams.both(when, self._within(progress, "left"))

    def givens(self, fact: str) -> tuple[Given, ...]:
        """Every way in which a fact can have a value."""
        if fact not in self._givens:
            self._givens[fact] = (
                tuple(self._conclusion(fact))
                if fact in self.concluded
                else (Given(TRUE, self._variable(fact)),)
            )
        return self._givens[fact]

    def _variable(self, name: str) -> Variable:
        fact = fact_named(self.playbook, name)
        unknown = not fact.always_known and name not in self.playbook.defaults
        cuts = self._cuts.get(name, ())
        return Variable("value", name, None, regions(fact, cuts, may_be_unknown=unknown))

    def _conclusion(self, fact: str) -> Iterator[Given]:
        makers = self._makers[fact]
        rules = [part for part in makers if isinstance(part, Conclude)]
        for rule in rules:
            yield self._given(fact, self.true(rule.when), rule.then[fact], rule)
        yield from self._completed(fact, rules)
        for table in makers:
            if isinstance(table, Table):
                yield from self._of_rows(fact, table)

    def _completed(self, fact: str, rules: list[Conclude]) -> Iterator[Given]:
        """A yes-or-no conclusion is the opposite where all its rules are plainly false."""
        values = {computed(self.playbook, rule.then[fact]) for rule in rules}
        if len(values) == 1 and isinstance(value := values.pop(), bool):
            refuted = (self.plain(rule.when, wanted=False) for rule in rules)
            yield Given(self.diagrams.all_of(refuted), not value)

    def _of_rows(self, fact: str, table: Table) -> Iterator[Given]:
        column, above = table.outputs.index(fact), FALSE
        for row in table.rows:
            where = self.row(row)
            yield self._given(fact, self.diagrams.without(where, above), row.values[column], row)
            if table.hit == "first":
                above = self.diagrams.either(above, where)

    def _given(self, fact: str, where: int, value: Expression, source: Conclude | Row) -> Given:
        plain = computed(self.playbook, value)
        declared = fact_named(self.playbook, fact)
        if not isinstance(plain, Ref | Arithmetic):
            return Given(where, point(declared, plain), source)
        anything = regions(declared, self._cuts.get(fact, ()), may_be_unknown=False)
        where = self.diagrams.both(where, self._computable(plain))
        return Given(where, Variable("result", fact, plain, anything), source)

    def _computable(self, expression: Expression) -> int:
        if isinstance(expression, Arithmetic):
            return self.diagrams.all_of(self._computable(part) for part in expression.arguments)
        return self.known(expression.name) if isinstance(expression, Ref) else TRUE

    # ---- tests ----------------------------------------------------------------------------

    def _where(self, variable: Variable, fits: Fits) -> int:
        level = self._levels.get(variable)
        if level is None:
            last = len(variable.regions) - 1
            usual = last if variable.regions[last].sample is None else 0
            level = self._levels[variable] = self.diagrams.variable(last + 1, usual)
            self.variables.append(variable)
        chosen = [i for i, region in enumerate(variable.regions) if fits(region)]
        return self.diagrams.within(level, chosen)

    def _within(self, variable: Variable, *samples: str) -> int:
        return self._where(variable, lambda region: region.sample in samples)

    def _among(self, given: Given, fits: Fits) -> int:
        if isinstance(given.value, Variable):
            return self.diagrams.both(given.where, self._where(given.value, fits))
        return given.where if fits(Region(given.value)) else FALSE

    def _test(self, test: Test, *, wanted: bool) -> int:
        if test.operator == "known":
            known = self.known(test.fact)
            return known if test.value == wanted else self.diagrams.without(TRUE, known)
        if test.operator == "empty":
            return self._list_state(test.fact)[0 if test.value == wanted else 1]
        values = constants(self.playbook, test)
        if test.operator == "contains":
            return self._contains(test, values, wanted=wanted)
        if values is None:
            return self._compare(test, wanted=wanted)
        return self.diagrams.any_of(
            self._among(given, _passes(test.operator, values, wanted=wanted))
            for given in self.givens(test.fact)
        )

    def _compare(self, test: Test, *, wanted: bool) -> int:
        """Against another fact: its own variable, and both must be known."""
        left, right = test.fact, test.value.name if isinstance(test.value, Ref) else ""
        known = self.diagrams.both(self.known(left), self.known(right))
        ordered = is_ordered(fact_named(self.playbook, left))
        standings = passing(test.operator, COMPARED if ordered else SAME, wanted=wanted)
        if left == right:
            return known if "equal" in standings else FALSE
        if left > right:
            left, right = right, left
            standings = [MIRRORED.get(each, each) for each in standings]
        variable = Variable("compare", left, right, named(*(COMPARED if ordered else SAME)))
        return self.diagrams.both(known, self._within(variable, *standings))

    def _list_state(self, fact: str) -> tuple[int, int]:
        """Where a list is empty, and where it has something. A collected list never is empty."""
        if fact in self.concluded:
            return FALSE, self.known(fact)
        state = self._variable(fact)
        return self._within(state, "empty"), self._within(state, "filled")

    def _contains(self, test: Test, values: Points | None, *, wanted: bool) -> int:
        if test.fact in self.concluded and not wanted:
            return FALSE  # what a collected list does not hold may yet come into it
        elements = values if isinstance(values, tuple) else (values,)
        empty, filled = self._list_state(test.fact)
        found = self.diagrams.any_of(self._has(test, element) for element in elements)
        if isinstance(test.value, Ref) and values is None:
            filled = self.diagrams.both(filled, self.known(test.value.name))
        if wanted:
            return self.diagrams.both(filled, found)
        return self.diagrams.either(empty, self.diagrams.without(filled, found))

    def _has(self, test: Test, element: Point | None) -> int:
        other = test.value if element is None and isinstance(test.value, Ref) else element
        free = self._within(Variable("contains", test.fact, other, named(*PRESENCE)), "yes")
        if test.fact not in self.concluded:
            return free
        return self.diagrams.any_of(
            self.diagrams.both(given.where, free)
            if element is None or isinstance(given.value, Variable)
            else (given.where if given.value == element else FALSE)
            for given in self.givens(test.fact)
        )

    def _done(self, done: Done, *, wanted: bool) -> int:
        count = count_of(self.playbook, done)
        bounds = [self._bound(count, "at_least", done.at_least, wanted=wanted)]
        if done.at_most is not None:
            bounds.append(self._bound(count, "at_most", done.at_most, wanted=wanted))
        return self.diagrams.all_of(bounds) if wanted else self.diagrams.any_of(bounds)

    def _bound(self, count: Done, operator: Operator, bound: int | Ref, *, wanted: bool) -> int:
        limit = resolved(self.playbook, bound)
        if not isinstance(limit, Ref):
            variable = Variable("done", "", count, counted(self._cuts.get(count, ())))
            return self._where(variable, _passes(operator, limit, wanted=wanted))
        variable = Variable("compare", limit.name, count, named(*COMPARED))
        standings = self._within(variable, *passing(operator, COMPARED, wanted=wanted))
        return self.diagrams.both(self.known(limit.name), standings)


def _passes(operator: Operator, values: Points, *, wanted: bool) -> Fits:
    return lambda region: (
        region.sample is not None and holds(operator, region.sample, values) == wanted
    )
