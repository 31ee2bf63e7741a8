"""Why this answer, and what is not known that could have changed it."""

from datetime import date

from service.decision.ready import Ready
from service.decision.reasoning import Reasoned
from service.decision.weighing import undecided
from service.playbook.rules import Ref, Step
from service.playbook.ruleset import CompiledRule


def rules_behind(
    ready: Ready, reasoned: Reasoned, step: Step, winner: CompiledRule | None
) -> list[dict[str, object]]:
    """The rules that led to a step: those it leans on, in their order, then the winner."""
    needed = set(ready.reads[winner.id]) if winner else set()
    if step.wait is not None:
        for value in (step.wait.amount, step.wait.after):
            if isinstance(value, Ref):
                needed.add(value.name)
    chain: list[CompiledRule] = [winner] if winner else []
    for rule in reversed(reasoned.effective):
        if not needed.isdisjoint(ready.gives[rule.id]):
            chain.append(rule)
            needed |= ready.reads[rule.id]
    return [_explained(ready, reasoned, rule) for rule in reversed(chain)]


def _explained(ready: Ready, reasoned: Reasoned, rule: CompiledRule) -> dict[str, object]:
    facts = reasoned.facts
    seen: dict[str, object] = {}
    for name, field in ready.shown[rule.id]:
        if field:
            seen[name] = reasoned.seen.get(field)
        elif name in facts:
            seen[name] = plain(facts[name])
    return {
        "rule": rule.name,
        "line": rule.line,
        "because": ready.because[rule.id],
        "facts": seen,
        "then": {name: plain(facts.get(name)) for name in ready.gives[rule.id]},
    }


def plain(value: object) -> object:
    """A fact's value as JSON has it: dates and moments as text, lists as lists."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, date):  # as moments are
        return value.isoformat()
    return value


# ---- what is unknown ----------------------------------------------------------------


def unknown_facts(ready: Ready, reasoned: Reasoned, winner: CompiledRule | None) -> list[str]:
    """Facts a caller could give that would decide whether a play above the winner fires."""
    facts, seen = reasoned.facts, reasoned.seen
    limit = winner.play if winner else len(ready.ruleset.plays)
    absent = ready.fields.keys() - seen.keys()
    plays = {rule.id: rule for name in absent for rule in ready.askers[name] if rule.play < limit}
    pending = [*plays.values()]
    found: set[str] = set()
    while pending:
        for name in undecided(ready.conditions[pending.pop().id], seen):
            if name in absent:
                absent.remove(name)  # each is followed up once
                for fact in ready.behind[name]:
                    if fact not in facts:
                        found.add(fact)
                        pending += ready.makers.get(fact, ())
    return sorted([fact for fact in found if ready.facts[fact].origin == "caller"])
