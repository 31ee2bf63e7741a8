"""What is personal in a row, and how it is overwritten.

SQLite copies rows about when the space they take changes, and what it leaves behind in the
unused parts of its pages stays there, `secure_delete` or not. So nothing personal changes its
size before it is overwritten: zeros of the same length go where it stands. PostgreSQL writes
every row anew as it is, and there it becomes NULL at once.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Row, Table, case, cast, func, null

from service.store.sql.tables import decisions, outcomes

#: By table the columns that hold what is personal; `prospect_id` is in all of them.
PERSONAL: Mapping[Table, tuple[str, ...]] = {
    decisions: ("prospect_id", "account_id", "request", "answer"),
    outcomes: ("prospect_id", "account_id"),
}
_ALL = frozenset(name for names in PERSONAL.values() for name in names)


def removal(table: Table, *, is_sqlite: bool) -> dict[str, ColumnElement[Any]]:
    """The values that stand in the place of what is personal."""
    if not is_sqlite:
        return {name: null() for name in PERSONAL[table]}
    return {name: _zeros(table.c[name]) for name in PERSONAL[table]}


def _zeros(column: ColumnElement[Any]) -> ColumnElement[Any]:
    length = func.length(cast(column, LargeBinary))
    return case((column.is_(None), null()), else_=func.zeroblob(length))


def is_personal(table: Table, *, is_sqlite: bool) -> ColumnElement[bool]:
    """Whether what is personal in a row is still there."""
    there = table.c.prospect_id
    return func.typeof(there) == "text" if is_sqlite else there.is_not(None)


def without_removed(row: Row[Any]) -> dict[str, Any]:
    """The values of a row that was read; what has been removed is None."""
    values = dict(row._mapping)  # noqa: SLF001 - that is its public name
    if not isinstance(values["prospect_id"], str):
        values.update(dict.fromkeys(_ALL & values.keys()))
    return values
