"""`INSERT … ON CONFLICT`, which both databases have, and SQLAlchemy under two names.

And a plain `INSERT` as text, for what is written with every request.
"""

from functools import cache

from sqlalchemy import Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg


def insert_into(dialect: str, table: Table) -> postgresql.Insert:
    """An insert with `on_conflict_do_nothing` and `on_conflict_do_update`; see `Dialect.name`.

    What writes with every request makes it once: making it anew takes SQLAlchemy longer than
    the database takes to write.

    Typed as PostgreSQL's; SQLite's has the same methods.
    """
    if dialect == "sqlite":
        return sqlite.insert(table)  # type: ignore[return-value]
    return postgresql.insert(table)


@cache
def insert_text(dialect: str, table: Table) -> str:
    """An insert of whole rows, by the names of their columns, for `exec_driver_sql`."""
    if dialect == "sqlite":
        return str(insert(table).compile(dialect=sqlite.dialect(paramstyle="named")))
    return str(insert(table).compile(dialect=psycopg.dialect()))  # type: ignore[no-untyped-call]
