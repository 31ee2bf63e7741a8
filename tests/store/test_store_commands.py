"""`unghost keys`, `unghost audit` and `unghost migrate`, as they are typed."""

import json

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from service.store.access.audit import append, head
from service.store.access.key_text import read_key_text
from service.store.access.keys import all_keys
from service.store.privacy.pseudonyms import Pseudonyms
from service.store.sql.database import Database
from service.store.sql.migrations import is_current
from service.store.sql.moments import moment_of
from service.store.sql.tables import audit
from service.terminal.audit import audit_command
from service.terminal.keys import keys_command
from service.terminal.migrate import migrate

UNGHOST = click.Group("unghost", [keys_command, audit_command, migrate])


def unghost(database: Database, *arguments: str) -> Result:
    """The command, run as if typed."""
    environment = {"DATABASE_URL": database.url, "COLUMNS": "200"}
    return CliRunner(env=environment).invoke(UNGHOST, arguments, catch_exceptions=False)


def test_key_from_its_making_to_its_end(database: Database) -> None:
    """Made, listed, revoked; the standard output has the key and nothing else."""
    made = unghost(database, "keys", "create", "CRM", "--scope", "read", "--scope", "decide")
    text = read_key_text(made.stdout.removesuffix("\n"))
    assert text
    assert made.stderr == (
        f"Key {text.id}, good for decide, read. It is not shown again: keep it safe.\n"
    )

    listed = unghost(database, "keys", "list").output
    assert f"{text.id}" in listed
    assert "decide, read" in listed
    assert text.secret not in listed

    revoked = unghost(database, "keys", "revoke", text.id)
    assert revoked.output.startswith(f"`CRM`, {text.id}: revoked 20")
    (key,) = all_keys(database)
    assert json.loads(unghost(database, "keys", "list", "--json").output) == [key.to_json()]
    assert key.revoked_at


def test_keys_that_cannot_be_made_or_revoked(database: Database) -> None:
    """Each is refused with what would do."""
    assert "no key was ever made" in unghost(database, "keys", "list").output

    unknown = unghost(database, "keys", "revoke", "nobody")
    nameless = unghost(database, "keys", "create", "", "--scope", "read")
    useless = unghost(database, "keys", "create", "CRM")
    wrong = unghost(database, "keys", "create", "CRM", "--scope", "delete")
    assert unknown.stderr == "there is no key `nobody`; `unghost keys list` shows all\n"
    assert nameless.stderr == "the name of a key is 1 to 200 printable characters\n"
    assert "--scope" in useless.stderr
    assert "'delete' is not one of 'decide', 'outcomes'" in wrong.stderr
    assert [r.exit_code for r in (unknown, nameless, useless, wrong)] == [2] * 4
    assert all_keys(database) == ()


def test_names_cannot_command_the_terminal(database: Database) -> None:
    """What is not printable is refused; brackets are no markup."""
    unghost(database, "keys", "create", "[red]CRM[/red]", "--scope", "read")

    assert "[red]CRM[/red]" in unghost(database, "keys", "list").output
    assert unghost(database, "keys", "create", "\x1b[2J", "--scope", "read").exit_code == 2


def test_audit_is_verified(database: Database) -> None:
    """Whole, with an end to note; broken, at an entry."""
    assert unghost(database, "audit", "verify").output == "the trail is empty\n"
    unghost(database, "keys", "create", "CRM", "--scope", "read")
    unghost(database, "keys", "create", "Forms", "--scope", "read")

    whole = unghost(database, "audit", "verify")
    end = f"2:{head(database).hash}"
    assert whole.output == (
        f"all is as it was written, up to entry 2; note this elsewhere:\n{end}\n"
    )
    assert unghost(database, "audit", "verify", "--noted", end).exit_code == 0
    cut = unghost(database, "audit", "verify", "--noted", f"3:{'0' * 64}")
    assert (cut.exit_code, cut.stderr) == (1, "entry 3 is not as it was written, or is missing\n")
    assert unghost(database, "audit", "verify", "--noted", "3").exit_code == 2

    with database.writing() as connection:
        connection.execute(update(audit).where(audit.c.number == 1).values(actor="nobody"))
    broken = unghost(database, "audit", "verify")
    assert broken.stderr == "entry 1 is not as it was written, or is missing\n"
    assert (broken.exit_code, broken.stdout) == (1, "")


def test_audit_is_listed(database: Database) -> None:
    """One line an entry, the newest first, a page at a time."""
    person = Pseudonyms(database)("c-1")
    with database.writing() as connection:
        for number, subject in enumerate(["playbook:house", "playbook:house", person]):
            append(
                connection,
                moment_of(number * 1_000_000),
                actor="key:abc",
                event="published" if number < 2 else "person.erased",
                subject=subject,
                detail={"version": number} if number else None,
            )

    page = unghost(database, "audit", "list", "--limit", "1", "--before", "3")
    assert page.stdout == (
        '2  1970-01-01 00:00:01 UTC  key:abc  published  playbook:house  {"version": 1}\n'
    )
    assert page.stderr == "There are more: --before 2 shows them.\n"
    assert unghost(database, "audit", "list").output.count("\n") == 3
    for which in (("--event", "person.erased"), ("--subject", person), ("--person", "c-1")):
        assert unghost(database, "audit", "list", *which).output.startswith("3  1970")
    assert unghost(database, "audit", "list", "--person", "c-2").output == ""
    both = unghost(database, "audit", "list", "--person", "c-2", "--subject", "x")
    assert both.exit_code == 2

    listed = json.loads(unghost(database, "audit", "list", "--limit", "2", "--json").output)
    assert [entry["number"] for entry in listed["entries"]] == [3, 2]
    assert listed["before"] == 2


def test_migrate_runs_what_is_missing(empty_database: Database) -> None:
    """And nothing where nothing is."""
    if not empty_database.is_sqlite:
        assert "run `unghost migrate`" in unghost(empty_database, "keys", "list").stderr

    first, second = (unghost(empty_database, "migrate") for _ in range(2))
    assert first.output.startswith("The first tables.\nExperiments.\n2 steps run: ")
    assert second.output.startswith("0 steps run: ")
    assert is_current(empty_database)


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all.db", "postgresql://kim:geheim@127.0.0.1:1/x", "mysql://x"]
)
@pytest.mark.parametrize("command", [("keys", "list"), ("audit", "verify"), ("migrate",)])
def test_database_that_is_away(url: str, command: tuple[str, ...]) -> None:
    """It is said in one line, without the password."""
    result = CliRunner(env={"DATABASE_URL": url}).invoke(UNGHOST, command, catch_exceptions=False)

    assert result.exit_code == 2
    assert "database" in result.stderr
    assert "geheim" not in result.output
    assert result.output.count("\n") == 1
