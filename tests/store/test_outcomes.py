"""Outcomes kept once, however often, in whatever order and by whomever they are told."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest

from service.playbook.vocabulary import OUTCOMES
from service.store.ledger.ledger import Ledger
from service.store.ledger.outcome_rows import Outcome, UnfitText
from service.store.ledger.outcomes import MOST_AT_ONCE, Outcomes, WantedOutcomes
from service.store.ledger.pages import BadCursor
from service.store.ledger.writing import Writer
from service.store.sql.database import Database
from tests.store.decided import NOW, body, keyed, later, made, reply

WON = Outcome("c-1", "won", NOW)


@pytest.fixture
def writer(database: Database) -> Writer:
    """One for both doors."""
    return Writer(database)


@pytest.fixture
def outcomes(database: Database, writer: Writer) -> Outcomes:
    """All outcomes."""
    return Outcomes(database, writer, keyed)


@pytest.fixture
def ledger(database: Database, writer: Writer) -> Ledger:
    """All decisions."""
    return Ledger(database, writer, keyed)


def test_each_word_is_kept(outcomes: Outcomes) -> None:
    """With all that was told."""
    told = [Outcome("c-1", word, NOW, "d-1", "a-1") for word in OUTCOMES]

    assert outcomes.record(told, later(1)) == (True,) * len(told)

    found = outcomes.page(WantedOutcomes()).items
    assert {(o.outcome, o.prospect_id, o.account_id, o.decision_id) for o in found} == {
        (word, "c-1", "a-1", "d-1") for word in OUTCOMES
    }
    assert {(o.at, o.recorded_at, o.source) for o in found} == {(NOW, later(1), "caller")}


def test_told_again_it_is_the_same(outcomes: Outcomes) -> None:
    """In one batch and in another; another moment or word or prospect is another outcome."""
    assert outcomes.record([WON, WON], NOW) == (True, False)
    others = [
        replace(WON, at=later(1)),
        replace(WON, outcome="lost"),
        replace(WON, prospect_id="c-2"),
    ]
    assert outcomes.record([WON, *others], NOW) == (False, True, True, True)
    assert outcomes.record([replace(WON, decision_id="d-9")], NOW) == (False,)
    assert len(outcomes.page(WantedOutcomes()).items) == 4


def test_a_batch_has_an_end(outcomes: Outcomes) -> None:
    """Five hundred go in at once, one more does not; nor does nothing hurt."""
    told = [replace(WON, prospect_id=f"c-{n}") for n in range(MOST_AT_ONCE + 1)]

    with pytest.raises(ValueError, match="at most 500"):
        outcomes.record(told, NOW)
    assert sum(outcomes.record(told[1:], NOW)) == MOST_AT_ONCE
    assert outcomes.record([], NOW) == ()


def test_many_tell_the_same_at_once(outcomes: Outcomes) -> None:
    """Of twelve who tell the same in turned orders each outcome is new to one."""
    told = [replace(WON, prospect_id=f"c-{n}") for n in range(40)]
    batches = [told, told[::-1]] * 6

    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(lambda batch: sum(outcomes.record(batch, NOW)), batches))

    assert sum(found) == 40


def test_a_text_with_nul_is_refused(outcomes: Outcomes) -> None:
    """Nothing of its batch is kept."""
    with pytest.raises(UnfitText) as refused:
        outcomes.record([WON, replace(WON, decision_id="\0")], NOW)
    assert refused.value.field == "decision_id"
    assert outcomes.page(WantedOutcomes()).items == ()


def test_lists(outcomes: Outcomes) -> None:
    """By prospect, word and time of recording, a page at a time."""
    for n in range(5):
        outcomes.record([replace(WON, prospect_id=f"c-{n % 2}", at=later(n))], later(10 + n))

    def moments(cursor: str | None = None, size: int = 50, **wanted: object) -> list[datetime]:
        page = outcomes.page(WantedOutcomes(**wanted), cursor, size)  # type: ignore[arg-type]
        more = moments(page.next, size, **wanted) if page.next else []
        return [o.at for o in page.items] + more

    assert moments(size=2) == [later(n) for n in (4, 3, 2, 1, 0)]
    assert moments(prospect_id="c-1") == [later(3), later(1)]
    assert moments(outcome="lost") == []
    assert moments(since=later(11), until=later(13)) == [later(2), later(1)]
    with pytest.raises(BadCursor):
        outcomes.page(WantedOutcomes(), "nonsense")


# ---- of a history -------------------------------------------------------------------


def test_replies_in_a_history_are_outcomes_once(ledger: Ledger, outcomes: Outcomes) -> None:
    """However often the history comes, and whoever told of one before."""
    at = datetime.fromisoformat("2026-11-01T09:00:00+00:00")
    outcomes.record([Outcome("c-1", "replied", at)], NOW)
    history = [
        reply("2026-11-01T10:00:00+01:00"),
        reply("2026-11-02T09:00:00Z", "declined"),
        reply("2026-11-03T09:00:00Z", "meeting_booked"),
        reply("2026-11-04T09:00:00Z", "out_of_office"),
        reply("2026-11-05T09:00:00Z", "opted_out"),
        reply("2026-11-06T09:00:00Z", "complained"),
        reply("2026-12-24T09:00:00Z", "replied"),  # after the moment of the question
    ]

    for _ in range(3):
        ledger.record(made(body("c-1", *history, account_id="a-1")), NOW)

    found = outcomes.page(WantedOutcomes(prospect_id="c-1")).items
    assert sorted((o.at.day, o.outcome, o.source, o.account_id) for o in found) == [
        (1, "replied", "caller", None),
        (2, "replied", "history", "a-1"),
        (3, "meeting_booked", "history", "a-1"),
        (5, "opted_out", "history", "a-1"),
        (6, "complained", "history", "a-1"),
    ]
