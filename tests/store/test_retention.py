"""What is personal goes, by age or by erasure; the numbers stay."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, func, select

from service.store.ledger.ledger import Ledger, Wanted
from service.store.ledger.outcome_rows import Outcome
from service.store.ledger.outcomes import Outcomes, WantedOutcomes
from service.store.ledger.repeats import Answer, Repeats, asked
from service.store.ledger.writing import Writer
from service.store.privacy import retention
from service.store.privacy.retention import Erased, Removed, empty_log, erase, remove_old
from service.store.sql.database import Database
from service.store.sql.personal import PERSONAL, is_personal
from service.store.sql.tables import decisions, outcomes, repeats
from tests.store.decided import Body, body, keyed, later, made, reply

NOW = later(0)
CANARY = "canary-7f3d"
ASKED = asked("key-1", CANARY, "POST", "/v1/next-action", b"{}")


class Kept:
    """A database with its two doors."""

    def __init__(self, database: Database) -> None:
        writer = Writer(database)
        self.ledger = Ledger(database, writer, keyed)
        self.outcomes = Outcomes(database, writer, keyed)


@pytest.fixture
def kept(database: Database) -> Kept:
    """It, open."""
    return Kept(database)


def told(_connection: Connection, _key: str, _counts: Mapping[str, int]) -> int:
    """An audit trail that nobody reads."""
    return 0


def personal(*history: Body) -> Body:
    """A request full of the canary."""
    words = {name: f"{CANARY} {name}" for name in ("account_id", "first_name", "shared_comment")}
    return body(CANARY, *history, **words, company=f"{CANARY} Inc.", unknown=CANARY)


def statistics(database: Database) -> list[object]:
    """What is left of all decisions for whoever counts."""
    columns = [
        column
        for column in decisions.c
        if column.name not in ("prospect_key", *PERSONAL[decisions])
    ]
    with database.reading() as connection:
        query = select(*columns).order_by(decisions.c.id)
        return [tuple(row) for row in connection.execute(query)]


# ---- by age -------------------------------------------------------------------------


def test_what_is_old_loses_what_is_personal(
    database: Database, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In batches, and again there is nothing to do; what is newer stays whole."""
    monkeypatch.setattr(retention, "_BATCH", 3)
    old = [made(body(f"c-{n % 2}", reply(), account_id="a")) for n in range(8)]
    for seconds, one in enumerate(old):
        kept.ledger.record(one, later(seconds))
    new = made(body("c-0"))
    kept.ledger.record(new, later(100))
    before = statistics(database)

    found = remove_old(database, later(100))

    assert found == Removed(decisions=8, outcomes=2, repeats=0, log_emptied=True)
    assert statistics(database) == before
    for one in old:
        entry = kept.ledger.get(one.id)
        assert entry is not None
        assert entry.is_removed
        assert (entry.prospect_id, entry.account_id) == (None, None)
        assert (entry.request, entry.answer) == (None, None)
    assert {o.prospect_id for o in kept.outcomes.page(WantedOutcomes()).items} == {None}
    whole = kept.ledger.get(new.id)
    assert whole is not None
    assert whole.answer == new.answer
    assert remove_old(database, later(100)).decisions == 0


def test_people_can_still_be_told_apart(database: Database, kept: Kept) -> None:
    """By a keyed hash: decisions and outcomes of one person belong together, old and new."""
    kept.ledger.record(made(body("c-1", reply())), NOW)
    kept.ledger.record(made(body("c-2")), NOW)
    remove_old(database, later(1))
    kept.ledger.record(made(body("c-1", reply())), later(2))

    assert len(kept.ledger.page(Wanted(prospect_id="c-1")).items) == 2
    assert len(kept.outcomes.page(WantedOutcomes()).items) == 1  # told again, it is the same
    with database.reading() as connection:
        keys = connection.execute(select(decisions.c.prospect_key)).scalars().all()
    assert sorted(map(keys.count, keys)) == [1, 2, 2]


# ---- by erasure ---------------------------------------------------------------------


def test_a_person_is_erased_everywhere(database: Database, kept: Kept) -> None:
    """From decisions, outcomes, kept answers and memory; the audit trail has a hash."""
    kept.ledger.record(made(personal(reply())), NOW, ASKED)
    kept.ledger.record(made(personal()), NOW)
    other = made(body("c-2", reply()))
    kept.ledger.record(other, NOW)
    kept.outcomes.record([Outcome(CANARY, "won", NOW, "d-1", CANARY)], NOW)
    answers = Repeats(database)
    listed, innocent = (asked("key-1", key, "POST", "/v1/outcomes", b"") for key in "ab")
    for one, names in ((listed, [CANARY]), (innocent, [f"{CANARY}9"])):
        token = answers.begin(one, NOW).token
        answers.finish(one, token, Answer(200, "application/json", json.dumps(names).encode()))
    before, trail, forgotten = statistics(database), [], []

    def entry(_: Connection, key: str, counts: Mapping[str, int]) -> int:
        trail.append((key, dict(counts)))
        return 7

    found = erase(database, CANARY, keyed, entry, [lambda: forgotten.append(CANARY)])

    counts = {"decisions": 2, "outcomes": 2, "repeats": 1}
    assert found.to_json() == {**counts, "log_emptied": True, "audit_entry": 7}
    assert trail == [(keyed(CANARY), counts)]
    assert forgotten == [CANARY]
    assert statistics(database) == before
    assert kept.ledger.page(Wanted(prospect_id=CANARY)).items == ()
    assert kept.outcomes.page(WantedOutcomes(prospect_id=CANARY)).items == ()
    assert answers.look(ASKED, NOW).kind == answers.look(listed, NOW).kind == "gone"
    assert answers.begin(ASKED, NOW).kind == "gone"
    assert answers.look(innocent, NOW).kind == "finished"
    whole = kept.ledger.get(other.id)
    assert whole is not None
    assert whole.answer == other.answer
    assert _rows_with(database, keyed(CANARY)) == _rows_with(database, CANARY + '"') == 0

    again = erase(database, CANARY, keyed, entry)

    assert again == Erased(0, 0, 0, log_emptied=True, audit_entry=7)


def _rows_with(database: Database, text: str) -> int:
    with database.reading() as connection:
        return sum(
            text in str(row)
            for table in (decisions, outcomes, repeats)
            for row in connection.execute(select(table))
        )


def test_their_rows_still_belong_together(database: Database, kept: Kept) -> None:
    """As one unknown person's; no id leads to them, and told anew it is somebody new."""
    kept.ledger.record(made(personal(reply())), NOW)
    kept.ledger.record(made(personal()), NOW)
    kept.ledger.record(made(body("c-2")), NOW)
    erase(database, CANARY, keyed, told)
    kept.ledger.record(made(personal(reply())), NOW)

    with database.reading() as connection:
        keys = connection.execute(select(decisions.c.prospect_key)).scalars().all()
        theirs = connection.execute(select(outcomes.c.prospect_key)).scalars().all()

    assert sorted(map(keys.count, keys)) == [1, 1, 2, 2]
    assert len(set(theirs)) == 2


def test_where_the_trail_cannot_be_written_nothing_is_erased(
    database: Database, kept: Kept
) -> None:
    """Both or neither."""
    one = made(personal())
    kept.ledger.record(one, NOW)

    def breaks(_connection: Connection, _key: str, _counts: Mapping[str, int]) -> int:
        raise ValueError("the trail is torn")

    with pytest.raises(ValueError, match="torn"):
        erase(database, CANARY, keyed, breaks)

    entry = kept.ledger.get(one.id)
    assert entry is not None
    assert entry.answer == one.answer


def test_who_is_recorded_meanwhile_is_there_whole_or_not_at_all(
    database: Database, kept: Kept
) -> None:
    """Decisions come in while the person is erased again and again."""
    decided = [
        made(personal(reply(f"2026-10-{n % 28 + 1:02}T{n // 28:02}:00:00Z"))) for n in range(120)
    ]
    keys = [asked("key-1", f"k-{n}", "POST", "/v1/next-action", b"") for n in range(120)]

    def keep(number: int) -> None:
        kept.ledger.record(decided[number], NOW, keys[number])

    with ThreadPoolExecutor(9) as threads:
        keeping = [threads.submit(keep, number) for number in range(120)]
        while not all(future.done() for future in keeping):
            erase(database, CANARY, keyed, told)
    for future in keeping:
        future.result()

    answers = Repeats(database)
    told_of = {o.at for o in kept.outcomes.page(WantedOutcomes(CANARY), size=200).items}
    for one, key in zip(decided, keys, strict=True):
        entry = kept.ledger.get(one.id)
        assert entry is not None
        there = entry.prospect_id is not None
        assert (entry.request is not None, entry.answer is not None) == (there, there)
        assert (answers.look(key, NOW).kind == "finished") is there
        assert (one.request.history.inbound[0].at in told_of) is there
    erase(database, CANARY, keyed, told)
    with database.reading() as connection:
        named = select(func.count()).where(is_personal(decisions, is_sqlite=database.is_sqlite))
        assert connection.execute(named).scalar() == 0


# ---- the bytes on the disk ----------------------------------------------------------


@pytest.fixture
def file(database: Database) -> Path:
    """Where SQLite keeps it."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL overwrites what is removed when it vacuums")
    return Path(database.url.removeprefix("sqlite:///"))


def found_in(file: Path, words: str) -> int:
    """How often some words stand in a database file and its write-ahead log."""
    paths = (file, file.with_name(file.name + "-wal"))
    return sum(path.read_bytes().count(words.encode()) for path in paths if path.exists())


@pytest.mark.parametrize("erased", [1, 40, 400], ids=lambda n: f"{n} of 800")
def test_nothing_of_the_person_is_left_on_the_disk(
    database: Database, kept: Kept, file: Path, erased: int
) -> None:
    """Not in the file and not in its log, wherever the rows lay, large ones and small ones."""
    random = Random(erased)  # noqa: S311 - the same every time
    bodies = [personal() if n < erased else body(f"c-{n}") for n in range(800)]
    random.shuffle(bodies)
    for n, asked_ in enumerate(bodies):
        history = [reply(f"2026-10-{1 + n % 28:02}T09:00:00Z")] * random.choice((0, 1, 5, 60))
        kept.ledger.record(made({**asked_, "history": history}), NOW, ASKED if n == 0 else None)
    kept.outcomes.record([Outcome(CANARY, "won", NOW, None, CANARY)], NOW)
    assert found_in(file, CANARY) > erased

    found = erase(database, CANARY, keyed, told)

    assert found.decisions == erased
    assert found.log_emptied
    assert found_in(file, CANARY) == 0


def test_nothing_old_is_left_on_the_disk(
    database: Database, kept: Kept, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also once the space is given back, nor of whoever is erased among those nearby."""
    monkeypatch.setattr(retention, "_NEARBY", 30)
    random = Random(1)  # noqa: S311 - the same every time
    for n in range(300):
        history = [reply()] * random.choice((0, 1, 5, 60))
        name = CANARY if n < 200 else f"nearby-{n // 20}"
        kept.ledger.record(made(body(name, *history, account_id=name)), later(n))

    remove_old(database, later(200))
    assert found_in(file, CANARY) == 0
    assert _lengths(database) == [0] * 170 + [1] * 130
    for n in range(10, 15):
        erase(database, f"nearby-{n}", keyed, told)

    assert [found_in(file, f"nearby-{n}") > 0 for n in range(10, 15)] == [False] * 5


def _lengths(database: Database) -> list[int]:
    """For each decision, the oldest first, whether its request takes any space."""
    with database.reading() as connection:
        query = select(decisions.c.request).order_by(decisions.c.recorded_at)
        return [int(request is not None) for request in connection.execute(query).scalars()]


def test_a_log_that_somebody_reads_is_not_emptied(
    database: Database, kept: Kept, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, and the next call does it."""
    monkeypatch.setattr("service.store.sql.database.PATIENCE", 0.05)
    database.close()
    kept.ledger.record(made(personal()), NOW)
    reader = Database(database.url)
    with reader.reading() as connection:
        connection.execute(select(func.count()).select_from(decisions))
        assert not erase(database, CANARY, keyed, told).log_emptied

    assert empty_log(database)
    assert found_in(file, CANARY) == 0
    reader.close()
