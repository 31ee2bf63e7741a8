"""`unghost keys`: make API keys, see who has which, and take them back."""

import json
from datetime import UTC, datetime

import click
from rich import box
from rich.table import Table

from service.store.access.keys import SCOPES, Key, all_keys, create_key, revoke_key
from service.terminal.console import plain, terminal
from service.terminal.databases import opened_database, whoever_types
from service.terminal.sources import refuse


@click.group("keys")
def keys_command() -> None:
    """API keys: who may call the service, and what they may do.

    They are kept in the database of DATABASE_URL; left out, in the file unghost.db in this
    folder. Of a key only a hash is kept. Making and revoking one is in the audit trail.
    """


@keys_command.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    required=True,
    help="What it is good for; say it again for more. admin is good for everything.",
)
def create(name: str, scopes: tuple[str, ...]) -> None:
    """Make a key called NAME, and print it, this once.

    NAME is for you, e.g. what will use the key. The key goes to standard output and nothing else
    does, so that it can be put where it belongs: nobody can show it again. Whoever calls the
    service sends it as `Authorization: Bearer KEY`.

    \b
    decide    ask for next actions and timelines
    outcomes  tell what became of prospects
    read      look at playbooks, decisions and outcomes
    edit      work on drafts of playbooks, policies and experiments
    publish   put playbooks and policies in force, start and stop experiments
    admin     all of that, and what is left: erase people, read the audit trail

    For example: unghost keys create crm --scope decide --scope outcomes
    """  # noqa: D301 - click's sign for lines that stay lines
    with opened_database() as database:
        made = create_key(database, name, scopes, actor=whoever_types(), now=datetime.now(UTC))
    click.echo(made.plain)
    may = ", ".join(made.key.scopes)
    click.echo(f"Key {made.key.id}, good for {may}. It is not shown again: keep it safe.", err=True)


@keys_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_command(*, as_json: bool) -> None:
    """Show every key without its secret, the oldest first, revoked ones too."""
    with opened_database() as database:
        found = all_keys(database)
    if as_json:
        click.echo(json.dumps([key.to_json() for key in found], ensure_ascii=False, indent=2))
    elif found:
        terminal().print(_table(found))
    else:
        click.echo("no key was ever made; `unghost keys create` makes one")


@keys_command.command()
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """Take back the key ID: within a second it opens nothing any more.

    ID is what `unghost keys list` shows, and what stands between the first underscores of the
    key. Exits with 2 where there is no such key.
    """
    with opened_database() as database:
        key = revoke_key(database, key_id, actor=whoever_types(), now=datetime.now(UTC))
    if key is None:
        refuse([f"there is no key `{key_id}`; `unghost keys list` shows all"])
    click.echo(f"`{plain(key.name)}`, {key.id}: revoked {_shown(key.revoked_at)}")


def _table(found: tuple[Key, ...]) -> Table:
    table = Table("id", "name", "good for", "made", "last used", "revoked", box=box.SIMPLE)
    for key in found:
        moments = [_shown(at) for at in (key.created_at, key.used_at, key.revoked_at)]
        style = "dim" if key.revoked_at else ""
        table.add_row(key.id, plain(key.name), ", ".join(key.scopes), *moments, style=style)
    return table


def _shown(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"
