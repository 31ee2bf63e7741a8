"""The tests that a play lacks: what was seen, what is needed, down to the facts that decide."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from service.decision.explanation import plain
from service.decision.ready import Ready
from service.decision.weighing import is_group
from service.decision.whynot.grounds import Grounds
from service.decision.whynot.sight import OPPOSITE, Sight
from service.decision.whynot.values import written
from service.playbook.ruleset import CompiledRule, Cond, Field
from service.playbook.vocabulary import Fact

#: More tests than these explain nothing any more.
MOST_TESTS = 40
_WORDS = {
    "==": "",
    "!=": "anything but ",
    ">=": "at least ",
    "<=": "at most ",
    ">": "more than ",
    "<": "less than ",
}
#: The same of days and moments.
_TIMES = {**_WORDS, ">=": "not before ", "<=": "not after ", ">": "after ", "<": "before "}
#: What everybody knows without being told its value.
_CLOCK = ("now", "today")


@dataclass(frozen=True)
class OpenTest:
    """A test that failed, or that hangs on what is not known.

    It stands in the rule `rule`, at `line` of the playbook, which would conclude `concludes`
    (None: the play itself). `fact` is what is tested: a fact, or what was counted. `one_of`:
    it is one of several ways, and need not hold if another does.
    """

    rule: str
    line: int
    concludes: str | None
    fact: str
    seen: object
    needed: str
    truth: Literal["failed", "unknown"]
    one_of: bool

    def to_json(self) -> dict[str, object]:
        """The form in an answer's `why_not`."""
        return {
            "rule": self.rule,
            "line": self.line,
            "concludes": self.concludes,
            "fact": self.fact,
            "seen": self.seen,
            "needed": self.needed,
            "truth": self.truth,
            "one_of": self.one_of,
        }


def open_tests(ready: Ready, rule: CompiledRule, sight: Sight) -> tuple[OpenTest, ...]:
    """The tests that keep a play's rule from firing, each before those that are behind it."""
    looking = _Looking(ready, sight)
    return tuple(looking.lacking(rule, rule.when, None, one_of=False))[:MOST_TESTS]


class _Looking:
    """Follows what is lacking from conclusion to conclusion, looking at each rule once."""

    def __init__(self, ready: Ready, sight: Sight) -> None:
        self._ready = ready
        self._sight = sight
        self._grounds = Grounds(ready)
        self._looked_at: set[str] = set()

    def lacking(
        self, rule: CompiledRule, condition: Cond, concludes: str | None, *, one_of: bool
    ) -> Iterator[OpenTest]:
        """The tests of a condition that keep it from holding, and what is behind each."""
        if self._sight.truth(condition) is True:
            return
        if (told := self._of_one_fact(condition)) is not None:
            yield from self._told(rule, *told, concludes, one_of=one_of)
        elif is_group(condition):
            several = one_of or (condition[0] == "any" and len(condition) > 2)  # noqa: PLR2004
            for part in condition[1:]:
                yield from self.lacking(rule, part, concludes, one_of=several)
        else:
            needed = self._needed(condition)
            yield from self._told(rule, condition, needed, concludes, one_of=one_of)

    def _told(
        self, rule: CompiledRule, test: Cond, needed: str, concludes: str | None, *, one_of: bool
    ) -> Iterator[OpenTest]:
        field = self._ready.fields[test[0]]
        yield OpenTest(
            rule.name,
            rule.line,
            concludes,
            field.label if field.kind in ("done", "progress") else field.fact,
            self._seen(field),
            needed,
            "unknown" if self._sight.truth(test) is None else "failed",
            one_of,
        )
        yield from self._behind(test, field, one_of=one_of)

    def _of_one_fact(self, group: Cond) -> tuple[Cond, str] | None:
        """Of "one of these words" one test, and all the words; None for other groups."""
        tests = group[1:]
        if group[0] != "any" or not tests or any(is_group(test) for test in tests):
            return None
        if {test[:2] for test in tests} != {(tests[0][0], "==")}:
            return None
        return tests[0], " or ".join(self._needed(test) for test in tests)

    # ---- behind a conclusion ---------------------------------------------------------

    def _behind(self, test: Cond, field: Field, *, one_of: bool) -> Iterator[OpenTest]:
        """Why a conclusion is not what a test wants."""
        name = field.fact
        fact = self._ready.facts.get(name)
        if fact is None or fact.origin != "conclusion" or name in self._looked_at:
            return
        self._looked_at.add(name)
        ways = [way for way in self._grounds.ways(test) if not self._sight.fires(way)]
        for way in ways:
            yield from self.lacking(way, way.when, name, one_of=one_of or len(ways) > 1)
        if ways:
            return
        makers = self._ready.makers.get(name, ())
        taken = next((maker for maker in makers if self._sight.fires(maker)), None)
        if taken is not None:
            yield from self._in_the_way(taken, taken.when, name)
            return
        for maker in makers:
            yield from self._unsettled(maker, name, one_of=one_of)

    def _in_the_way(self, rule: CompiledRule, held: Cond, name: str) -> Iterator[OpenTest]:
        """The tests that hold and should not: one of them would have to fail."""
        if is_group(held):
            for part in held[1:]:
                if self._sight.truth(part) is True:
                    yield from self._in_the_way(rule, part, name)
            return
        opposite = (held[0], OPPOSITE[held[1]], held[2])
        needed = self._needed(opposite)
        yield from self._told(rule, opposite, needed, name, one_of=True)

    def _unsettled(self, maker: CompiledRule, name: str, *, one_of: bool) -> Iterator[OpenTest]:
        """What is not known of a rule that would have to fail plainly, or to hold."""
        for found in self.lacking(maker, maker.when, name, one_of=one_of):
            if found.truth == "unknown":
                yield replace(found, needed="known")

    # ---- in words -------------------------------------------------------------------

    def _seen(self, field: Field) -> object:
        if field.kind in ("done", "progress"):
            return self._sight.number(field.name)
        return plain(self._sight.facts.get(field.fact))

    def _needed(self, test: Cond) -> str:
        field, operator, number = self._ready.fields[test[0]], test[1], test[2]
        match field.kind:
            case "known":
                return "known" if number else "unknown"
            case "empty":
                return "empty" if number else "not empty"
            case "contains":
                words = " or ".join(field.words)
                return f"a list with {words}" if number else f"a list without {words}"
            case "compare":
                other = self._sight.facts.get(field.other)
                value = "not known" if other is None else plain(other)
                told = "" if field.other in _CLOCK else f" ({value})"
                return f"{_than(self._ready.facts[field.fact], operator)}`{field.other}`{told}"
            case "value":
                return self._needed_value(self._ready.facts[field.fact], operator, number)
        return f"{_WORDS[operator]}{number}"

    def _needed_value(self, fact: Fact, operator: str, number: int) -> str:
        if fact.type == "boolean":
            return "true" if (operator == "==") == bool(number) else "false"
        told = written(fact, number, self._ready.ruleset.texts)
        return f"{_than(fact, operator)}{told}"


def _than(fact: Fact, operator: str) -> str:
    return (_TIMES if fact.type in ("date", "instant") else _WORDS)[operator]
