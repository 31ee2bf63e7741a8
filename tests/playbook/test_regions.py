"""Decision diagrams against truth tables: every point of a small space is looked at."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.playbook.reach.regions import FALSE, MOST_VARIABLES, TRUE, Diagrams, TooComplex
from service.playbook.reach.search import box_of, can_hold

SIZES = (2, 3, 2, 4)
POINTS = [dict(enumerate(point)) for point in product(*(range(size) for size in SIZES))]

FORMULAS = st.recursive(
    st.integers(0, len(SIZES) - 1).flatmap(
        lambda variable: st.tuples(
            st.just("in"),
            st.just(variable),
            st.frozensets(st.integers(0, SIZES[variable] - 1)),
        )
    ),
    lambda inner: st.tuples(st.sampled_from(["both", "either", "without"]), inner, inner),
    max_leaves=12,
)


def new_diagrams() -> Diagrams:
    """Diagrams with one variable for each size."""
    diagrams = Diagrams()
    for size in SIZES:
        diagrams.variable(size)
    return diagrams


def built(diagrams: Diagrams, formula: Any) -> int:
    """The diagram of a formula."""
    word, left, right = formula
    if word == "in":
        return diagrams.within(left, right)
    return getattr(diagrams, word)(built(diagrams, left), built(diagrams, right))


def meant(formula: Any, point: dict[int, int]) -> bool:
    """Whether a formula holds at a point."""
    word, left, right = formula
    if word == "in":
        return point[left] in right
    one, other = meant(left, point), meant(right, point)
    return {"both": one and other, "either": one or other, "without": one and not other}[word]


def points(*formulas: Any) -> list[dict[int, int]]:
    """The points at which all formulas hold."""
    return [point for point in POINTS if all(meant(formula, point) for formula in formulas)]


@settings(max_examples=80, deadline=None)
@given(FORMULAS)
def test_a_diagram_holds_where_its_formula_does(formula: Any) -> None:
    """At every point, and once some variables are settled."""
    diagrams = new_diagrams()
    function = built(diagrams, formula)

    found = [point for point in POINTS if diagrams.holds_at(function, point)]
    settled = [point for point in POINTS if diagrams.at(function, point) == TRUE]

    assert found == settled == points(formula)


@settings(max_examples=80, deadline=None)
@given(FORMULAS, FORMULAS)
def test_equal_functions_are_equal_numbers(one: Any, other: Any) -> None:
    """Whatever the way in which they were put together; implication is inclusion."""
    diagrams = new_diagrams()
    left, right = built(diagrams, one), built(diagrams, other)
    lefts, rights = points(one), points(other)

    assert (left == right) == (lefts == rights)
    assert diagrams.implies(left, right) == all(point in rights for point in lefts)
    assert (left == FALSE, left == TRUE) == (not lefts, lefts == POINTS)


@settings(max_examples=80, deadline=None)
@given(FORMULAS)
def test_a_best_region_holds_wherever_another_does(formula: Any) -> None:
    """And every region of which that is true is said to be best."""
    diagrams = new_diagrams()
    function = built(diagrams, formula)

    best = {
        (variable, region)
        for variable, regions in diagrams.best(function).items()
        for region in regions
    }

    expected = {
        (variable, region)
        for variable in diagrams.variables(function)
        for region in range(SIZES[variable])
        if all(meant(formula, {**point, variable: region}) for point in points(formula))
    }
    assert best == expected


def test_a_region_best_in_one_case_only_is_not_best() -> None:
    """What is best must be so whatever the other variables are."""
    diagrams = new_diagrams()
    cases = [diagrams.both(diagrams.within(0, [i]), diagrams.within(1, [i])) for i in range(2)]

    best = diagrams.best(diagrams.any_of(cases))

    assert best == {0: frozenset(), 1: frozenset()}


@settings(max_examples=150, deadline=None)
@given(st.lists(FORMULAS, max_size=5))
def test_a_box_is_found_exactly_where_all_hold_somewhere(formulas: list[Any]) -> None:
    """And all of them hold in the whole box, of which no side can be left out."""
    diagrams = new_diagrams()
    functions = [built(diagrams, formula) for formula in formulas]

    box = box_of(diagrams, functions)

    together = points(*formulas)
    assert (box is not None) == bool(together) == can_hold(diagrams, functions)
    if box is not None:
        assert all(point in together for point in inside(box))
        for variable in box:
            wider = {key: regions for key, regions in box.items() if key != variable}
            assert any(point not in together for point in inside(wider))


def inside(box: dict[int, frozenset[int]]) -> Iterator[dict[int, int]]:
    """The points of a box."""
    return (point for point in POINTS if all(point[v] in rs for v, rs in box.items()))


def test_nothing_at_all_always_holds() -> None:
    """The empty "all" holds, the empty "any" does not."""
    diagrams = Diagrams()

    assert (diagrams.all_of([]), diagrams.any_of([])) == (TRUE, FALSE)


def test_the_work_is_bounded() -> None:
    """A function that needs a diagram of a million nodes ends in TooComplex."""
    diagrams = Diagrams(budget=10_000)
    pairs = 20
    for _ in range(2 * pairs):
        diagrams.variable(2)

    with pytest.raises(TooComplex):
        diagrams.any_of(
            diagrams.both(diagrams.within(i, [1]), diagrams.within(i + pairs, [1]))
            for i in range(pairs)
        )


def test_the_number_of_variables_is_bounded() -> None:
    """Diagrams are walked by recursion, which must not run out of stack."""
    diagrams = Diagrams()
    for _ in range(MOST_VARIABLES):
        diagrams.variable(2)

    deepest = diagrams.all_of(diagrams.within(i, [1]) for i in reversed(range(MOST_VARIABLES)))

    assert diagrams.at(deepest, dict.fromkeys(range(0, MOST_VARIABLES, 2), 1)) != FALSE
    with pytest.raises(TooComplex):
        diagrams.variable(2)
