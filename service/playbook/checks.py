"""What a playbook means that cannot be meant: circles, waits on nothing, limits, loose ends.

What can never have a say is judged in `reach`, messages in `template_checks`; here is the
rest. Every check gives diagnostics and nothing else.
"""

from collections.abc import Callable, Iterator, Mapping

from service.playbook import limits
from service.playbook.compiler import compile_playbook
from service.playbook.diagnostics import Diagnostic, Place
from service.playbook.rules import ALWAYS, All, Condition, Play, Playbook, Ref, Step, Test
from service.playbook.ruleset import Cond, Ruleset
from service.playbook.strata import facts_read, layers, names_read

#: What grows with every contact.
_COUNTS = ("attempts", "touches")

Guarantee = Callable[[Condition, str], bool]


def check_circles(playbook: Playbook) -> tuple[Diagnostic, ...]:
    """Conclusions that wait for one another."""
    circle = layers(playbook).circle
    if not circle:
        return ()
    places = {part.name: part.place for part in playbook.conclusions}
    places.update({table.name: table.place for table in playbook.tables})
    place = min(places[name] for name in circle)
    if len(circle) == 1:
        message, hint = f"`{circle[0]}` needs its own conclusion", "let it test something else"
    else:
        message = f"{' and '.join(f'`{name}`' for name in circle)} need each other's conclusions"
        hint = "let one of them test something else"
    return (Diagnostic("conclusion-cycle", message, place, hint),)


def check_waits(playbook: Playbook, guaranteed: Guarantee) -> Iterator[Diagnostic]:
    """Waits on facts that may be missing when the step is due."""
    for play, step in _steps(playbook):
        if step.wait is None:
            continue
        when = ALWAYS if play is None else play.when
        for value in (step.wait.amount, step.wait.after):
            if not isinstance(value, Ref) or value.name in playbook.parameters:
                continue
            if not guaranteed(when, value.name):
                yield _may_be_missing(value.name, play, step.wait.place)


def _may_be_missing(name: str, play: Play | None, place: Place) -> Diagnostic:
    test = f"`{name}: {{known: true}}`"
    return Diagnostic(
        "wait-may-be-missing",
        f"`{name}` may be unknown when `{play.name if play else 'otherwise'}` waits for it",
        place,
        f"add {test} to the `when` of `{play.name}`"
        if play
        else f"do this in a play with {test} in its `when`",
    )


def check_sequences(playbook: Playbook) -> Iterator[Diagnostic]:
    """Sequences whose own steps end them: their `when` names one count, and each step adds to it.

    A warning: where an earlier contact passes for a step, the next may be reached.
    """
    for play in playbook.plays:
        if sum(step.channel is not None for step in play.steps) > 1:
            for test in _parts(play.when):
                if isinstance(test, Test) and test.fact in _COUNTS and test.operator == "is":
                    yield _breaks_off(play, test)


def _parts(condition: Condition) -> Iterator[Condition]:
    """The conditions that must all hold."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _parts(part)
    else:
        yield condition


def _breaks_off(play: Play, test: Test) -> Diagnostic:
    count = f"${test.value.name}" if isinstance(test.value, Ref) else test.value
    return Diagnostic(
        "step-never-reached",
        f"`{play.name}` breaks off after its first step: then `{test.fact}` is no longer {count}",
        test.place,
        f"its `when` must stay true; write `{test.fact}: {{at_least: {count}}}`",
        "warning",
    )


def _steps(playbook: Playbook) -> Iterator[tuple[Play | None, Step]]:
    for play in playbook.plays:
        for step in play.steps:
            yield play, step
    if playbook.otherwise is not None:
        yield None, playbook.otherwise


def check_unused(
    playbook: Playbook, also_read: frozenset[str], places: Mapping[str, Place]
) -> Iterator[Diagnostic]:
    """Conclusions that nothing reads.

    `also_read` are the names that templates read; `places` is where conclusions are named.
    """
    read = also_read | frozenset(_names_read(playbook)) | _expected(playbook)
    for name, place in places.items():
        if name not in read:
            message = f"nothing reads the conclusion `{name}`"
            hint = "let a rule test it, or take it out"
            yield Diagnostic("unused-conclusion", message, place, hint, "warning")


def _expected(playbook: Playbook) -> frozenset[str]:
    """Conclusions that examples look at are read by the manager."""
    found: set[str] = set()
    for example in playbook.examples:
        expect = example.get("expect")
        facts = expect.get("facts") if isinstance(expect, dict) else None
        found.update(facts if isinstance(facts, dict) else ())
    return frozenset(found)


def _names_read(playbook: Playbook) -> Iterator[str]:
    for part in playbook.conclusions:
        yield from facts_read(part.when)
        for value in part.then.values():
            yield from names_read(value)
    for table in playbook.tables:
        yield from table.inputs
        for row in table.rows:
            for cell in row.cells:
                yield from facts_read(cell)
            for value in row.values:
                yield from names_read(value)
    for play in playbook.plays:
        yield from facts_read(play.when)
    for _, step in _steps(playbook):
        if step.wait is not None:
            yield from (v.name for v in (step.wait.amount, step.wait.after) if isinstance(v, Ref))


def check_limits(playbook: Playbook) -> tuple[Ruleset | None, tuple[Diagnostic, ...]]:
    """The compiled ruleset, or what of the playbook is more than the engine is tested for."""
    ruleset = compile_playbook(playbook)
    return ruleset, tuple(_over_limits(ruleset))


def _over_limits(ruleset: Ruleset) -> Iterator[Diagnostic]:
    rules = [rule for stratum in ruleset.strata for rule in stratum.rules]
    tests = {rule.id: _count_tests(rule.when) for rule in rules}
    totals = (
        ("rules and table rows", len(rules), limits.MOST_RULES),
        ("tests", sum(tests.values()), limits.MOST_TESTS),
        ("layers of conclusions", len(ruleset.strata), limits.MOST_STRATA),
    )
    for what, count, most in totals:
        if count > most:
            yield _over(f"the playbook has {count:,} {what}", most, Place(1, 1))
    for rule in rules:
        if tests[rule.id] > limits.MOST_TESTS_IN_A_RULE:
            yield _over(
                f"`{rule.name}` has {tests[rule.id]:,} tests",
                limits.MOST_TESTS_IN_A_RULE,
                Place(rule.line, 1),
            )


def _over(what: str, most: int, place: Place) -> Diagnostic:
    return Diagnostic(
        "engine-limit",
        f"{what}, and {most:,} is the most",
        place,
        "split the rule: let a conclusion stand for a part of it"
        if "tests" in what
        else "split the playbook in two",
    )


def _count_tests(condition: Cond) -> int:
    if condition[0] in ("all", "any"):
        return sum(map(_count_tests, condition[1:]))
    return 1


__all__ = ["check_circles", "check_limits", "check_sequences", "check_unused", "check_waits"]
