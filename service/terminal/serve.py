"""`unghost serve`: the service, on this machine or in a container."""

import logging
import sys

import click

from service.settings import Settings

_LOG = logging.getLogger(__name__)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    envvar="PORT",
    show_envvar=True,
    help="The port to listen at.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    envvar="WEB_CONCURRENCY",
    show_envvar=True,
    help="How many processes answer.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    default=64,
    show_default=True,
    help="How many requests each process answers at a time; a slow caller holds one of them.",
)
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the playbooks over HTTP, until Ctrl-C.

    They are those in the database of DATABASE_URL; left out, in the file unghost.db in this
    folder. A first start fills it: with the playbooks of the folder UNGHOST_PLAYBOOKS, left out
    those that ship with Unghost, and with the contact policy in the file UNGHOST_POLICY, left out
    policy/default.yaml in that folder, or the one that ships. From then on `unghost push`
    publishes what has changed in the folder.

    Without any API key only this machine is answered, and --host is refused if others can reach
    it; `unghost keys` makes keys. Each may ask as often as UNGHOST_QUOTA says, in requests and
    seconds; left out, 1000/10. The log goes to standard error, from the level of UNGHOST_LOG
    (debug, info, warning, error; left out, info) on, and has nothing personal in it.

    Exits with 1 where the policy of a first start has errors, and shows them, or where the
    address cannot be had, and with 2 where the database or a setting will not do.
    """
    # Only here: gunicorn reads WEB_CONCURRENCY as it is imported, and fails if it is no number.
    from service.web.server import Address, counting_together, run  # noqa: PLC0415

    with counting_together(workers):
        # Only here: they import prometheus_client, which looks once where it is to count.
        from service.app import create_app  # noqa: PLC0415
        from service.terminal.databases import refusing  # noqa: PLC0415
        from service.terminal.starting import opening_words  # noqa: PLC0415
        from service.web import logs  # noqa: PLC0415

        settings = Settings.from_environment()
        words = opening_words(settings, host)
        level = settings.log_level or "info"
        with refusing():
            logs.start(level)
        address = Address(host, port, workers, threads)
        for line in words:
            _tell(line)
        answers = f"Unghost answers at http://{address.bind}; Ctrl-C stops it."
        run(create_app, address, level, lambda: _tell(answers))


def _tell(line: str) -> None:
    click.echo(line, err=True) if sys.stderr.isatty() else _LOG.info(line)
