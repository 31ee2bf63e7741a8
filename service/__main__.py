"""The command line, `unghost`: each command has its module in `terminal/`."""

from collections.abc import Mapping
from functools import cache

import click

from service.terminal.check import check
from service.terminal.decide import decide_command
from service.terminal.examples import test
from service.terminal.serve import serve
from service.terminal.timeline import timeline_command
from service.terminal.why import why_command


@cache
def _on_the_database() -> Mapping[str, click.Command]:
    """The commands that work on the database.

    They are imported when one is asked for: half as much again as all others take to start.
    """
    from service.terminal import (  # noqa: PLC0415
        audit,
        backup,
        experiment,
        keys,
        migrate,
        pull,
        push,
    )

    return {
        "audit": audit.audit_command,
        "backup": backup.backup_command,
        "experiment": experiment.experiment_command,
        "keys": keys.keys_command,
        "migrate": migrate.migrate,
        "pull": pull.pull_command,
        "push": push.push_command,
    }


class _Unghost(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_on_the_database()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _on_the_database().get(cmd_name)


@click.group(cls=_Unghost, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="unghost")
def main() -> None:
    """Follow-up playbooks: check them, run their examples, try them, serve them.

    What is kept (the playbooks in force, decisions, outcomes, API keys, the audit trail) is in
    one database: DATABASE_URL, e.g. postgresql://user@host/name; left out, the SQLite file
    unghost.db in this folder.
    """


for command in (check, test, decide_command, timeline_command, why_command, serve):
    main.add_command(command)

if __name__ == "__main__":
    main()
