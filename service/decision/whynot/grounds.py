"""On which given facts it rests that a condition does not hold, or does.

What is said here is never too little: if none of these facts changes, nothing changes. That is
why a search that looks only at them finds every way there is.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from service.decision.ready import Ready
from service.decision.weighing import is_group
from service.decision.whynot.sight import Sight
from service.playbook.rules import Arithmetic, Ref
from service.playbook.ruleset import HOLDS, CompiledRule, Cond
from service.playbook.values import encode_constant

#: What the clock on the prospect's wall depends on.
_PLACE = ("time_zone", "country", "region", "phone_number")
Facts = tuple[str, ...]
#: Of several sets of facts the one with the fewest values to try; none of none.
Fewest = Callable[[Iterable[Facts]], Facts]


def joined(parts: Iterable[Sequence[str]]) -> Facts:
    """The names of all parts, each once, in order."""
    return tuple(dict.fromkeys(name for part in parts for name in part))


class Grounds:
    """The given facts behind facts and conditions of a ruleset."""

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self.of_fact = cache(self._of_fact)

    def _of_fact(self, name: str) -> Facts:
        """The given facts that the value of a fact can depend on."""
        fact = self._ready.facts.get(name)
        if fact is None:
            return ()
        if fact.origin == "caller":
            return (name,)
        if fact.origin == "history":
            return _PLACE if name == "today" else ()
        makers = self._ready.makers.get(name, ())
        behind = [self._ready.reads[maker.id] - {name} for maker in makers]
        return joined(self.of_fact(each) for names in behind for each in sorted(names))

    def of_condition(self, condition: Cond) -> Facts:
        """The given facts that the truth of a condition can depend on."""
        if is_group(condition):
            return joined(self.of_condition(part) for part in condition[1:])
        field = self._ready.fields[condition[0]]
        return joined(self.of_fact(name) for name in (field.fact, field.other) if name)

    def of_waits(self, number: int) -> Facts:
        """The given facts that decide when the steps of a play are due, by its number."""
        steps = self._ready.ruleset.plays[number].steps
        waits = [step.wait for step in steps if step.wait is not None]
        names = [each.name for w in waits for each in (w.amount, w.after) if isinstance(each, Ref)]
        return joined(map(self.of_fact, names))

    def to_make(self, condition: Cond, sight: Sight, few: Fewest) -> Facts:
        """Facts of which one must change before a condition that does not hold can hold."""
        if not is_group(condition):
            return self._to_pass(condition, sight, few)
        open_ = [part for part in condition[1:] if sight.truth(part) is not True]
        ways = [self.to_make(part, sight, few) for part in open_]
        return joined(ways) if condition[0] == "any" else few(ways)

    def to_break(self, condition: Cond, sight: Sight, few: Fewest) -> Facts:
        """Facts of which one must change before a condition that holds can fail."""
        if not is_group(condition):
            return self.of_condition(condition)
        held = [part for part in condition[1:] if sight.truth(part) is True]
        ways = [self.to_break(part, sight, few) for part in held]
        return few(ways) if condition[0] == "any" else joined(ways)

    def _to_pass(self, test: Cond, sight: Sight, few: Fewest) -> Facts:
        """The same for one test: of a conclusion, what its rules still lack."""
        ways = self.ways(test)
        if not ways:
            return self.of_condition(test)
        name = self._ready.fields[test[0]].fact
        return joined(
            self.of_fact(name) if sight.fires(rule) else self.to_make(rule.when, sight, few)
            for rule in ways
        )

    def ways(self, test: Cond) -> tuple[CompiledRule, ...]:
        """The rules that could conclude what a test wants; none where it wants no value of one.

        Where only the rules' plain failure gives the value, there are no ways either.
        """
        ready, field = self._ready, self._ready.fields[test[0]]
        fact = ready.facts.get(field.fact)
        if field.kind != "value" or fact is None or fact.origin != "conclusion":
            return ()
        if any(self._suits(test, c.fact, c.value) for c in ready.ruleset.completions):
            return ()
        makers = ready.makers.get(fact.name, ())
        return tuple(m for m in makers if self._suits(test, fact.name, (m.then or {})[fact.name]))

    def _suits(self, test: Cond, name: str, value: object) -> bool:
        """Whether a rule that gives a fact this value could make the test hold."""
        field = self._ready.fields[test[0]]
        if field.fact != name:
            return False
        if isinstance(value, Ref | Arithmetic):
            return True
        if not isinstance(value, bool | int | float | str):
            return False
        number = encode_constant(self._ready.facts[name], value, self._ready.ruleset.texts)
        return HOLDS[test[1]](number, test[2])
