"""Why this answer, and what is not known that could have changed it."""

from collections.abc import Iterable, Iterator, Mapping

from service.decision.facts import Facts
from service.decision.ready import Ready
from service.decision.reasoning import Reasoned
from service.playbook.rules import Ref, Step
from service.playbook.ruleset import CompiledRule, Cond, Field


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
    seen: dict[str, object] = {}
    for name in rule.fields:
        field = ready.fields[name]
        for fact in (field.fact, field.other):
            if fact in reasoned.facts:
                seen[fact] = plain(reasoned.facts[fact])
        if field.kind in ("done", "progress"):
            seen[field.label] = _field_value(reasoned, name)
    because = _refuted(ready, rule) if rule.role == "refute" else rule.because
    then = {name: plain(reasoned.facts.get(name)) for name in sorted(ready.gives[rule.id])}
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


def _field_value(reasoned: Reasoned, name: str) -> int | None:
    return next((values[name] for values in reasoned.fields if name in values), None)


def plain(value: object) -> object:
    """A fact's value as JSON has it: dates and moments as text, lists as lists."""
    if isinstance(value, tuple):
        return list(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return value


# ---- what is unknown ----------------------------------------------------------------


def unknown_facts(ready: Ready, reasoned: Reasoned, rules: Iterable[CompiledRule]) -> list[str]:
    """Facts a caller could give that would decide whether one of the rules holds."""
    found: dict[str, None] = {}
    looked_at: set[int] = set()
    pending = list(rules)
    seen = {name: number for values in reasoned.fields for name, number in values.items()}
    while pending:
        rule = pending.pop(0)
        if rule.id in looked_at or seen.keys() >= ready.sees[rule.id]:
            continue
        looked_at.add(rule.id)
        for name in _undecided(rule.when, seen):
            for fact in _unknown_in(ready.fields[name], reasoned.facts):
                if ready.facts[fact].origin == "conclusion":
                    pending += ready.makers.get(fact, ())
                elif ready.facts[fact].origin == "caller":
                    found[fact] = None
    return sorted(found)


def _unknown_in(field: Field, facts: Facts) -> Iterator[str]:
    return (name for name in (field.fact, field.other) if name and name not in facts)


def _undecided(condition: Cond, seen: Mapping[str, int]) -> tuple[str, ...]:
    """The absent fields that keep a condition from being true or false; none if it is either."""
    truth, fields = _weigh(condition, seen)
    return fields if truth is None else ()


def _weigh(condition: Cond, seen: Mapping[str, int]) -> tuple[bool | None, tuple[str, ...]]:
    """Kleene's truth of a condition, and the absent fields it hangs on."""
    word = condition[0]
    if word not in ("all", "any"):
        number = seen.get(word)
        if number is None:
            return None, (word,)
        return _holds(number, condition[1], condition[2]), ()
    settled = word == "any"
    hanging: dict[str, None] = {}
    unknown = False
    for part in condition[1:]:
        truth, fields = _weigh(part, seen)
        if truth is settled:
            return settled, ()
        if truth is None:
            unknown = True
            hanging.update(dict.fromkeys(fields))
    return (None, tuple(hanging)) if unknown else (not settled, ())


def _holds(number: int, operator: str, constant: int) -> bool:
    match operator:
        case "==":
            return number == constant
        case "!=":
            return number != constant
        case ">=":
            return number >= constant
        case "<=":
            return number <= constant
        case ">":
            return number > constant
        case _:
            return number < constant
