"""A ruleset made ready: everything built that a decision would otherwise build anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

from service.decision.changes import Clockwork, clockwork
from service.decision.engine import Program
from service.decision.facts import Fields
from service.decision.message import CompiledTemplate, compile_templates
from service.decision.prospect import Words
from service.decision.weighing import Weighable, weighable
from service.playbook.rules import Scalar
from service.playbook.ruleset import (
    CompiledRule,
    Completion,
    Field,
    Ruleset,
    TableMeaning,
)
from service.playbook.strata import names_read
from service.playbook.values import read_date, read_instant
from service.playbook.vocabulary import STANDARD_FACTS, Fact


@dataclass(frozen=True)
class Layer:
    """One stratum: what is read for its rules, and what is settled when they have fired.

    `fields` are those that no layer below has read: what was read stays so, since a fact is
    read only above all that conclude it.
    """

    fields: Fields
    tables: tuple[tuple[str, TableMeaning], ...]
    completions: tuple[Completion, ...]


@dataclass(frozen=True)
class Ready:
    """A ruleset with its program in the engine, its readers of fields and its messages.

    `rules` stand at the index of their id; `plays` are those that propose a step; `makers`
    are the rules and rows that conclude a fact; `fields` stand by name, and `behind` are the
    facts that each is read from, and `askers` the plays' rules that see it; by a rule's id,
    `conditions` are what it asks for, `reads` the facts behind its fields, `gives` the facts it
    concludes, in the order of their names; `shown` are the names under which an explanation
    shows what it saw, facts and, with its field, what was counted; `because` is what it means
    that it fired.
    """

    ruleset: Ruleset
    facts: Mapping[str, Fact]
    words: Words
    program: Program
    layers: tuple[Layer, ...]
    rules: tuple[CompiledRule, ...]
    plays: tuple[CompiledRule, ...]
    makers: Mapping[str, tuple[CompiledRule, ...]]
    fields: Mapping[str, Field]
    behind: Mapping[str, tuple[str, ...]]
    askers: Mapping[str, tuple[CompiledRule, ...]]
    conditions: tuple[Weighable, ...]
    reads: tuple[frozenset[str], ...]
    gives: tuple[tuple[str, ...], ...]
    shown: tuple[tuple[tuple[str, str], ...], ...]
    because: tuple[str, ...]
    messages: Mapping[str, CompiledTemplate]
    clockwork: Clockwork


def make_ready(ruleset: Ruleset) -> Ready:
    """Build what deciding with a ruleset needs; done once, when a playbook is loaded."""
    facts = {**STANDARD_FACTS, **ruleset.facts}
    layers = tuple(_layer(number, ruleset, facts) for number in range(len(ruleset.strata)))
    rules = sorted(
        (rule for stratum in ruleset.strata for rule in stratum.rules), key=lambda rule: rule.id
    )
    fields = {f.name: f for stratum in ruleset.strata for f in stratum.fields}
    behind = {f.name: tuple(filter(None, (f.fact, f.other))) for f in fields.values()}
    plays = tuple(rule for rule in rules if rule.role == "play")
    return Ready(
        ruleset=ruleset,
        facts=facts,
        words=Words(
            facts,
            ruleset.actions,
            {name: _default(facts[name], value) for name, value in ruleset.defaults.items()},
        ),
        program=Program([[(r.id, r.when) for r in s.rules] for s in ruleset.strata]),
        layers=layers,
        rules=tuple(rules),
        plays=plays,
        makers={
            name: tuple(rule for rule in rules if name in (rule.then or {}))
            for name in ruleset.conclusions()
        },
        fields=fields,
        behind=behind,
        askers={name: tuple(rule for rule in plays if name in rule.fields) for name in fields},
        conditions=tuple(weighable(rule.when) for rule in rules),
        reads=tuple(_facts_read(rule, behind) for rule in rules),
        gives=tuple(_facts_given(rule, ruleset) for rule in rules),
        shown=tuple(_shown(rule, fields, behind) for rule in rules),
        because=tuple(_because(rule, ruleset) for rule in rules),
        messages=compile_templates(ruleset.templates),
        clockwork=clockwork(ruleset, facts),
    )


def _layer(number: int, ruleset: Ruleset, facts: Mapping[str, Fact]) -> Layer:
    stratum, below = ruleset.strata[number], ruleset.strata[:number]
    read_below = {field.name for other in below for field in other.fields}
    numbers = {rule.id for rule in stratum.rules}
    tables = dict.fromkeys(rule.table for rule in stratum.rules if rule.table)
    return Layer(
        fields=Fields(
            (field for field in stratum.fields if field.name not in read_below),
            facts,
            ruleset.texts,
            ruleset.plays,
        ),
        tables=tuple((name, ruleset.tables[name]) for name in tables),
        # A conclusion is completed in the layer of the last of the rules that could refute it.
        completions=tuple(
            completion
            for completion in ruleset.completions
            if _last_of(completion, ruleset) in numbers
        ),
    )


def _last_of(completion: Completion, ruleset: Ruleset) -> int:
    order = [rule.id for stratum in ruleset.strata for rule in stratum.rules]
    return max(completion.refutations, key=order.index)


def _facts_read(rule: CompiledRule, behind: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    found = {fact for name in rule.fields for fact in behind[name]}
    for expression in (rule.then or {}).values():
        found.update(names_read(expression))
    return frozenset(found)


def _facts_given(rule: CompiledRule, ruleset: Ruleset) -> tuple[str, ...]:
    refuted = (c.fact for c in ruleset.completions if rule.id in c.refutations)
    return tuple(sorted({*(rule.then or ()), *refuted}))


def _shown(
    rule: CompiledRule, fields: Mapping[str, Field], behind: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, str], ...]:
    shown: list[tuple[str, str]] = []
    for name in rule.fields:
        shown += [(fact, "") for fact in behind[name]]
        if fields[name].kind in ("done", "progress"):
            shown.append((fields[name].label, name))
    return tuple(shown)


def _because(rule: CompiledRule, ruleset: Ruleset) -> str:
    """The rule's own words; what it means that a rule is plainly not met."""
    if rule.role != "refute":
        return rule.because
    completion = next(c for c in ruleset.completions if rule.id in c.refutations)
    value = "true" if completion.value else "false"
    return f"`{completion.fact}` is {value}: this rule's conditions are plainly not met."


def _default(fact: Fact, written: Scalar) -> object:
    """A default in the form in which facts are held: dates and moments are texts no longer."""
    if fact.type == "date":
        return read_date(written)
    moment = read_instant(written) if fact.type == "instant" else None
    return written if moment is None else moment.astimezone(UTC)
