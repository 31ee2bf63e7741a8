"""`unghost serve`: the service, on this machine or in a container."""

from collections.abc import Iterator
from pathlib import Path

import click

from service.store.library import open_library
from service.terminal.console import plain
from service.terminal.questions import policy_in_force
from service.terminal.sources import refuse
from service.web.server import Address, counting_together, run


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

    The folder of playbooks is UNGHOST_PLAYBOOKS; left out, the playbooks that ship with
    Unghost. The contact policy above them is the file UNGHOST_POLICY; left out,
    policy/default.yaml in that folder, or the one that ships. Ends with 1 where the policy has
    errors, and shows them.
    """
    with counting_together(workers):
        # Only here: it imports prometheus_client, which looks once where it is to count.
        from service.app import Settings, create_app  # noqa: PLC0415

        chosen = Settings.from_environment()
        try:
            for line in _opening_words(chosen.playbooks):
                click.echo(line, err=True)
        except OSError as error:
            refuse([str(error)])
        # Better here, in words, than in every worker.
        policy = policy_in_force().policy
        click.echo(f"Contact policy in {chosen.policy_file()}: {policy.name}", err=True)
        address = Address(host, port, workers, threads)
        click.echo(f"Unghost answers at http://{address.bind}; Ctrl-C stops it.", err=True)
        run(create_app, address)


def _opening_words(folder: Path) -> Iterator[str]:
    library = open_library(folder, policy_in_force().policy)
    names = ", ".join(published.name for published in library.all()) or "none"
    yield f"Playbooks in {folder}: {names}"
    for published in library.all():
        for doubt in published.diagnostics[:1]:
            where = f"`{published.name}`, line {doubt.place.line}"
            yield f"In doubt: {where}: {plain(doubt.message)} (`unghost check` shows all)"
    for file, diagnostics in library.problems.items():
        first = next(d for d in diagnostics if d.severity == "error")
        where = f"{folder / file}:{first.place.line}"
        yield f"Not served: {where}: {plain(first.message)} (`unghost check` shows all)"
