"""The order in which conclusions can be drawn: each layer needs only those below it."""

from collections.abc import Iterator
from dataclasses import dataclass

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
    Table,
    Test,
)


@dataclass(frozen=True)
class Layers:
    """For each conclude rule and table its layer, from 0; or the names in a circle."""

    of: dict[str, int]
    circle: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many layers of conclusions there are."""
        return max(self.of.values(), default=-1) + 1


def facts_read(condition: Condition | None) -> Iterator[str]:
    """The facts and parameters that a condition names, in the order written."""
    match condition:
        case Test(fact=fact, value=value):
            yield fact
            if isinstance(value, Ref):
                yield value.name
        case Done(at_least=low, at_most=high, within=within):
            yield from (bound.name for bound in (low, high, within) if isinstance(bound, Ref))
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from facts_read(part)
        case Not(part):
            yield from facts_read(part)


def names_read(expression: Expression) -> Iterator[str]:
    """The facts and parameters that an expression names."""
    match expression:
        case Ref(name):
            yield name
        case Arithmetic(arguments=arguments):
            for argument in arguments:
                yield from names_read(argument)


def _needs(part: Conclude | Table) -> set[str]:
    if isinstance(part, Conclude):
        found = set(facts_read(part.when))
        for value in part.then.values():
            found.update(names_read(value))
        return found
    found = set(part.inputs)
    for row in part.rows:
        for cell in row.cells:
            found.update(facts_read(cell))
        for value in row.values:
            found.update(names_read(value))
    return found


def _gives(part: Conclude | Table) -> tuple[str, ...]:
    return tuple(part.then) if isinstance(part, Conclude) else part.outputs


def layers(playbook: Playbook) -> Layers:
    """Lay the conclude rules and tables in layers; a fact waits for all that conclude it."""
    parts: dict[str, Conclude | Table] = {c.name: c for c in playbook.conclusions}
    parts.update({table.name: table for table in playbook.tables})
    makers: dict[str, list[str]] = {}
    for name, part in parts.items():
        for fact in _gives(part):
            makers.setdefault(fact, []).append(name)
    before = {
        name: sorted({m for fact in _needs(part) for m in makers.get(fact, ())})
        for name, part in parts.items()
    }
    done: dict[str, int] = {}
    while len(done) < len(parts):
        ready = [n for n in parts if n not in done and all(m in done for m in before[n])]
        if not ready:
            return Layers(done, _circle(before, done))
        for name in ready:
            done[name] = 1 + max((done[m] for m in before[name]), default=-1)
    return Layers(done)


def _circle(before: dict[str, list[str]], done: dict[str, int]) -> tuple[str, ...]:
    """Names that wait for one another in a circle, starting anywhere among the stuck ones."""
    path: list[str] = []
    name = min(n for n in before if n not in done)
    while name not in path:
        path.append(name)
        name = next(m for m in before[name] if m not in done)
    return tuple(path[path.index(name) :])
