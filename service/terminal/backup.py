"""`unghost backup`: a copy of the SQLite database, while the service runs."""

from pathlib import Path

import click

from service.settings import Settings
from service.store.sql.backup import NotBackedUp, back_up
from service.store.sql.opening import database_at
from service.terminal.console import counted
from service.terminal.databases import refusing
from service.terminal.sources import refuse


@click.command("backup")
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over FILE where there is one.")
def backup_command(file: Path, *, force: bool) -> None:
    """Copy the SQLite database into FILE, while the service goes on.

    The database is DATABASE_URL; left out, the file unghost.db in this folder. FILE holds all
    of it as it was at one moment: playbooks, decisions, outcomes, keys, the audit trail. It is
    checked before it gets its name. A PostgreSQL is copied with pg_dump.

    FILE holds personal facts, and only you may read it. What is erased from the database
    later stays in it: delete old copies, and after going back to one, erase again.

    To go back to it, stop the service, delete the -wal and the -shm file beside the database,
    and put FILE in its place. Exits with 2 where no copy was made.
    """
    if file.exists() and not force:
        refuse([f"{file} is there already; --force writes over it"])
    with refusing():
        try:
            made = back_up(database_at(Settings.from_environment().database), file)
        except NotBackedUp as why:
            refuse([str(why)])
    rows = f"{counted(made.decisions, 'decision')} and {counted(made.outcomes, 'outcome')}"
    click.echo(f"{file}: {made.size:,} bytes, whole, with {rows}")
    click.echo("It holds personal facts, which no erasure reaches: keep it safe, not for long.")
