"""`unghost migrate`: the database's tables are brought to this version."""

import click

from service.settings import Settings
from service.store.sql.opening import bring_up, database_at, shown_url
from service.terminal.console import counted, plain
from service.terminal.databases import refusing


@click.command()
def migrate() -> None:
    """Bring the tables of the database to this version of Unghost.

    The database is DATABASE_URL; left out, the file unghost.db in this folder. A new one gets
    all its tables. An SQLite file needs no such command, for every start does the same; on
    PostgreSQL run it before the service is started, and once for all replicas.

    All steps are run, or none; running it again changes nothing. Take a backup first: there is
    no way back. Exits with 2 where the database does not answer, or is of a later version.
    """
    with refusing():
        database = database_at(Settings.from_environment().database)
        try:
            steps = bring_up(database)
        finally:
            database.close()
    for step in steps:
        click.echo(plain(step))
    click.echo(f"{counted(len(steps), 'step')} run: {shown_url(database)} is of this version")
