"""What a playbook says of a story, read from its own words: three-valued, nothing compiled.

Truth is True, False, or None for unknown. Conclusions are drawn when they are asked for, so
there are no strata here and no encoding; what agrees with this agrees with the language.
"""

import operator
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from service.playbook.rules import (
    All,
    AnyOf,
    Conclude,
    Condition,
    Done,
    Not,
    Play,
    Playbook,
    Ref,
    Table,
    Test,
)
from service.playbook.ruleset import END, CompiledRule, Ruleset
from service.playbook.vocabulary import Fact
from tests.oracle.evaluator import Facts, Verdict, action_of, value_of
from tests.oracle.story import Story, moment, typed

Truth = bool | None
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "is": operator.eq,
    "at_least": operator.ge,
    "at_most": operator.le,
    "more_than": operator.gt,
    "less_than": operator.lt,
}


def both(truths: Iterable[Truth]) -> Truth:
    """Kleene's and."""
    found = list(truths)
    return False if False in found else None if None in found else True


def opposite(truth: Truth) -> Truth:
    """Kleene's not."""
    return None if truth is None else not truth


def judge_words(playbook: Playbook, ruleset: Ruleset, story: Story) -> Verdict:
    """What came out of a playbook as `reader` reads it: no compiled condition is looked at."""
    reading = Words(playbook, story)
    for name in reading.makers:
        reading.value(name)
    fired = frozenset(
        rule.id for stratum in ruleset.strata for rule in stratum.rules if reading.fires(rule)
    )
    facts = {name: value for name, value in reading.facts.items() if value is not None}
    plays = tuple(reading.plays())
    return Verdict(fired, facts, plays, action_of(ruleset, plays))


class Words:
    """One playbook and one story; `facts` grow as they are asked for, None where unknown."""

    def __init__(self, playbook: Playbook, story: Story) -> None:
        self.playbook = playbook
        self.story = story
        self.facts: Facts = dict(story.facts)
        for name, written in playbook.defaults.items():
            self.facts.setdefault(name, typed(playbook.facts[name], written))
        self.rules = {rule.name: rule for rule in playbook.conclusions}
        self.tables = {table.name: table for table in playbook.tables}
        self.named_plays = {play.name: play for play in playbook.plays}
        self.makers: dict[str, list[Conclude | Table]] = {}
        for rule in playbook.conclusions:
            for name in rule.then:
                self.makers.setdefault(name, []).append(rule)
        for table in playbook.tables:
            for name in table.outputs:
                self.makers.setdefault(name, []).append(table)

    # ---- what is known --------------------------------------------------------------

    def value(self, name: str) -> Any:
        """A parameter, a fact, or a conclusion drawn now; None where unknown."""
        if name in self.playbook.parameters:
            return self.playbook.parameters[name].value
        if name not in self.facts and name in self.makers:
            parts = self.makers[name]
            if isinstance(parts[0], Table):
                self.facts[name] = self._of_table(parts[0], name)
            else:
                self.facts[name] = self._of_rules(name)
        return self.facts.get(name)

    def _of_rules(self, name: str) -> Any:
        rules = [part for part in self.makers[name] if isinstance(part, Conclude)]
        truths = [self.truth(rule.when) for rule in rules]
        given = [rule.then[name] for rule, true in zip(rules, truths, strict=True) if true]
        values = [value for value in map(self._result, given) if value is not None]
        if values:
            return values[-1]
        constants = {rule.then[name] for rule in rules if isinstance(rule.then[name], bool)}
        alike = len(constants) == 1 and all(isinstance(rule.then[name], bool) for rule in rules)
        return not constants.pop() if alike and all(truth is False for truth in truths) else None

    def _of_table(self, table: Table, name: str) -> Any:
        column = table.outputs.index(name)
        rows = [row.values[column] for i, row in enumerate(table.rows) if self.row_holds(table, i)]
        values = [self._result(expression) for expression in rows]
        if table.hit == "collect":
            return (*dict.fromkeys(str(value) for value in values if value is not None),) or None
        return values[0] if values else None

    def _result(self, expression: Any) -> Any:
        for name in names_in(expression):
            self.value(name)
        parameters = {name: one.value for name, one in self.playbook.parameters.items()}
        return value_of(expression, {**self.facts, **parameters})

    # ---- conditions -----------------------------------------------------------------

    def truth(self, condition: Condition) -> Truth:
        """Kleene's truth of a condition."""
        match condition:
            case All(parts):
                return both(map(self.truth, parts))
            case AnyOf(parts):
                return opposite(both(opposite(self.truth(part)) for part in parts))
            case Not(part):
                return opposite(self.truth(part))
            case Done():
                return self._was_done(condition)
            case Test():
                return self._passes(condition)

    def _was_done(self, done: Done) -> Truth:
        count = self.story.count(vars(done))
        low, high = done.at_least, done.at_most
        assert isinstance(low, int)
        assert high is None or isinstance(high, int)
        return low <= count and (high is None or count <= high)

    def _passes(self, test: Test) -> Truth:
        fact, value = self.playbook.facts[test.fact], self.value(test.fact)
        if test.operator == "known":
            return (value is not None) is test.value
        other: Any = self.value(test.value.name) if isinstance(test.value, Ref) else test.value
        if value is None or other is None:
            return None
        match test.operator:
            case "contains":
                found = any(word in value for word in other)
                return None if fact.origin == "conclusion" and not found else found
            case "empty":
                return (value == ()) is other
        written = not isinstance(test.value, Ref) or test.value.name in self.playbook.parameters
        return _compares(fact, test.operator, value, other, written=written)

    # ---- rules ----------------------------------------------------------------------

    def row_holds(self, table: Table, number: int) -> bool:
        """Whether a row's cells are all plainly met."""
        cells = table.rows[number].cells
        return both(self.truth(cell) for cell in cells if cell is not None) is True

    def fires(self, rule: CompiledRule) -> bool:
        """Whether a compiled rule should fire, by the words that it was compiled from."""
        match rule.role:
            case "conclude":
                return self.truth(self.rules[rule.name].when) is True
            case "refute":
                return self.truth(self.rules[rule.name].when) is False
            case "row":
                return self.row_holds(self.tables[rule.table], rule.row)
            case "play":
                return self.next_step(self.named_plays[rule.name]) == rule.step

    def next_step(self, play: Play) -> int | None:
        """The step that a play proposes, or None where it proposes nothing."""
        if self.truth(play.when) is not True:
            return None
        step = self.story.progress(play) if play.is_sequence else 0
        if step < len(play.steps):
            return step
        return END if play.then == "stop" else None

    def plays(self) -> Iterable[tuple[str, int]]:
        """The plays that propose a step, the preferred ones first."""

        def preference(play: Play) -> tuple[Any, ...]:
            where = play.place
            return (not play.is_exit, -play.priority, where.line, where.column)

        for play in sorted(self.named_plays.values(), key=preference):
            step = self.next_step(play)
            if step is not None:
                yield play.name, step


def names_in(expression: Any) -> list[str]:
    """The names that an expression refers to."""
    if isinstance(expression, Ref):
        return [expression.name]
    return [name for part in getattr(expression, "arguments", ()) for name in names_in(part)]


def _compares(fact: Fact, word: str, value: Any, other: Any, *, written: bool) -> bool:
    """Whether a comparison holds; a written moment is compared in whole seconds."""
    if fact.type == "choice":
        value, other = fact.values.index(value), fact.values.index(other)
    elif written and fact.type == "date":
        other = date.fromisoformat(other)
    elif written and fact.type == "instant":
        value, other = (each.replace(microsecond=0) for each in (value, moment(other)))
    elif fact.type == "number":
        value, other = round(value, 4), round(other, 4)
    return COMPARISONS[word](value, other)
