"""Lists a page at a time, the newest first.

A cursor is the place of the last entry shown. What is added later stands before it, so that
pages neither skip an entry nor show one twice.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Row, Select, Table, tuple_

from service.store.sql.database import Database
from service.store.sql.moments import stored

#: Entries on a page: as many as asked for, but at most these; and where nobody asks.
MOST, USUAL = 200, 50

_PLACE = re.compile(r"(-?[0-9]{1,18})\.([0-9a-f-]{36})")
Item = TypeVar("Item")


class BadCursor(ValueError):  # noqa: N818 - it says what was sent
    """A cursor that no page gave."""

    def __init__(self) -> None:
        super().__init__("is no cursor that a page of this list gave")


class Page(NamedTuple, Generic[Item]):
    """Some entries, and the cursor that asks for those after them; None after the last."""

    items: tuple[Item, ...]
    next: str | None


def read_page(
    database: Database,
    query: Select[Any],
    table: Table,
    recorded: tuple[datetime | None, datetime | None],
    cursor: str | None,
    size: int,
) -> Page[Row[Any]]:
    """One page of a query's rows: those that were `recorded` from a moment on, before another.

    Raises:
        BadCursor: the cursor is not one of ours.
        DatabaseAway: nothing could be read.
    """
    since, until = recorded
    size = max(1, min(size, MOST))
    place = tuple_(table.c.recorded_at, table.c.id)
    if since is not None:
        query = query.where(table.c.recorded_at >= stored(since))
    if until is not None:
        query = query.where(table.c.recorded_at < stored(until))
    if cursor is not None:
        query = query.where(place < tuple_(*_read(cursor)))
    query = query.order_by(table.c.recorded_at.desc(), table.c.id.desc())
    with database.reading() as connection:
        rows = connection.execute(query.limit(size + 1)).all()
    return Page(tuple(rows[:size]), _written(rows[size - 1]) if len(rows) > size else None)


def _written(row: Row[Any]) -> str:
    return urlsafe_b64encode(f"{row.recorded_at}.{row.id}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, str]:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
    place = _PLACE.fullmatch(text)
    if place is None:
        raise BadCursor
    return int(place[1]), place[2]
