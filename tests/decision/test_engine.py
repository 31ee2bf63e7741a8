"""The engine against a plain evaluator, at its edges, and from many threads."""

import gc
import json
import operator
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import durable_rules_engine  # type: ignore[import-not-found]  # a C module, without types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.decision.engine import _STATE, EngineFault, Program
from service.decision.shards import plain, shards
from service.decision.stages import THE_FACT, fnv, short_names
from service.playbook import limits

Cond = Any
Strata = Sequence[Sequence[tuple[int, Cond]]]

COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition: Cond, fields: Mapping[str, int]) -> bool:
    """What a condition means, in the fewest words."""
    match condition:
        case True:
            return True
        case "all", *parts:
            return all(holds(part, fields) for part in parts)
        case "any", *parts:
            return any(holds(part, fields) for part in parts)
        case field, compare, value:
            return field in fields and COMPARE[compare](fields[field], value)
    raise AssertionError(condition)


def expected(strata: Strata, fields: Mapping[str, int]) -> list[tuple[int, ...]]:
    """The ids that must fire in each stratum."""
    return [tuple(sorted(i for i, when in rules if holds(when, fields))) for rules in strata]


def fired(program: Program, strata: Strata, fields: Mapping[str, int]) -> list[tuple[int, ...]]:
    """The ids that the engine fires in each stratum, in one session."""
    with program.session() as session:
        return [session.fire(number, fields) for number in range(len(strata))]


# ---- the same answers as plain evaluation -------------------------------------------

FIELDS = [f"x{number}" for number in range(12)]
NUMBERS = st.integers(-2, 2) | st.sampled_from([2**53, -(2**53), 2**53 - 1, 10**9])
TESTS = st.tuples(st.sampled_from(FIELDS), st.sampled_from(list(COMPARE)), NUMBERS).map(list)
CONDITIONS = st.recursive(
    st.just(value=True) | TESTS,
    lambda inner: st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, max_size=6)).map(
        lambda group: [group[0], *group[1]]
    ),
    max_leaves=30,
)
STRATA = st.lists(st.lists(CONDITIONS, max_size=12).map(lambda c: list(enumerate(c))), max_size=4)
FACTS = st.lists(st.dictionaries(st.sampled_from(FIELDS), NUMBERS), min_size=1, max_size=5)


@settings(max_examples=130, deadline=None)
@given(strata=STRATA, facts=FACTS)
def test_any_rules_fire_as_plain_evaluation_says(
    strata: Strata, facts: list[dict[str, int]]
) -> None:
    """Whatever the rules and the fields, exactly those rules fire whose conditions hold."""
    program = Program(strata)

    assert [expected(strata, fields) for fields in facts] == [
        fired(program, strata, fields) for fields in facts
    ]


# ---- edges --------------------------------------------------------------------------


def one(number: int) -> list[Cond]:
    """A test of one field."""
    return [f"x{number}", "==", 1]


def pairs(count: int, first: int = 0) -> list[list[Cond]]:
    """So many places with two alternatives each."""
    return [["any", one(2 * n + first), one(2 * n + first + 1)] for n in range(count)]


def tree(depth: int, first: int = 0) -> list[Cond]:
    """Alternatives of pairs of alternatives, and so on: 2^depth tests."""
    if not depth:
        return one(first)
    parts = (tree(depth - 1, 2 * first), tree(depth - 1, 2 * first + 1))
    return ["any" if depth % 2 else "all", *parts]


def spiral(depth: int) -> list[Cond]:
    """Groups inside groups, as many as depth."""
    if not depth:
        return one(0)
    return ["any" if depth % 2 else "all", one(depth), [f"x{depth}", ">", 0], spiral(depth - 1)]


SHARED: Cond = ["all", ["x1", "==", 1], ["x2", "!=", 0]]
EDGES: dict[str, Strata] = {
    "no strata": [],
    "empty strata": [[], []],
    "constants": [[(3, True), (1, ["all"]), (2, ["any"])], [(0, ["any", True])], [(0, ["all"])]],
    "130 rules true at once": [[(n, one(n)) for n in range(130)]],
    "250 rules": [[(n, [f"x{n % 20}", ">=", n // 20]) for n in range(250)]],
    "200 rules with one condition": [[(n, SHARED) for n in range(200)]],
    "200 rules with one last test": [[(n, ["all", one(n), ["x0", "<", 9]]) for n in range(200)]],
    "200 rules with one first alternative": [[(n, ["any", one(0), one(n)]) for n in range(200)]],
    "60 alternatives": [[(0, ["any", *map(one, range(60))])]],
    "60 alternatives of one field": [[(0, ["any", *(["x1", "==", n] for n in range(60))])]],
    "60 mixed tests of one field": [
        [(0, ["any", *(["x1", ("<", ">", "!=")[n % 3], n - 30] for n in range(60))])]
    ],
    "60 tests": [[(0, ["all", *map(one, range(60))])]],
    "alternatives in 25 places": [[(n, ["all", *pairs(25, n)]) for n in range(4)]],
    "pairs in 25 alternatives": [[(0, ["any", *(["all", one(n), one(n + 1)] for n in range(25))])]],
    "a deep tree": [[(0, tree(6))], [(1, ["any", ["x3", "==", 7], tree(5, 3)])]],
    "the deepest spiral": [[(0, spiral(limits.MOST_NESTING - 1))]],
    "200 fields": [[(n, ["all", one(n), one(199 - n)]) for n in range(200)]],
    "most tests": [[(n, ["any", *(one(100 * n + m) for m in range(100))]) for n in range(40)]],
    "most rules": [[(n, [f"x{n}", "!=", 0]) for n in range(limits.MOST_RULES)]],
    "most strata": [[(0, tree(5, n))] for n in range(limits.MOST_STRATA)],
}
WORLDS = {
    "nothing known": {},
    "all true": {f"x{n}": 1 for n in range(4_000)},
    "all false": {f"x{n}": 0 for n in range(4_000)},
    "half true": {f"x{n}": n % 2 for n in range(4_000)},
    "some known": {f"x{n}": n % 2 for n in range(0, 4_000, 3)},
}


@pytest.mark.parametrize("strata", EDGES.values(), ids=EDGES.keys())
def test_edges_fire_as_plain_evaluation_says(strata: Strata) -> None:
    """At every edge of what a playbook may hold the engine neither fails nor errs."""
    program = Program(strata)

    assert {name: expected(strata, fields) for name, fields in WORLDS.items()} == {
        name: fired(program, strata, fields) for name, fields in WORLDS.items()
    }


def test_a_stratum_may_be_fired_again_with_other_fields() -> None:
    """Within a session each firing sees only the fields that it was given."""
    program = Program([[(0, ["x", "==", 1]), (1, ["x", "!=", 1])]])

    with program.session() as session:
        answers = [session.fire(0, {"x": n % 2}) for n in range(50)]

    assert answers == [(1,), (0,)] * 25


@pytest.mark.parametrize("name", ["sid", "id", "g", "$s", "$and", "$nex", 'a"b', "f0", "\n", ""])
def test_a_field_may_have_any_name(name: str) -> None:
    """Names that mean something to the engine mean nothing in a playbook."""
    program = Program([[(0, [name, "==", 5])]])

    assert [fired(program, [[]], fields) for fields in ({name: 5}, {name: 6}, {})] == [
        [(0,)],
        [()],
        [()],
    ]


# ---- names, ids and limits ----------------------------------------------------------


def test_the_fact_and_the_state_have_names_of_their_own() -> None:
    """The engine takes messages whose ids have equal hashes for one message."""
    fact, state = (json.loads(text) for text in (f"{{{THE_FACT}}}", _STATE))

    assert fact["sid"] == state["sid"]
    assert fnv(fact["id"]) != fnv(state["id"])


def test_no_two_short_names_have_equal_hashes() -> None:
    """The engine takes fields whose names have equal hashes for one field."""
    names = short_names(str(number) for number in range(limits.MOST_TESTS)).values()

    assert len({fnv(name) for name in names}) == limits.MOST_TESTS


def test_alternatives_are_cut_before_they_multiply() -> None:
    """25 places with two alternatives each are decided in parts, not in 2^25 ways."""
    cut = shards([(7, plain(["all", *pairs(25)]))])

    assert [tuple(rule for goal in shard.goals for rule in goal.rules) for shard in cut] == [
        (),
        (),
        (7,),
    ]


@pytest.mark.parametrize(
    "condition",
    [
        False,
        "all",
        [],
        ["x"],
        ["x", "=", 1],
        ["x", "==", True],
        ["x", "==", 1.0],
        ["x", "==", "1"],
        [1, "==", 1],
        ["x", "==", 2**53 + 1],
        ["all", ["x", "==", None]],
        spiral(limits.MOST_NESTING + 1),
        ["any", *map(one, range(limits.MOST_TESTS_IN_A_RULE + 1))],
    ],
    ids=str,
)
def test_what_is_no_condition_is_refused(condition: Cond) -> None:
    """A condition that is none, or is too large, raises ValueError before the engine sees it."""
    with pytest.raises(ValueError, match=r"no test|no condition|too many tests in a rule"):
        Program([[(0, condition)]])


@pytest.mark.parametrize(
    "strata",
    [
        [[]] * (limits.MOST_STRATA + 1),
        [[(n, one(n)) for n in range(limits.MOST_RULES + 1)]],
        [[(n, ["all", *map(one, range(50))]) for n in range(limits.MOST_TESTS // 50 + 1)]],
    ],
    ids=["strata", "rules", "tests"],
)
def test_more_than_the_limits_is_refused(strata: Strata) -> None:
    """What goes beyond the limits raises ValueError before the engine sees it."""
    with pytest.raises(ValueError, match="too many"):
        Program(strata)


@pytest.mark.parametrize("value", [2**53 + 1, -(2**53) - 1, 10**400, 1.5, True, "1", None])
def test_what_is_no_field_is_refused_and_the_next_session_is_well(value: Any) -> None:
    """What the engine could misread raises ValueError and leaves nothing behind."""
    program = Program([[(0, ["x", "==", 1])]])

    with pytest.raises(ValueError), program.session() as session:  # noqa: PT011 - words vary
        session.fire(0, {"x": value})

    assert fired(program, [[]], {"x": 1}) == [(0,)]


# ---- sessions and programs ----------------------------------------------------------


def test_threads_get_their_own_answers() -> None:
    """Eight threads with 200 sessions each over two programs never see another's fields."""
    strata: list[Strata] = [
        [[(n, [f"x{n}", "==", k]) for n in range(10)] for k in range(3)],
        [[(n, ["any", one(n), ["x0", ">", 1]]) for n in range(30)] for _ in range(2)],
    ]
    programs = [Program(rules) for rules in strata]

    def wrong_answers(seed: int) -> int:
        random = Random(seed)  # noqa: S311 - a repeatable choice, not a secret
        wrong = 0
        for turn in range(200):
            fields = {f"x{n}": random.randrange(3) for n in range(30) if random.random() < 0.8}
            rules = strata[turn % 2]
            wrong += fired(programs[turn % 2], rules, fields) != expected(rules, fields)
        return wrong

    with ThreadPoolExecutor(8) as pool:
        wrong = sum(pool.map(wrong_answers, range(8)))

    assert wrong == 0


def test_the_next_session_is_well_when_a_user_fails() -> None:
    """After an exception inside `with` the program answers as before."""
    program = Program([[(0, ["x", "==", 1])]])
    for _ in range(3):
        with pytest.raises(IndexError), program.session() as session:
            [session.fire(stratum, {"x": 1}) for stratum in (0, 1)]

    assert fired(program, [[]], {"x": 1}) == [(0,)]


def test_an_unexpected_reply_is_a_fault_and_the_next_session_is_well() -> None:
    """A stage whose last rule is not the last to fire gives no answer; then all is well."""
    program = Program([[(0, ["x", "==", 1])]])
    stage = program._ruleset.stages[0][0]
    always, stage.always = stage.always, "0.0"

    with pytest.raises(EngineFault, match="last rule"), program.session() as session:
        session.fire(0, {"x": 1})
    stage.always = always

    assert fired(program, [[]], {"x": 1}) == [(0,)]


def test_a_reply_of_an_unknown_rule_is_a_fault() -> None:
    """A rule that the stage does not have leaves the session in the middle of its replies."""
    program = Program([[(0, ["x", "==", 1])]])
    stage = program._ruleset.stages[0][0]
    rules, stage.rules = stage.rules, {}

    with pytest.raises(EngineFault, match="unexpected reply"), program.session() as session:
        session.fire(0, {"x": 1})
    stage.rules = rules

    assert fired(program, [[]], {"x": 1}) == [(0,)]


def facts_left(program: Program) -> str:
    """The facts that durable-rules still holds for a program."""
    ruleset = program._ruleset
    return str(durable_rules_engine.get_facts(ruleset._handle, "0"))


def test_nothing_of_a_decision_is_left() -> None:
    """After each firing, also where branches are many, the session holds no fact."""
    program = Program([[(n, ["any", one(0), one(n)]) for n in range(100)], [(0, tree(6))]])

    left = set()
    for fields in WORLDS.values():
        with program.session() as session:
            for stratum in (0, 1, 1, 0):
                session.fire(stratum, fields)
                left.add(facts_left(program))

    assert left == {"[]"}


def test_a_fact_that_stays_is_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fact not retracted reaches no other decision: the next is refused, then all is well."""
    program = Program([[(0, ["x", "==", 1])]])
    slot = program._ruleset._slot
    with monkeypatch.context() as patched:
        patched.setattr(durable_rules_engine, "retract_fact", lambda *_: (0, slot))
        fired(program, [[]], {"x": 1})
        assert facts_left(program) != "[]"
        with pytest.raises(EngineFault, match="not taken"):
            fired(program, [[]], {"x": 0})

    assert fired(program, [[]], {"x": 0}) == [()]
    assert facts_left(program) == "[]"


def test_a_reply_that_stays_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies not read to their end reach no other decision."""
    program = Program([[(n, [f"x{n}", "==", 1]) for n in range(5)]])
    real = durable_rules_engine.complete_and_start_action
    replies: list[str | None] = []

    def breaking_off(handle: int, slot: int) -> str | None:
        replies.append(real(handle, slot))
        if len(replies) == 2:
            raise KeyboardInterrupt
        return replies[-1]

    with monkeypatch.context() as patched:
        patched.setattr(durable_rules_engine, "complete_and_start_action", breaking_off)
        with program.session() as session:
            with pytest.raises(KeyboardInterrupt):
                session.fire(0, {f"x{n}": 1 for n in range(5)})
            with pytest.raises(EngineFault, match="had a fault"):
                session.fire(0, {"x4": 1})

    assert fired(program, [[]], {"x4": 1}) == [(4,)]


@pytest.mark.parametrize("broken", ["delete_state", "update_state"])
def test_a_program_whose_session_cannot_be_made_anew_never_answers_again(
    monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Where the engine cannot be brought back to a known state there is no answer."""
    program = Program([[(0, ["x", "==", 1])]])
    rules, program._ruleset.stages[0][0].rules = program._ruleset.stages[0][0].rules, {}
    with pytest.raises(EngineFault, match="unexpected reply"):
        fired(program, [[]], {"x": 1})
    program._ruleset.stages[0][0].rules = rules

    def failing(*_: object) -> None:
        raise durable_rules_engine.error("planted")

    with monkeypatch.context() as patched:
        patched.setattr(durable_rules_engine, broken, failing)
        with pytest.raises(EngineFault, match="planted"):
            fired(program, [[]], {"x": 1})

    with pytest.raises(EngineFault):
        fired(program, [[]], {"x": 1})
    program.close()


def test_a_session_may_be_opened_again_but_not_twice_at_once() -> None:
    """One session of a program at a time, also within a thread; another program's is free."""
    program, other = Program([[(0, True)]]), Program([[(5, True)]])
    session = program.session()
    with session, other.session() as second:
        with pytest.raises(RuntimeError, match="has a session open"), program.session():
            pass
        with pytest.raises(RuntimeError, match="has a session open"):
            program.close()
        inner = (session.fire(0, {}), second.fire(0, {}))
    with session:
        again = session.fire(0, {})

    assert (*inner, again) == ((0,), (5,), (0,))


def test_a_session_that_is_not_open_does_not_answer() -> None:
    """Only inside `with` is there a session."""
    program = Program([[(0, True)]])

    with pytest.raises(RuntimeError, match="not open"):
        program.session().fire(0, {})


def test_a_closed_program_does_not_answer() -> None:
    """After `close`, which may be repeated, there is no session."""
    program = Program([[(0, True)]])
    program.close()
    program.close()

    with pytest.raises(EngineFault), program.session():
        pass


def test_a_forgotten_program_gives_its_memory_back() -> None:
    """Nobody need call `close`."""
    program = Program([[(0, True)]])
    finalizer = program._ruleset._finalizer
    del program
    gc.collect()

    assert not finalizer.alive
