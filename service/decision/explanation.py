"""Why this answer, and what is not known that could have changed it."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date

from service.decision.ready import Ready
from service.decision.reasoning import Reasoned
from service.playbook.rules import Ref, Step
from service.playbook.ruleset import HOLDS, CompiledRule, Cond


def rules_behind(
    ready: Ready, reasoned: Reasoned, step: Step, winner: CompiledRule | None
) -> list[dict[str, object]]:
    """The rules that led to a step: those it leans on, in their order, then the winner."""
    needed = set(ready.reads[winner.id]) if winner else set()
    if step.wait is not None:
        needed |= {
            value.name for value in (step.wait.amount, step.wait.after) if isinstance(value, Ref)
        }
    chain: list[CompiledRule] = [winner] if winner else []
    for rule in reversed(reasoned.effective):
        if not needed.isdisjoint(ready.gives[rule.id]):
            chain.append(rule)
            needed |= ready.reads[rule.id]
    return [_explained(ready, reasoned, rule) for rule in reversed(chain)]


def _explained(ready: Ready, reasoned: Reasoned, rule: CompiledRule) -> dict[str, object]:
    facts = reasoned.facts
    seen: dict[str, object] = {}
    for name in rule.fields:
        for fact in ready.behind[name]:
            if fact in facts:
                seen[fact] = plain(facts[fact])
        field = ready.fields[name]
        if field.kind in ("done", "progress"):
            seen[field.label] = reasoned.seen.get(name)
    because = _refuted(ready, rule) if rule.role == "refute" else rule.because
    then = {name: plain(facts.get(name)) for name in sorted(ready.gives[rule.id])}
    return {
        "rule": rule.name,
        "line": rule.line,
        "because": because,
        "facts": seen,
        "then": then,
    }


def _refuted(ready: Ready, rule: CompiledRule) -> str:
    """What it means that a rule is plainly not met."""
    completion = next(c for c in ready.ruleset.completions if rule.id in c.refutations)
    value = "true" if completion.value else "false"
    return f"`{completion.fact}` is {value}: this rule's conditions are plainly not met."


def plain(value: object) -> object:
    """A fact's value as JSON has it: dates and moments as text, lists as lists."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, date):  # as moments are
        return value.isoformat()
    return value


# ---- what is unknown ----------------------------------------------------------------


def unknown_facts(ready: Ready, reasoned: Reasoned, rules: Iterable[CompiledRule]) -> list[str]:
    """Facts a caller could give that would decide whether one of the rules holds."""
    seen = reasoned.seen
    absent = {name for name in ready.fields if name not in seen}
    pending = _wanting(ready, rules, absent)
    found: set[str] = set()
    while pending:
        decisive = absent.intersection(_undecided(pending.pop().when, seen))
        absent -= decisive  # each is followed up once
        behind = [fact for name in decisive for fact in ready.behind[name]]
        for fact in behind:
            if fact in reasoned.facts:
                continue
            if ready.facts[fact].origin == "conclusion":
                pending += _wanting(ready, ready.makers.get(fact, ()), absent)
            elif ready.facts[fact].origin == "caller":
                found.add(fact)
    return sorted(found)


def _wanting(ready: Ready, rules: Iterable[CompiledRule], absent: Set[str]) -> list[CompiledRule]:
    """The rules that see an absent field."""
    return [rule for rule in rules if not ready.sees[rule.id].isdisjoint(absent)]


def _undecided(condition: Cond, seen: Mapping[str, int]) -> Sequence[str]:
    """The absent fields that keep a condition from being true or false; none if it is either."""
    truth = _weigh(condition, seen)
    return () if isinstance(truth, bool) else truth


def _weigh(condition: Cond, seen: Mapping[str, int]) -> bool | list[str]:
    """Kleene's truth of a condition; the absent fields it hangs on where it has none."""
    word = condition[0]
    if word not in ("all", "any"):
        number = seen.get(word)
        return [word] if number is None else HOLDS[condition[1]](number, condition[2])
    settled = word == "any"
    hanging: list[str] = []
    for part in condition[1:]:
        truth = _weigh(part, seen)
        if truth is settled:
            return settled
        if not isinstance(truth, bool):
            hanging += truth
    return hanging or not settled
