"""`INSERT … ON CONFLICT`, which both databases have, and SQLAlchemy under two names."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(connection: Connection, table: Table) -> postgresql.Insert:
    """An insert with `on_conflict_do_nothing` and `on_conflict_do_update`.

    Typed as PostgreSQL's; SQLite's has the same methods.
    """
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)  # type: ignore[return-value]
    return postgresql.insert(table)
