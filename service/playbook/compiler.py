"""From a playbook that is right to the ruleset that decides."""

from collections.abc import Iterable
from typing import Any

from service.playbook.rules import (
    All,
    AnyOf,
    Arithmetic,
    Conclude,
    Condition,
    Done,
    Expression,
    Not,
    Playbook,
    Ref,
    Scalar,
    Table,
    Test,
)
from service.playbook.ruleset import (
    ALWAYS,
    END,
    NEVER,
    CompiledRule,
    Completion,
    Cond,
    Field,
    Ruleset,
    Stratum,
    TableMeaning,
)
from service.playbook.strata import layers
from service.playbook.values import encode_constant
from service.playbook.vocabulary import STANDARD_FACTS, Fact

_OPERATORS = {"is": "==", "at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<"}
_OPPOSITE = {"==": "!=", "!=": "==", ">=": "<", "<": ">=", "<=": ">", ">": "<="}


def compile_playbook(playbook: Playbook) -> Ruleset:
    """The ruleset of a playbook without errors; the same playbook gives the same ruleset."""
    return _Compiler(playbook).ruleset()


class _Compiler:
    """Collects fields, texts and rules while the playbook is walked once."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.fields: dict[str, Field] = {}
        self.texts: dict[str, int] = {}
        self.rules: list[tuple[int, CompiledRule]] = []

    def ruleset(self) -> Ruleset:
        book = self.playbook
        layer = layers(book)
        for part in book.conclusions:
            self._add_conclude(part, layer.of[part.name])
        for table in book.tables:
            self._add_table(table, layer.of[table.name])
        completions = tuple(self._completions(layer.of))
        for number in range(len(book.plays)):
            self._add_play(number, layer.count)
        return Ruleset(
            name=book.name,
            title=book.title,
            parameters={name: p.value for name, p in book.parameters.items()},
            facts=self._facts(),
            defaults={n: v for n, v in book.defaults.items() if not isinstance(v, Ref)},
            texts=self.texts,
            strata=self._strata(layer.count + 1),
            tables={t.name: TableMeaning(t.hit, t.outputs) for t in book.tables},
            completions=completions,
            plays=book.plays,
            otherwise=book.otherwise,
            templates=book.templates,
            windows=book.windows,
            actions=book.actions,
        )

    # -- rules ------------------------------------------------------------------------

    def _add(self, layer: int, when: Cond, **rest: Any) -> int:  # noqa: ANN401
        number = len(self.rules)
        rule = CompiledRule(id=number, when=when, fields=tuple(_fields_of(when)), **rest)
        self.rules.append((layer, rule))
        return number

    def _add_conclude(self, part: Conclude, layer: int) -> None:
        self._add(
            layer,
            self._plainly(part.when, truth=True),
            role="conclude",
            name=part.name,
            line=part.place.line,
            because=part.because,
            then={name: self._filled(value) for name, value in part.then.items()},
        )

    def _add_table(self, table: Table, layer: int) -> None:
        for i, row in enumerate(table.rows):
            cells = All(tuple(cell for cell in row.cells if cell is not None))
            self._add(
                layer,
                self._plainly(cells, truth=True),
                role="row",
                name=table.name,
                line=row.place.line,
                because=table.because,
                then=dict(zip(table.outputs, map(self._filled, row.values), strict=True)),
                table=table.name,
                row=i,
            )

    def _completions(self, layer_of: dict[str, int]) -> Iterable[Completion]:
        """Yes-or-no conclusions that are the opposite where none of their rules can hold."""
        rules = {rule.name: rule for _, rule in self.rules if rule.role == "conclude"}
        parts = self.playbook.conclusions
        for fact in dict.fromkeys(name for part in parts for name in part.then):
            makers = [part for part in parts if fact in part.then]
            values = {part.then[fact] for part in makers if isinstance(part.then[fact], bool)}
            if len(values) != 1 or not all(isinstance(m.then[fact], bool) for m in makers):
                continue
            refuted = [(part, self._plainly(part.when, truth=False)) for part in makers]
            if any(when == NEVER for _, when in refuted):
                continue
            numbers = tuple(
                self._add(
                    layer_of[part.name],
                    when,
                    role="refute",
                    name=part.name,
                    line=part.place.line,
                    because=part.because,
                    of=rules[part.name].id,
                )
                for part, when in refuted
            )
            yield Completion(fact, not values.pop(), numbers)

    def _add_play(self, number: int, layer: int) -> None:
        play = self.playbook.plays[number]
        when = self._plainly(play.when, truth=True)
        shared: dict[str, Any] = {
            "role": "play",
            "name": play.name,
            "because": play.because,
            "play": number,
        }
        if not play.is_sequence:
            self._add(layer, when, line=play.place.line, step=0, **shared)
            return
        progress = self._field(
            f"progress {number}", "progress", f"steps of {play.name} done", play=number
        )
        for i, step in enumerate(play.steps):
            here = _all([when, (progress, "==", i)])
            self._add(layer, here, line=step.place.line, step=i, **shared)
        if play.then == "stop" and not play.repeat:
            here = _all([when, (progress, "==", len(play.steps))])
            self._add(layer, here, line=play.place.line, step=END, **shared)

    def _strata(self, count: int) -> tuple[Stratum, ...]:
        by_name = {field.name: field for field in self.fields.values()}
        strata = []
        for layer in range(count):
            rules = tuple(rule for at, rule in self.rules if at == layer)
            names = dict.fromkeys(name for rule in rules for name in rule.fields)
            strata.append(Stratum(tuple(by_name[name] for name in names), rules))
        return tuple(strata)

    def _facts(self) -> dict[str, Fact]:
        """The playbook's own facts, and of the standard ones those that it reads."""
        read = {n for field in self.fields.values() for n in (field.fact, field.other)}
        facts = self.playbook.facts.items()
        return {n: f for n, f in sorted(facts) if n in read or n not in STANDARD_FACTS}

    # -- conditions -------------------------------------------------------------------

    def _plainly(self, condition: Condition, *, truth: bool) -> Cond:
        """Where the condition is plainly true, or plainly false."""
        match condition:
            case All(parts):
                found = [self._plainly(part, truth=truth) for part in parts]
                return _all(found) if truth else _any(found)
            case AnyOf(parts):
                found = [self._plainly(part, truth=truth) for part in parts]
                return _any(found) if truth else _all(found)
            case Not(part):
                return self._plainly(part, truth=not truth)
            case Done():
                return self._done(condition, truth=truth)
            case Test():
                return self._test(condition, truth=truth)

    def _test(self, test: Test, *, truth: bool) -> Cond:
        fact = self.playbook.facts[test.fact]
        if test.operator == "known":
            return self._known(fact, wanted=(test.value is True) == truth)
        if test.operator in ("contains", "empty"):
            return self._list_test(test, truth=truth)
        value = self._resolved(test.value)
        if isinstance(value, Ref):
            field = self._field(
                f"compare {fact.name} {value.name}",
                "compare",
                fact.name,
                fact=fact.name,
                other=value.name,
            )
            return _leaf(field, _OPERATORS[test.operator], 0, truth=truth)
        field = self._field(f"value {fact.name}", "value", fact.name, fact=fact.name)
        if isinstance(value, tuple):
            leaves = [_leaf(field, "==", self._encode(fact, item), truth=truth) for item in value]
            return _any(leaves) if truth else _all(leaves)
        return _leaf(field, _OPERATORS[test.operator], self._encode(fact, value), truth=truth)

    def _known(self, fact: Fact, *, wanted: bool) -> Cond:
        if fact.always_known or fact.name in self.playbook.defaults:
            return ALWAYS if wanted else NEVER
        field = self._field(f"known {fact.name}", "known", fact.name, fact=fact.name)
        return (field, "==", int(wanted))

    def _list_test(self, test: Test, *, truth: bool) -> Cond:
        if test.operator == "empty":
            field = self._field(f"empty {test.fact}", "empty", test.fact, fact=test.fact)
            return (field, "==", int((test.value is True) == truth))
        words = test.value if isinstance(test.value, tuple) else ()
        field = self._field(
            f"contains {test.fact} {'|'.join(map(str, words))}",
            "contains",
            test.fact,
            fact=test.fact,
            words=words,
        )
        return (field, "==", int(truth))

    def _done(self, done: Done, *, truth: bool) -> Cond:
        spec = {
            "action": done.action,
            "channel": done.channel,
            "outcome": done.outcome,
            "template": done.template,
            "direction": done.direction,
            "within": done.within,
            "since": done.since,
        }
        label = _done_label(spec)
        field = self._field(f"done {label}", "done", label, done=spec)
        leaves = []
        if isinstance(done.at_least, int) and (done.at_least > 0 or done.at_most is None):
            leaves.append(_leaf(field, ">=", done.at_least, truth=truth))
        if isinstance(done.at_most, int):
            leaves.append(_leaf(field, "<=", done.at_most, truth=truth))
        return _all(leaves) if truth else _any(leaves)

    def _resolved(self, value: Scalar | tuple[Scalar, ...] | Ref) -> Scalar | tuple[Any, ...] | Ref:
        if isinstance(value, Ref) and value.name in self.playbook.parameters:
            return self.playbook.parameters[value.name].value
        return value

    def _filled(self, expression: Expression) -> Expression:
        """The expression with every parameter's number in its place."""
        match expression:
            case Ref(name) if name in self.playbook.parameters:
                return self.playbook.parameters[name].value
            case Arithmetic(operation, arguments):
                return Arithmetic(operation, tuple(map(self._filled, arguments)))
        return expression

    def _encode(self, fact: Fact, value: Scalar) -> int:
        if fact.type == "text":
            self.texts.setdefault(str(value), len(self.texts) + 1)
        return encode_constant(fact, value, self.texts)

    def _field(self, key: str, kind: Any, label: str, **rest: Any) -> str:  # noqa: ANN401
        if key not in self.fields:
            self.fields[key] = Field(f"f{len(self.fields)}", kind, label, **rest)
        return self.fields[key].name


def _leaf(field: str, operator: str, number: int, *, truth: bool) -> Cond:
    return (field, operator if truth else _OPPOSITE[operator], number)


def _all(parts: list[Cond]) -> Cond:
    if NEVER in parts:
        return NEVER
    return _flat("all", parts)


def _any(parts: list[Cond]) -> Cond:
    if ALWAYS in parts:
        return ALWAYS
    return _flat("any", parts)


def _flat(word: str, parts: list[Cond]) -> Cond:
    """Join parts under one word, drawing parts of the same word in, each once."""
    found: dict[Cond, None] = {}
    for part in parts:
        found.update(dict.fromkeys(part[1:] if part[0] == word else (part,)))
    return next(iter(found)) if len(found) == 1 else (word, *found)


def _fields_of(condition: Cond) -> list[str]:
    if condition[0] in ("all", "any"):
        return list(dict.fromkeys(f for part in condition[1:] for f in _fields_of(part)))
    return [condition[0]]


def _done_label(spec: dict[str, Any]) -> str:
    """The test in words, for the reasons given with an answer."""
    words = [
        " or ".join(spec[key]) for key in ("action", "channel", "outcome", "template") if spec[key]
    ]
    label = " ".join(["done" if spec["direction"] == "outbound" else "came in", *words])
    if spec["within"] is not None:
        label += f" within {spec['within']} days"
    if spec["since"] == "last_reply":
        label += " since the last reply"
    return label
