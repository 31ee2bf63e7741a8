"""What the tests of a ruleset see of a prospect, and which of them hold."""

from collections.abc import Mapping
from typing import Final

from service.decision.facts import Reading
from service.decision.history import History
from service.decision.ready import Ready
from service.decision.weighing import is_group
from service.playbook.ruleset import HOLDS, CompiledRule, Cond

#: What holds plainly where the other plainly does not.
OPPOSITE: Final = {"==": "!=", "!=": "==", ">=": "<", "<": ">=", "<=": ">", ">": "<="}


class Sight:
    """A prospect as the rules see them once all is concluded.

    `facts` are those of a decision: given, computed and concluded.
    """

    def __init__(self, ready: Ready, facts: Mapping[str, object], history: History) -> None:
        self.facts = facts
        self._numbers: dict[str, int] = {}
        reading = Reading(dict(facts), history)
        for layer in ready.layers:
            layer.fields.read(reading, self._numbers)

    def number(self, field: str) -> int | None:
        """What a field reads; None where it is not known."""
        return self._numbers.get(field)

    def truth(self, condition: Cond) -> bool | None:
        """Whether a condition holds; None where that hangs on what is not known."""
        if not is_group(condition):
            number, holds = self.number(condition[0]), HOLDS[condition[1]]
            return None if number is None else holds(number, condition[2])
        settled: bool = condition[0] == "any"
        truths = [self.truth(part) for part in condition[1:]]
        if settled in truths:
            return settled
        return None if None in truths else not settled

    def fires(self, rule: CompiledRule) -> bool:
        """Whether the rule's condition plainly holds."""
        return self.truth(rule.when) is True


def next_rule(ready: Ready, play: int, sight: Sight) -> CompiledRule:
    """The rule of a play that could fire: of a sequence, that of its next step.

    Of a sequence that is done, and gives way to the plays below, that of its last step.
    """
    rules = [rule for rule in ready.plays if rule.play == play]
    for rule in rules:
        if all(sight.truth(test) for test in _progress(ready, rule)):
            return rule
    return rules[-1]


def _progress(ready: Ready, rule: CompiledRule) -> list[Cond]:
    """The test of a rule of a sequence that asks for the steps done."""
    parts = rule.when[1:] if rule.when[0] == "all" else (rule.when,)
    return [p for p in parts if not is_group(p) and ready.fields[p[0]].kind == "progress"]
