"""Decisions kept, found again and listed, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import orjson
import pytest
from sqlalchemy import event, select

from service.store.ledger.ledger import Ledger, Wanted
from service.store.ledger.outcome_rows import UnfitText
from service.store.ledger.pages import MOST, BadCursor
from service.store.ledger.writing import Writer
from service.store.sql.database import Database, DatabaseAway
from service.store.sql.tables import decisions
from tests.store.decided import NOW, body, keyed, later, made


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """It, with a writer of its own."""
    return Ledger(database, Writer(database), keyed)


def test_a_decision_is_kept_whole(ledger: Ledger) -> None:
    """What was asked, answered and used is found again under the id."""
    asked = body("c-1", account_id="a-1", first_name="Kathy")
    decided = made(asked)

    ledger.record(decided, NOW)

    kept = ledger.get(decided.id)
    assert kept is not None
    assert kept.answer == decided.answer
    assert orjson.loads(kept.request or b"")["prospect"]["id"] == "c-1"
    assert (kept.recorded_at, kept.as_of) == (NOW, datetime(2026, 11, 20, 20, tzinfo=UTC))
    assert (kept.prospect_id, kept.account_id, kept.is_removed) == ("c-1", "a-1", False)
    assert (kept.playbook, kept.version, kept.digest) == ("house", 3, decided.decision.digest)
    assert (kept.policy, kept.policy_version, kept.policy_digest) == ("default", 1, "sha256:policy")
    assert (kept.action, kept.channel) == (decided.decision.action, decided.decision.channel)
    assert (kept.reason, kept.rule) == (decided.decision.reason, decided.decision.rule)
    assert (kept.experiment, kept.arm, kept.microseconds) == (None, None, 321)


def test_what_is_not_there_is_none(ledger: Ledger) -> None:
    """An id that nobody gave finds nothing."""
    assert ledger.get("no-such-decision") is None


def test_many_at_once_share_transactions(database: Database, ledger: Ledger) -> None:
    """Sixteen threads keep all of theirs, in fewer transactions than decisions."""
    commits: list[object] = []
    event.listen(database.engine, "commit", commits.append)
    start, decided = Barrier(16), [[made() for _ in range(10)] for _ in range(16)]

    def keep(number: int) -> None:
        start.wait()
        for one in decided[number]:
            ledger.record(one, NOW)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(keep, range(16)))

    with database.reading() as connection:
        ids = connection.execute(select(decisions.c.id)).scalars().all()
    assert sorted(ids) == sorted(one.id for ours in decided for one in ours)
    assert len(commits) < len(ids)


def test_one_that_cannot_be_written_hurts_nobody_else(database: Database, ledger: Ledger) -> None:
    """In one group an id comes twice: its second is told, all others are kept."""
    writer = Writer(database)
    ledger = Ledger(database, writer, keyed)
    twice = made()
    ledger.record(twice, NOW)
    others = [made() for _ in range(5)]
    start = Barrier(6)

    def keep(one: object) -> str:
        start.wait()
        try:
            ledger.record(one, NOW)  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - the kind is what is asked for
            return type(error).__name__
        return "kept"

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(keep, [*others, twice]))

    assert found == ["kept"] * 5 + ["IntegrityError"]
    assert all(ledger.get(one.id) for one in others)


@pytest.mark.parametrize("facts", [{"account_id": "a\0"}, {"id": "c\0"}])
def test_a_text_with_nul_is_refused(ledger: Ledger, facts: dict[str, str]) -> None:
    """PostgreSQL cannot hold it; SQLite does not either, so that both are one."""
    with pytest.raises(UnfitText, match=r"U\+0000"):
        ledger.record(made(body(**{"prospect_id": "c", **facts})), NOW)  # type: ignore[arg-type]


def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    """Nothing is acknowledged that is not written."""
    database = Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")

    with pytest.raises(DatabaseAway):
        Ledger(database, Writer(database), keyed).record(made(), NOW)


# ---- lists --------------------------------------------------------------------------


def test_lists_are_filtered(ledger: Ledger) -> None:
    """By prospect, account, playbook and time; the newest first."""
    first = made(body("c-1", account_id="a-1"))
    second = made(body("c-2", account_id="a-1"))
    third = made(body("c-1", account_id="a-2"))
    for seconds, one in enumerate((first, second, third)):
        ledger.record(one, later(seconds))

    def ids(**wanted: object) -> list[str]:
        return [entry.id for entry in ledger.page(Wanted(**wanted)).items]  # type: ignore[arg-type]

    assert ids() == [third.id, second.id, first.id]
    assert ids(prospect_id="c-1") == [third.id, first.id]
    assert ids(account_id="a-1") == [second.id, first.id]
    assert ids(account_id="a-1", prospect_id="c-1") == [first.id]
    assert ids(playbook="house") == [third.id, second.id, first.id]
    assert ids(playbook="other") == []
    assert ids(since=later(1)) == [third.id, second.id]
    assert ids(until=later(1)) == [first.id]


def test_pages_hold_all_once_whatever_is_added(ledger: Ledger) -> None:
    """Pages go through all that was there at the first, also those of one moment."""
    kept = [made() for _ in range(10)]
    for number, one in enumerate(kept):
        ledger.record(one, later(number // 4))
    seen: list[str] = []
    cursor: str | None = None

    while True:
        page = ledger.page(Wanted(), cursor, 3)
        seen += [entry.id for entry in page.items]
        ledger.record(made(), NOW + timedelta(hours=1))
        if (cursor := page.next) is None:
            break

    assert sorted(seen) == sorted(one.id for one in kept)


def test_a_page_has_a_size(ledger: Ledger) -> None:
    """What is asked for is bounded, and the last page has no cursor."""
    for _ in range(3):
        ledger.record(made(), NOW)

    assert len(ledger.page(Wanted(), size=0).items) == 1
    assert ledger.page(Wanted(), size=10**9).next is None
    assert ledger.page(Wanted(), size=3).next is None
    assert MOST == 200


@pytest.mark.parametrize("cursor", ["", "x", "é", "MTIz", "a" * 5000, "MS4uLi4", "%00"])
def test_a_cursor_that_is_none_is_refused(ledger: Ledger, cursor: str) -> None:
    """A caller's mistake, not a fault."""
    with pytest.raises(BadCursor):
        ledger.page(Wanted(), cursor)


def test_a_decision_that_took_too_long_to_count(ledger: Ledger) -> None:
    """The number of microseconds has an end in the database."""
    slow = replace(made(), microseconds=10**12)

    ledger.record(slow, NOW)

    assert ledger.get(slow.id) == replace(ledger.get(slow.id), microseconds=2**31 - 1)  # type: ignore[type-var]
