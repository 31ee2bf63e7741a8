"""The audit trail: whole under many writers, and broken where somebody touched it."""

import hashlib
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from service.store.access import audit as trail
from service.store.access.audit import BEGINNING, Head, append, entries, head, verify
from service.store.privacy.pseudonyms import Pseudonyms
from service.store.sql.database import Database
from service.store.sql.migrations import migrate
from service.store.sql.tables import audit

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WRITERS, EACH = 4, 25


def write(database: Database, number: int) -> None:
    """One entry; every other one has a detail."""
    with database.writing() as connection:
        append(
            connection,
            NOON + timedelta(seconds=number, microseconds=7),
            actor=f"key:{number % 2}",
            event="draft.saved" if number % 3 else "published",
            subject="playbook:house",
            detail={"version": number, "note": "Größe <\x00>"} if number % 2 else None,
        )


def filled(database: Database, count: int) -> Database:
    """The database with so many entries."""
    for number in range(1, count + 1):
        write(database, number)
    return database


def rows(database: Database) -> list[dict[str, Any]]:
    """All that the table holds."""
    with database.reading() as connection:
        query = select(audit).order_by(audit.c.number)
        return [dict(row) for row in connection.execute(query).mappings()]


def put(database: Database, *changed: dict[str, Any]) -> None:
    """Have exactly these rows, as somebody with the database's password could."""
    with database.writing() as connection:
        connection.execute(delete(audit))
        if changed:
            connection.execute(insert(audit), list(changed))


def chained(kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows hashed anew from the first to the last, by somebody who knows how."""
    last, again = BEGINNING, []
    for row in kept:
        values = {**row, "previous": last}
        del values["hash"]
        last = trail._hash(values)
        again.append({**values, "hash": last})
    return again


# ---- what is written ----------------------------------------------------------------


def test_entry_is_read_as_it_was_written(database: Database) -> None:
    """All of it, with its moment to the microsecond."""
    with database.writing() as connection:
        number = append(
            connection,
            NOON.replace(microsecond=123456),
            actor="key:abc",
            event="key.created",
            subject="key:xyz",
            detail={"b": [1, None], "a": "ü\x00\ud800"},
        )

    (entry,) = entries(database).entries
    assert entry.number == number == 1
    assert entry.to_json() == {
        "number": 1,
        "at": "2026-11-20T12:00:00.123456+00:00",
        "actor": "key:abc",
        "event": "key.created",
        "subject": "key:xyz",
        "detail": {"a": "ü\x00\ud800", "b": [1, None]},
        "hash": head(database).hash,
    }


def test_hash_can_be_worked_out_by_anybody(database: Database) -> None:
    """A trail can be checked by another program, years later, on another database."""
    with database.writing() as connection:
        append(connection, NOON, actor="a", event="e", subject="s", detail={"b": 1, "a": "ü"})

    text = (
        r'{"actor":"a","at":1795176000000000,"detail":"{\"a\":\"\\u00fc\",\"b\":1}",'
        f'"event":"e","number":1,"previous":"{"0" * 64}","subject":"s"}}'
    )
    assert head(database) == Head(1, hashlib.sha256(text.encode()).hexdigest())


def test_nothing_is_written_where_the_change_fails(database: Database) -> None:
    """The entry shares the fate of the change, and leaves no gap."""
    write(database, 1)
    with pytest.raises(InterruptedError):
        _append_and_fail(database)
    write(database, 2)

    assert [row["number"] for row in rows(database)] == [1, 2]
    assert verify(database) is None


def _append_and_fail(database: Database) -> None:
    with database.writing() as connection:
        append(connection, NOON, actor="a", event="e", subject="s")
        raise InterruptedError


def test_many_entries_in_one_transaction(database: Database) -> None:
    """They are numbered one after the other."""
    with database.writing() as connection:
        for _ in range(3):
            append(connection, NOON, actor="a", event="e", subject="s")

    assert [entry.number for entry in entries(database).entries] == [3, 2, 1]
    assert verify(database) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"actor": ""},
        {"actor": "a" * 201},
        {"event": "e" * 41},
        {"subject": "s\x00"},
        {"subject": "\ud800"},
        {"subject": "two\nlines"},
        {"detail": {"a": float("nan")}},
    ],
)
def test_what_cannot_be_kept_is_refused(database: Database, wrong: dict[str, Any]) -> None:
    """The same on both databases, and before anything is written."""
    with pytest.raises(ValueError, match=r"characters|JSON"), database.writing() as connection:
        append(connection, NOON, **{"actor": "a", "event": "e", "subject": "s", **wrong})

    assert rows(database) == []


# ---- many writers -------------------------------------------------------------------

WRITER = """
import sys
from datetime import UTC, datetime
from service.store.access.audit import append
from service.store.sql.database import Database
from service.store.privacy.pseudonyms import Pseudonyms

database = Database(sys.argv[1])
person = Pseudonyms(database)("c-1")
for number in range(int(sys.argv[3])):
    with database.writing() as connection:
        append(connection, datetime.now(UTC), actor=sys.argv[2], event="e", subject=person)
print(person)
"""


def test_four_processes_leave_no_gap(database: Database) -> None:
    """Every entry of every process is there once, the chain is whole, and so is the secret."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, database.url, f"writer-{number}", str(EACH)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS)
    ]
    people = {process.communicate(timeout=120)[0] for process in processes}

    found = rows(database)
    assert [process.returncode for process in processes] == [0] * WRITERS
    assert [row["number"] for row in found] == list(range(1, WRITERS * EACH + 1))
    assert {row["actor"] for row in found} == {f"writer-{n}" for n in range(WRITERS)}
    assert verify(database) is None
    assert people == {f"{row['subject']}\n" for row in found}
    assert len(people) == 1


# ---- tampering ----------------------------------------------------------------------


def test_untouched_trail_is_whole(database: Database) -> None:
    """Empty or not."""
    assert verify(database) is None
    assert verify(filled(database, 5)) is None


def test_every_changed_field_is_found(database: Database) -> None:
    """Each field of each row, with whatever in it."""
    original = rows(filled(database, 4))
    texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
    fields = st.sampled_from(sorted(original[0]))

    @settings(max_examples=60)
    @given(at=st.integers(0, 3), field=fields, data=st.data())
    def change(at: int, field: str, data: st.DataObject) -> None:
        numbers = st.integers(-(2**63), 2**63 - 1)
        value = data.draw(numbers if field in ("number", "at") else texts)
        others = [row["number"] for row in original if row is not original[at]]
        if value == original[at][field] or (field == "number" and value in others):
            return
        put(database, *original[:at], {**original[at], field: value}, *original[at + 1 :])

        # An entry that calls itself another number is found there, if that comes first.
        assert verify(database) == (at + 1 if field != "number" or value > 0 else 1)

    change()


@pytest.mark.parametrize("field", ["at", "actor", "event", "subject", "detail", "previous", "hash"])
@pytest.mark.parametrize("at", [0, 1, 3])
def test_smallest_change_is_found(database: Database, field: str, at: int) -> None:
    """One microsecond, one letter."""
    original = rows(filled(database, 4))
    was = original[at][field]
    now = was + 1 if field == "at" else f"{was[:-1]}{'x' if was[-1] != 'x' else 'y'}"
    with database.writing() as connection:
        changed = update(audit).where(audit.c.number == at + 1).values({field: now})
        assert connection.execute(changed).rowcount == 1

    assert verify(database) == at + 1


def test_removed_and_slipped_in_entries_are_found(database: Database) -> None:
    """Wherever in the trail, but for its end."""
    original = rows(filled(database, 4))
    for at in range(3):
        put(database, *original[:at], *original[at + 1 :])
        assert verify(database) == at + 1
    for at in range(4):
        put(database, *original[:at], {**original[at], "number": 99}, *original[at + 1 :])
        assert verify(database) == at + 1
    put(database, {**original[0], "number": -5}, *original)
    assert verify(database) == 1


def test_swapped_entries_are_found(database: Database) -> None:
    """Also where the numbers stay in order."""
    first, second, third = rows(filled(database, 3))
    put(database, first, {**third, "number": 2}, {**second, "number": 3})

    assert verify(database) == 2


def test_noted_end_shows_what_a_chain_cannot(database: Database) -> None:
    """A cut end, and a trail that was written anew with all its hashes right."""
    original = rows(filled(database, 4))
    noted = head(database)
    assert verify(database, noted) is None

    put(database, *original[:3])
    assert verify(database) is None
    assert verify(database, noted) == 4

    put(database, *chained([{**original[0], "actor": "somebody else"}, *original[1:]]))
    assert verify(database) is None
    assert verify(database, noted) == 4

    put(database)
    assert verify(database) is None
    assert verify(database, noted) == 1


def test_noted_end_stays_good_as_the_trail_grows(database: Database) -> None:
    """It is looked for where it was."""
    noted = head(filled(database, 2))
    write(database, 3)

    assert verify(database, noted) is None
    assert verify(database, Head(2, "0" * 64)) == 2


@pytest.mark.parametrize("count", [5, 6, 7])
def test_verify_reads_a_page_at_a_time(
    database: Database, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chain holds from one page to the next."""
    monkeypatch.setattr(trail, "_PAGE", 3)
    original = rows(filled(database, count))
    assert verify(database) is None

    put(database, *original[:3], *original[4:])
    assert verify(database) == 4


def test_foreign_values_are_found_and_not_failed_at(tmp_path: Path) -> None:
    """SQLite takes anything in any column."""
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    migrate(database)
    filled(database, 2)
    for value in ("x'00ff'", "1.5", "9e999"):
        for field in ("number", "at", "detail", "hash", "previous"):
            original = rows(database)
            with database.writing() as connection:
                connection.exec_driver_sql(f"UPDATE audit SET {field} = {value} WHERE number = 2")  # noqa: S608
            assert verify(database) == 2
            put(database, *original)
    database.close()


# ---- reading ------------------------------------------------------------------------


def test_pages_show_everything_once(database: Database) -> None:
    """Newest first, also while entries are added, and the last page says that it is."""
    filled(database, 7)
    first = entries(database, limit=3)
    write(database, 8)
    second = entries(database, limit=3, before=first.before)
    third = entries(database, limit=3, before=second.before)

    assert [[e.number for e in page.entries] for page in (first, second, third)] == [
        [7, 6, 5],
        [4, 3, 2],
        [1],
    ]
    assert third.before is None
    assert entries(database, limit=8).before is None


def test_entries_of_an_event_or_a_subject(database: Database) -> None:
    """What is asked for and nothing else."""
    filled(database, 6)
    with database.writing() as connection:
        append(connection, NOON, actor="a", event="published", subject="playbook:other")

    assert [e.number for e in entries(database, event="published").entries] == [7, 6, 3]
    assert [e.number for e in entries(database, subject="playbook:other").entries] == [7]
    page = entries(database, event="published", subject="playbook:house", limit=1)
    assert ([e.number for e in page.entries], page.before) == ([6], 6)


# ---- people -------------------------------------------------------------------------


def test_person_has_one_pseudonym_in_a_deployment(database: Database, tmp_path: Path) -> None:
    """The same each time, another for another person, another elsewhere, and no name in it."""
    elsewhere = Database(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    migrate(elsewhere)
    named, again, there = Pseudonyms(database), Pseudonyms(database), Pseudonyms(elsewhere)

    kathy = named("kathy@example.com")
    assert kathy == named("kathy@example.com") == again("kathy@example.com")
    assert len({kathy, named("c-2"), there("kathy@example.com")}) == 3
    assert re.fullmatch("person:[0-9a-f]{64}", kathy)
    elsewhere.close()
