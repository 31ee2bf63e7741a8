"""The steps that bring a database to `tables`, one file a step, run by Alembic.

`migrate` runs those that are missing: `unghost migrate` calls it, and on SQLite the first start.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from service.store.sql.database import Database


class LaterTables(Exception):  # noqa: N818 - a state, not a mistake
    """The database is at a step that this version does not know."""


def migrate(database: Database) -> list[str]:
    """Run the missing steps, all or none; gives their names. Safe to call from many processes.

    Raises DatabaseAway, or LaterTables.
    """
    config = _config()
    with database.writing(at_leisure=True) as connection:
        if not database.is_sqlite:  # SQLite lets one writer in at a time as it is
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7306915)")
        before = MigrationContext.configure(connection).get_current_heads()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise LaterTables from error
        script = ScriptDirectory.from_config(config)
        steps = script.iterate_revisions("head", before[0] if before else "base")
        return [step.doc for step in reversed(list(steps))]


def is_current(database: Database) -> bool:
    """Whether no step is missing. Raises DatabaseAway."""
    heads = set(ScriptDirectory.from_config(_config()).get_heads())
    with database.reading() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == heads


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
