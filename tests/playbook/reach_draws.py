"""Small random playbooks over a fixed stock of facts, every operator and every part."""

from datetime import date, datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st

from service.playbook.diagnostics import START, Place
from service.playbook.rules import (
    All,
    AnyOf,
    Arithmetic,
    Conclude,
    Done,
    Not,
    Parameter,
    Play,
    Playbook,
    Ref,
    Row,
    Step,
    Table,
    Test,
)
from service.playbook.vocabulary import Fact

STEP = Step("wait", None, None, None, "any_time", (), (), "", START)
GIVEN = {
    fact.name: fact
    for fact in (
        Fact("count", "integer", "", "history", always_known=True, minimum=0),
        Fact("days", "integer", "", minimum=1),
        Fact("whole", "integer", ""),
        Fact("price", "number", ""),
        Fact("client", "boolean", ""),
        Fact("fits", "boolean", ""),
        Fact("rank", "choice", "", values=("low", "mid", "top"), ordered=True),
        Fact("team", "choice", "", values=("red", "blue")),
        Fact("name", "text", ""),
        Fact("day", "date", ""),
        Fact("moment", "instant", ""),
        Fact("questions", "list", ""),
    )
}
CONCLUDED = {
    fact.name: fact
    for fact in (
        Fact("ready", "boolean", "", "conclusion"),
        Fact("silent", "boolean", "", "conclusion"),
        Fact("pace", "integer", "", "conclusion"),
        Fact("grade", "choice", "", "conclusion", values=("a", "b", "c"), ordered=True),
        Fact("gaps", "list", "", "conclusion"),
    )
}
FACTS = GIVEN | CONCLUDED
#: What each fact is compared with.
CONSTANTS: dict[str, tuple[Any, ...]] = {
    "count": (0, 2, 3),
    "days": (1, 4),
    "whole": (-1, 2),
    "price": (1, 2.5),
    "client": (True, False),
    "fits": (True, False),
    "rank": ("low", "mid", "top"),
    "team": ("red", "blue"),
    "name": ("ann", "bob"),
    "day": ("2026-11-20", "2026-11-21"),
    "moment": ("2026-11-20T09:00:00Z", "2026-11-20T12:00:00+02:00"),
    "questions": ("why", "when"),
    "ready": (True, False),
    "silent": (True, False),
    "pace": (2, 4),
    "grade": ("a", "b", "c"),
    "gaps": ("x", "y"),
}
#: Every value that could make a difference: on each boundary, beside it, and missing.
VALUES: dict[str, list[Any]] = {
    "count": [0, 1, 2, 3, 4],
    "days": [None, 1, 2, 3, 4, 5],
    "whole": [None, -2, -1, 0, 1, 2, 3],
    "price": [None, 0.5, 1, 1.5, 2, 2.5, 3],
    "client": [None, False, True],
    "fits": [False, True],  # it has a default
    "rank": [None, "low", "mid", "top"],
    "team": [None, "red", "blue"],
    "name": [None, "ann", "bob", "cy"],
    "day": [None, *(date(2026, 11, day) for day in (19, 20, 21, 22))],
    "moment": [
        None,
        *(
            datetime.fromisoformat(f"2026-11-20T{hour}:00+00:00")
            for hour in ("08:00", "09:00", "09:30", "10:00", "11:00")
        ),
    ],
    "questions": [None, (), ("why",), ("when",), ("other",), ("why", "when"), ("why", "other")],
    "ready": [False, True],
    "silent": [False, True],
    "pace": [1, 2, 3, 4, 5],
    "grade": ["a", "b", "c"],
    "gaps": ["x", "y", "z"],
}
PARAMETERS = {"patience": Parameter("patience", 2, "days", "", START)}
ORDERED = ("integer", "number", "date", "instant")


@cache
def _tests(name: str, available: tuple[str, ...]) -> st.SearchStrategy[Any]:
    fact, constants = FACTS[name], CONSTANTS[name]
    known = st.booleans().map(lambda value: Test(name, "known", value, START))
    if fact.type == "list":
        words = st.lists(st.sampled_from(constants), min_size=1, max_size=2, unique=True)
        contains = words.map(lambda value: Test(name, "contains", tuple(value), START))
        empty = st.booleans().map(lambda value: Test(name, "empty", value, START))
        return contains | empty | known
    operators = ["is"]
    if fact.ordered or fact.type in ORDERED:
        operators += ["at_least", "at_most", "more_than", "less_than"]
    values = [*constants]
    values += [Ref(other) for other in available if FACTS[other].type == fact.type != "choice"]
    if fact.type == "integer":
        values.append(Ref("patience"))
    plain = st.builds(
        Test, st.just(name), st.sampled_from(operators), st.sampled_from(values), st.just(START)
    )
    several = st.lists(st.sampled_from(constants), min_size=1, max_size=2, unique=True)
    return plain | several.map(lambda value: Test(name, "in", tuple(value), START)) | plain | known


@cache
def _dones(available: tuple[str, ...]) -> st.SearchStrategy[Any]:
    numbers = [name for name in available if FACTS[name].type == "integer"]
    bound = st.sampled_from([0, 1, 2, Ref("patience"), *(Ref(name) for name in numbers)])
    return st.builds(
        Done, st.sampled_from([(), ("reopen",)]), st.just(()), st.just(()), st.just(()),
        st.just("outbound"), st.none(), st.just("first_touch"), bound, st.none() | bound,
        st.just(START),
    )  # fmt: skip


@cache
def conditions(available: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Conditions about these facts."""
    tests = st.sampled_from(available).flatmap(lambda name: _tests(name, available))
    leaf = st.integers(0, 9).flatmap(lambda n: tests if n else _dones(available))
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts)))
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts)))
            | inner.map(Not)
        ),
        max_leaves=4,
    )


@cache
def _expressions(name: str, available: tuple[str, ...]) -> st.SearchStrategy[Any]:
    constants = st.sampled_from(CONSTANTS[name])
    if FACTS[name].type == "boolean":
        return constants if name == "silent" else st.just(True)
    if name != "pace":
        return constants
    numbers = [Ref(other) for other in available if FACTS[other].type == "integer"]
    part = st.sampled_from([1, 2, Ref("patience"), *numbers])
    formula = st.builds(
        Arithmetic,
        st.sampled_from(["sum", "difference", "product", "minimum", "maximum"]),
        st.tuples(part, part),
    )
    return constants | constants | part | formula


@st.composite
def _table(draw: st.DrawFn, name: str, available: tuple[str, ...], line: int) -> Table:
    inputs = draw(st.lists(st.sampled_from(available), min_size=1, max_size=2, unique=True))
    cell = [st.none() | _tests(each, available) | _tests(each, available).map(Not)
            for each in inputs]  # fmt: skip
    rows = [
        Row(
            tuple(draw(each) for each in cell),
            (draw(_expressions(name, available)),),
            Place(line, number),
        )
        for number in range(1, draw(st.integers(1, 4)) + 1)
    ]
    hit = "collect" if name == "gaps" else draw(st.sampled_from(["first", "first", "unique"]))
    return Table(f"table-{name}", tuple(inputs), (name,), hit, tuple(rows), "", Place(line, 1))


@cache
@st.composite
def _play(draw: st.DrawFn, number: int, available: tuple[str, ...]) -> Play:
    is_sequence = draw(st.booleans())
    steps = (STEP,) * draw(st.integers(1, 2)) if is_sequence else (STEP,)
    return Play(
        f"play-{number}", draw(conditions(available)), steps, is_sequence,
        is_exit=False,
        repeat=is_sequence and draw(st.integers(0, 3)) == 0,
        then=draw(st.sampled_from(["next", "next", "stop"])) if is_sequence else "next",
        priority=0, because="", place=Place(100 + number, 1),
    )  # fmt: skip


@st.composite
def playbooks(draw: st.DrawFn) -> Playbook:
    """Whole playbooks: one to three given facts, up to three conclusions, two to five plays."""
    available = tuple(
        draw(st.lists(st.sampled_from(sorted(GIVEN)), min_size=1, max_size=3, unique=True))
    )
    rules: list[Conclude] = []
    tables: list[Table] = []
    for name in draw(st.lists(st.sampled_from(sorted(CONCLUDED)), max_size=3, unique=True)):
        line = 10 * (len(available) + 1)
        if name == "gaps" or draw(st.booleans()):
            tables.append(draw(_table(name, available, line)))
        else:
            rules += [
                Conclude(f"{name}-{n}", draw(conditions(available)),
                         {name: draw(_expressions(name, available))}, "", Place(line + n, 1))
                for n in range(draw(st.integers(1, 3)))
            ]  # fmt: skip
        available = (*available, name)
    plays = tuple(draw(_play(n, available)) for n in range(draw(st.integers(2, 5))))
    return Playbook(
        "p", "", "", {}, PARAMETERS, FACTS, {"fits": False}, tuple(rules), tuple(tables), plays,
        draw(st.none() | st.just(STEP)), {}, {}, {},
    )  # fmt: skip
