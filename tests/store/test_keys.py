"""API keys: made, shown without their secret, revoked, and told of in the audit trail."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.store.access.audit import entries, verify
from service.store.access.key_text import read_key_text
from service.store.access.keys import SCOPES, Key, all_keys, any_keys, create_key, revoke_key
from service.store.sql.database import Database
from service.store.sql.migrations import migrate
from service.store.sql.tables import metadata

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def test_key_is_kept_as_it_was_made(database: Database) -> None:
    """All but the plain text, and the scopes in their order."""
    made = create_key(database, "CRM ü", ["read", "decide"], actor="terminal:kim", now=NOON)

    text = read_key_text(made.plain)
    assert text
    assert made.key == Key(text.id, "CRM ü", ("decide", "read"), NOON, None, None)
    assert all_keys(database) == (made.key,)
    assert made.key.to_json() == {
        "id": text.id,
        "name": "CRM ü",
        "scopes": ["decide", "read"],
        "created_at": "2026-11-20T12:00:00+00:00",
        "revoked_at": None,
        "used_at": None,
    }


def test_secret_is_nowhere_in_the_database(database: Database) -> None:
    """Neither the plain text nor its secret, in any column of any table."""
    made = create_key(database, "crm", ["decide"], actor="a", now=NOON)
    revoke_key(database, made.key.id, actor="a", now=LATER)
    with database.reading() as connection:
        kept = [str(connection.execute(select(table)).all()) for table in metadata.sorted_tables]

    text = read_key_text(made.plain)
    assert text
    assert text.secret not in "".join(kept)
    assert text.hash in "".join(kept)


def test_secret_is_nowhere_in_the_file(tmp_path: Path) -> None:
    """Nor in the write-ahead log beside it."""
    database = Database(f"sqlite:///{tmp_path / 'unghost.db'}")
    migrate(database)
    made = create_key(database, "crm", ["decide"], actor="a", now=NOON)
    raw = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    database.close()

    text = read_key_text(made.plain)
    assert text
    assert text.id.encode() in raw
    assert text.secret.encode() not in raw


def test_keys_are_listed_by_age(database: Database) -> None:
    """The oldest first, revoked ones too."""
    names = ["third", "first", "second"]
    for name, minutes in zip(names, (3, 1, 2), strict=True):
        create_key(database, name, ["read"], actor="a", now=NOON + timedelta(minutes=minutes))
    revoke_key(database, all_keys(database)[0].id, actor="a", now=LATER)

    assert [key.name for key in all_keys(database)] == ["first", "second", "third"]
    assert [key.revoked_at for key in all_keys(database)] == [LATER, None, None]


def test_revoking_again_changes_nothing(database: Database) -> None:
    """The first moment stays, and the trail tells of it once."""
    key = create_key(database, "crm", ["read"], actor="a", now=NOON).key
    first = revoke_key(database, key.id, actor="a", now=LATER)
    again = revoke_key(database, key.id, actor="b", now=LATER + timedelta(hours=1))

    assert first == again
    assert first
    assert first.revoked_at == LATER
    assert [entry.event for entry in entries(database).entries] == ["key.revoked", "key.created"]


def test_revoking_what_is_not_there(database: Database) -> None:
    """It is None, and the trail stays as it is."""
    assert revoke_key(database, "nobody", actor="a", now=NOON) is None
    assert entries(database).entries == ()


def test_audit_tells_who_made_and_revoked_a_key(database: Database) -> None:
    """With its name and scopes, and by its id."""
    key = create_key(database, "crm", ["publish", "edit"], actor="terminal:kim", now=NOON).key
    revoke_key(database, key.id, actor="key:abc", now=LATER)

    revoked, created = entries(database, subject=f"key:{key.id}").entries
    assert (created.actor, created.event, created.at) == ("terminal:kim", "key.created", NOON)
    assert created.detail == {"name": "crm", "scopes": ["edit", "publish"]}
    assert (revoked.actor, revoked.event, revoked.at) == ("key:abc", "key.revoked", LATER)
    assert verify(database) is None


def test_no_change_without_its_audit_entry(database: Database) -> None:
    """Where the entry cannot be written, the key is not made, or stays in force."""
    key = create_key(database, "crm", ["read"], actor="a", now=NOON).key
    with pytest.raises(ValueError, match="actor"):
        create_key(database, "other", ["read"], actor="", now=NOON)
    with pytest.raises(ValueError, match="actor"):
        revoke_key(database, key.id, actor="", now=LATER)

    assert all_keys(database) == (key,)


def test_scopes_are_a_closed_list(database: Database) -> None:
    """A scope that is none is refused with those that are; so is a key good for nothing."""
    with pytest.raises(ValueError, match="no scope `delete`; there are decide, outcomes, read"):
        create_key(database, "crm", ["read", "delete"], actor="a", now=NOON)
    with pytest.raises(ValueError, match="at least one scope"):
        create_key(database, "crm", [], actor="a", now=NOON)

    assert all_keys(database) == ()


@pytest.mark.parametrize("name", ["", " ", "n" * 201, "a\x00b", "a\nb", "\ud800"])
def test_names_that_are_none(database: Database, name: str) -> None:
    """The same are refused on both databases."""
    with pytest.raises(ValueError, match="name of a key"):
        create_key(database, name, ["read"], actor="a", now=NOON)


@pytest.mark.parametrize("held", SCOPES)
@pytest.mark.parametrize("asked", SCOPES)
def test_scope_opens_itself_and_admin_everything(held: str, asked: str) -> None:
    """Cell by cell."""
    key = Key("id", "name", tuple(s for s in SCOPES if s == held), NOON, None, None)

    opens = key.may(next(s for s in SCOPES if s == asked))
    assert opens == (held in {asked, "admin"})


def test_any_keys_counts_revoked_ones(database: Database) -> None:
    """The last key's end does not open the service to everybody."""
    assert not any_keys(database)
    key = create_key(database, "crm", ["read"], actor="a", now=NOON).key
    assert any_keys(database)
    revoke_key(database, key.id, actor="a", now=LATER)
    assert any_keys(database)
