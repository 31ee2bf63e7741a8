"""Alembic's way in: the connection is the one that `migrate` opened."""

from alembic import context

from service.store.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
