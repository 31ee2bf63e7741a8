"""`INSERT … ON CONFLICT`, which both databases have, and SQLAlchemy under two names."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(dialect: str, table: Table) -> postgresql.Insert:
    """An insert with `on_conflict_do_nothing` and `on_conflict_do_update`; see `Dialect.name`.

    What writes with every request makes it once: making it anew takes SQLAlchemy longer than
    the database takes to write.

    Typed as PostgreSQL's; SQLite's has the same methods.
    """
    if dialect == "sqlite":
        return sqlite.insert(table)  # type: ignore[return-value]
    return postgresql.insert(table)
