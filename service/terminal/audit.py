"""`unghost audit`: who changed what and when, and whether the trail is whole."""

import json
import re
import sys

import click

from service.store.access.audit import Entry, Head, entries, head, verify
from service.store.privacy.pseudonyms import Pseudonyms
from service.terminal.console import plain
from service.terminal.databases import opened_database
from service.terminal.sources import FAULTY

_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def _read_head(_context: click.Context, _option: click.Parameter, text: str | None) -> Head | None:
    found = _HEAD.fullmatch(text or "")
    if text is not None and found is None:
        message = "that is not a number, a colon and 64 hex digits"
        raise click.BadParameter(message)
    return Head(int(found[1]), found[2]) if found else None


@click.group("audit")
def audit_command() -> None:
    """The audit trail: who changed what, and when.

    Every edit, publication, key and erasure is an entry, and each is chained to the one before
    by a hash. People are in it under keyed hashes alone, so that an erasure need not touch it.

    It is kept in the database of DATABASE_URL; left out, in the file unghost.db in this folder.
    """


@audit_command.command("verify")
@click.option(
    "--noted",
    metavar="NUMBER:HASH",
    callback=_read_head,
    help="An end of the trail that was noted earlier, which must still be in it.",
)
def verify_command(noted: Head | None) -> None:
    """Check that every entry is as it was written, and none is missing.

    Prints the end of the trail, a number and a hash. Keep it where who can change the database
    cannot: given to --noted at a later time, it shows that the end was not cut off, and that the
    trail was not written anew. Exits with 1 where an entry is broken, and says which; with 2
    where the database does not answer.
    """
    with opened_database() as database:
        last = head(database)
        broken = verify(database, noted)
    if broken is not None:
        click.echo(f"entry {broken} is not as it was written, or is missing", err=True)
        sys.exit(FAULTY)
    if not last.number:
        click.echo("the trail is empty")
        return
    click.echo(f"all is as it was written, up to entry {last.number}; note this elsewhere:")
    click.echo(f"{last.number}:{last.hash}")


@audit_command.command("list")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="At most so many.",
)
@click.option("--before", type=click.IntRange(1), help="Only entries before this number.")
@click.option("--event", help="Only this event, e.g. key.created.")
@click.option("--subject", help="Only about this, e.g. key:ID.")
@click.option("--person", metavar="ID", help="Only about this prospect, whom it does not name.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_command(
    limit: int,
    before: int | None,
    event: str | None,
    subject: str | None,
    person: str | None,
    *,
    as_json: bool,
) -> None:
    """Show the trail, the newest entry first.

    A line is an entry: its number, the moment, who (a key, or who typed a command), what was
    done, to what, and more as JSON.
    """
    if subject is not None and person is not None:
        message = "--subject and --person exclude each other"
        raise click.UsageError(message)
    with opened_database() as database:
        if person is not None:
            subject = Pseudonyms(database)(person)
        page = entries(database, before=before, limit=limit, event=event, subject=subject)
    if as_json:
        shown = {"entries": [each.to_json() for each in page.entries], "before": page.before}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    for each in page.entries:
        click.echo(_line(each))
    if page.before:
        click.echo(f"There are more: --before {page.before} shows them.", err=True)


def _line(entry: Entry) -> str:
    words = [str(entry.number), f"{entry.at:%Y-%m-%d %H:%M:%S} UTC"]
    words += [plain(each) for each in (entry.actor, entry.event, entry.subject)]
    return "  ".join([*words, *([plain(entry.detail)] if entry.detail else [])])
