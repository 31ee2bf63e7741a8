"""The checks against trying everything: they must agree exactly."""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

from hypothesis import HealthCheck, assume, given, settings

from service.playbook.diagnostics import START, Diagnostic, Place
from service.playbook.reach.reach import Reach
from service.playbook.rules import Playbook
from tests.playbook.reach_draws import FACTS, VALUES, playbooks
from tests.playbook.reach_oracle import Oracle

MOST_WORLDS = 600
EXAMPLES = 150
#: Code, place, and the rule, play or row that stands in the way.
Finding = tuple[str, Place, str]
_NAMED = re.compile(
    r"(?:play|sequence) `(\S+)` comes first|covered by row (\d+)|^rows (\d+) and"
    r"|^rules `(\S+)` and"
)


def _found(diagnostic: Diagnostic) -> Finding:
    named = _NAMED.search(diagnostic.message)
    other = next((group for group in named.groups() if group), "") if named else ""
    return diagnostic.code, diagnostic.place, other


class Trial:
    """What is true in each of a playbook's worlds, and what follows for all of them."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.oracle = Oracle(playbook, VALUES)
        self.worlds = []
        for number, world in zip(count(), self.oracle.worlds(), strict=False):
            assume(number < MOST_WORLDS)
            self.worlds.append(world)

    def _where(self, holds: Any) -> set[int]:
        return {number for number, world in enumerate(self.worlds) if holds(world)}

    def findings(self) -> set[Finding]:
        return {*self.plays(), *self.rules(), *self.rows(), *self.conflicts()}

    def plays(self) -> Iterator[Finding]:
        answered: list[tuple[str, set[int]]] = []
        taken: set[int] = set()
        for play in self.playbook.plays:
            fires = self._where(lambda world, when=play.when: self.oracle.judge(when, world)[0])
            answers = self._where(lambda world, play=play: self.oracle.answers(play, world))
            if not fires:
                yield "rule-never-fires", play.place, ""
            elif answers <= taken:
                by = next((name for name, others in answered if answers <= others), "")
                yield "play-never-wins", play.place, by
            taken |= answers
            answered.append((play.name, answers))
        if self.playbook.otherwise is None and len(taken) < len(self.worlds):
            yield "no-answer", START, ""

    def rules(self) -> Iterator[Finding]:
        for rule in self.playbook.conclusions:
            if not self._where(lambda world, when=rule.when: self.oracle.judge(when, world)[0]):
                yield "rule-never-fires", rule.place, ""

    def rows(self) -> Iterator[Finding]:
        for table in self.playbook.tables:
            matches = [set(self.oracle.matches(table, world)) for world in self.worlds]
            where = [{w for w, rows in enumerate(matches) if n in rows}
                     for n in range(len(table.rows))]  # fmt: skip
            for n, row in enumerate(table.rows):
                above = where[:n]
                if not where[n]:
                    yield "rule-never-fires", row.place, ""
                elif table.hit == "first" and where[n] <= set().union(*above):
                    by = next((str(i) for i, w in enumerate(above, 1) if where[n] <= w), "")
                    yield "row-never-reached", row.place, by
                elif table.hit == "unique" and where[n] & set().union(*above):
                    by = next(str(i) for i, w in enumerate(above, 1) if where[n] & w)
                    yield "overlapping-rows", row.place, by

    def conflicts(self) -> Iterator[Finding]:
        for n, rule in enumerate(self.playbook.conclusions):
            (fact,) = rule.then
            for other in self.playbook.conclusions[:n]:
                if fact in other.then and any(
                    self._differ(fact, rule, other, world) for world in self.worlds
                ):
                    yield "conflicting-conclusions", rule.place, other.name
                    break

    def _differ(self, fact: str, rule: Any, other: Any, world: Any) -> bool:
        if not all(self.oracle.judge(each.when, world)[0] for each in (rule, other)):
            return False
        ones = self.oracle.value(fact, rule.then[fact], world)
        others = self.oracle.value(fact, other.then[fact], world)
        return bool(ones and others) and ones != others

    def guaranteed(self) -> set[tuple[str, str]]:
        return {
            (play.name, fact)
            for play in self.playbook.plays
            for fact in self.asked()
            if all(
                self.oracle.known_values(fact, world)
                for world in self.worlds
                if self.oracle.judge(play.when, world)[0]
            )
        }

    def asked(self) -> list[str]:
        return [*self.worlds[0].facts, *self.oracle.concluded]


@settings(
    max_examples=EXAMPLES, deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)  # fmt: skip
@given(playbooks())
def test_the_checks_find_what_trying_everything_finds(playbook: Playbook) -> None:
    """Every finding of the one is a finding of the other, down to who covers whom."""
    trial = Trial(playbook)
    reach = Reach(playbook)

    found = {_found(diagnostic) for diagnostic in reach.diagnostics()}
    guaranteed = {
        (play.name, fact)
        for play in playbook.plays
        for fact in trial.asked()
        if reach.guaranteed(play.when, fact)
    }

    assert (found, guaranteed) == (trial.findings(), trial.guaranteed())
    assert set(trial.asked()) <= set(FACTS)
