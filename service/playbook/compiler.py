"""From a playbook that is right to the ruleset that decides."""

from collections.abc import Iterable
from typing import Any

from service.playbook.comparisons import Comparisons, all_of, fields_of
from service.playbook.rules import (
    All,
    Arithmetic,
    Conclude,
    Expression,
    Playbook,
    Ref,
    Table,
)
from service.playbook.ruleset import (
    END,
    NEVER,
    CompiledRule,
    Completion,
    Cond,
    Ruleset,
    Stratum,
    TableMeaning,
)
from service.playbook.strata import layers
from service.playbook.vocabulary import STANDARD_FACTS, Fact


def compile_playbook(playbook: Playbook) -> Ruleset:
    """The ruleset of a playbook without errors; the same playbook gives the same ruleset."""
    return _Compiler(playbook).ruleset()


class _Compiler:
    """Collects rules while the playbook is walked once."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.comparisons = Comparisons(playbook)
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
            texts=self.comparisons.texts,
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
        rule = CompiledRule(id=number, when=when, fields=tuple(fields_of(when)), **rest)
        self.rules.append((layer, rule))
        return number

    def _add_conclude(self, part: Conclude, layer: int) -> None:
        self._add(
            layer,
            self.comparisons.plainly(part.when, truth=True),
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
                self.comparisons.plainly(cells, truth=True),
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
            refuted = [(part, self.comparisons.plainly(part.when, truth=False)) for part in makers]
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
        when = self.comparisons.plainly(play.when, truth=True)
        shared: dict[str, Any] = {
            "role": "play",
            "name": play.name,
            "because": play.because,
            "play": number,
        }
        if not play.is_sequence:
            self._add(layer, when, line=play.place.line, step=0, **shared)
            return
        progress = self.comparisons.field(
            f"progress {number}", "progress", f"steps of {play.name} done", play=number
        )
        for i, step in enumerate(play.steps):
            here = all_of([when, (progress, "==", i)])
            self._add(layer, here, line=step.place.line, step=i, **shared)
        if play.then == "stop" and not play.repeat:
            here = all_of([when, (progress, "==", len(play.steps))])
            self._add(layer, here, line=play.place.line, step=END, **shared)

    def _strata(self, count: int) -> tuple[Stratum, ...]:
        by_name = {field.name: field for field in self.comparisons.fields.values()}
        strata = []
        for layer in range(count):
            rules = tuple(rule for at, rule in self.rules if at == layer)
            names = dict.fromkeys(name for rule in rules for name in rule.fields)
            strata.append(Stratum(tuple(by_name[name] for name in names), rules))
        return tuple(strata)

    def _facts(self) -> dict[str, Fact]:
        """The playbook's own facts, and of the standard ones those that it reads."""
        read = {n for field in self.comparisons.fields.values() for n in (field.fact, field.other)}
        facts = self.playbook.facts.items()
        return {n: f for n, f in sorted(facts) if n in read or n not in STANDARD_FACTS}

    def _filled(self, expression: Expression) -> Expression:
        """The expression with every parameter's number in its place."""
        match expression:
            case Ref(name) if name in self.playbook.parameters:
                return self.playbook.parameters[name].value
            case Arithmetic(operation, arguments):
                return Arithmetic(operation, tuple(map(self._filled, arguments)))
        return expression
