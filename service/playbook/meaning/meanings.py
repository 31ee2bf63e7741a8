"""Reading what the facts mean: conclusions, expressions and decision tables."""

from dataclasses import replace
from typing import Any

from service.playbook.meaning.conditions import read_condition, read_test
from service.playbook.meaning.scope import Path, Scope, as_list, as_ref
from service.playbook.rules import Arithmetic, Conclude, Condition, Expression, Ref, Row, Table
from service.playbook.vocabulary import Fact

#: Without these nobody knows what the cells of a table stand for.
_COLUMNS = ("inputs", "output")


def read_conclude(data: dict[str, Any], path: Path, scope: Scope) -> Conclude | None:
    """The rule at a path that says what facts mean."""
    when = read_condition(data.get("when"), (*path, "when"), scope)
    then = {
        name: read_expression(value, (*path, "then", name), scope)
        for name, value in (scope.piece(data, "then", path) or {}).items()
    }
    sound = {name: value for name, value in then.items() if value is not None}
    if when is None:
        scope.complete = False
        return None
    place = scope.place((*path, "rule"))
    sketch = Conclude(str(data.get("rule", "")), when, {}, data.get("because", ""), place)
    if sketch.name == data.get("rule"):
        scope.sketches.append(sketch)
    if len(sound) < len(then) or not scope.is_sound(path):
        scope.complete = False
        return None
    return replace(sketch, then=sound)


def read_expression(data: Any, path: Path, scope: Scope) -> Expression | None:  # noqa: ANN401
    """A constant, `$name`, or an operation on expressions."""
    if not scope.is_readable(path):
        return None
    if isinstance(data, dict):
        ((operation, items),) = data.items()
        where = (*path, operation)
        if not scope.is_readable(where):
            return None
        arguments = [_read_argument(item, (*where, i), scope) for i, item in enumerate(items)]
        sound = tuple(item for item in arguments if item is not None)
        return Arithmetic(operation, sound) if len(sound) == len(arguments) else None
    ref = as_ref(data)
    if ref is None:
        return data  # type: ignore[no-any-return]  # the shape allows constants only
    return None if scope.referred(ref.name, path) is None else ref


def _read_argument(data: Any, path: Path, scope: Scope) -> Expression | None:  # noqa: ANN401
    expression = read_expression(data, path, scope)
    if isinstance(expression, Ref):
        fact = scope.referred(expression.name, path)
        if fact is not None and fact.type not in ("integer", "number"):
            scope.report(
                "type-mismatch",
                f"`${expression.name}` is no number",
                path,
                "only numbers can be added or multiplied",
            )
            scope.complete = False
            return None
    return expression


def read_table(data: dict[str, Any], path: Path, scope: Scope) -> Table | None:
    """The decision table at a path."""
    inputs = [
        scope.fact(name, (*path, "inputs", i)) if scope.is_readable((*path, "inputs", i)) else None
        for i, name in enumerate(scope.piece(data, "inputs", path) or ())
    ]
    facts = [fact for fact in inputs if fact is not None]
    outputs = tuple(str(name) for name in as_list(data.get("output")))
    columns_known = all(key in data and scope.is_sound((*path, key)) for key in _COLUMNS)
    if len(facts) < len(inputs) or not columns_known:
        scope.complete = False
        return None
    rows = [
        _read_row(row, (*path, "rows", i), facts, outputs, scope)
        for i, row in enumerate(scope.piece(data, "rows", path) or ())
    ]
    sound = tuple(row for row in rows if row is not None)
    if len(sound) < len(rows) or not scope.is_sound(path):
        scope.complete = False
        return None
    return Table(
        name=data["table"],
        inputs=tuple(fact.name for fact in facts),
        outputs=outputs,
        hit=data.get("hit", "first"),
        rows=sound,
        because=data["because"],
        place=scope.place((*path, "table")),
    )


def _read_row(
    row: list[Any], path: Path, facts: list[Fact], outputs: tuple[str, ...], scope: Scope
) -> Row | None:
    width = len(facts) + len(outputs)
    if not scope.is_readable(path):
        return None
    if len(row) != width:
        columns = ", ".join(f"`{name}`" for name in (*(fact.name for fact in facts), *outputs))
        scope.report(
            "row-width",
            f"this row has {len(row)} cells, and the table needs {width}",
            path,
            f"one cell for each of {columns}",
        )
        return None
    cells = [
        _read_cell(fact, cell, (*path, i), scope)
        for i, (fact, cell) in enumerate(zip(facts, row, strict=False))
    ]
    values = [
        read_expression(value, (*path, len(facts) + j), scope)
        for j, value in enumerate(row[len(facts) :])
    ]
    sound = tuple(value for value in values if value is not None)
    if "unsound" in cells or len(sound) < len(values):
        return None
    return Row(tuple(c for c in cells if c != "unsound"), sound, scope.place(path))


def _read_cell(fact: Fact, cell: object, path: Path, scope: Scope) -> Condition | Any | None:  # noqa: ANN401
    """The condition of a cell, None for `any`; "unsound" after noting what is wrong."""
    if cell == "any":
        return None
    return read_test(fact, cell, path, scope) or "unsound"
