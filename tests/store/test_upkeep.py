"""Now and then what is old goes, by itself."""

import logging
from datetime import timedelta

import pytest

from service.store.ledger.ledger import Ledger
from service.store.ledger.outcome_rows import Outcome
from service.store.ledger.outcomes import Outcomes, WantedOutcomes
from service.store.ledger.repeats import LIFE, Answer, Repeats, asked
from service.store.ledger.writing import Writer
from service.store.privacy.retention import USUAL_DAYS
from service.store.privacy.upkeep import Upkeep, read_days
from service.store.sql.database import Database
from tests.store.decided import NOW, body, keyed, made

ASKED = asked("key-1", "k-1", "POST", "/v1/outcomes", b"{}")


def test_what_is_older_than_the_days_loses_what_is_personal(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """And kept answers over their time go; the log has numbers, once there are any."""
    caplog.set_level(logging.INFO)
    writer = Writer(database)
    ledger, outcomes = Ledger(database, writer, keyed), Outcomes(database, writer, keyed)
    old, new = made(body("c-1")), made(body("c-2"))
    ledger.record(old, NOW - timedelta(seconds=1))
    ledger.record(new, NOW)
    outcomes.record([Outcome("c-1", "won", NOW)], NOW - timedelta(seconds=1))
    repeats = Repeats(database)
    token = repeats.begin(ASKED, NOW).token
    repeats.finish(ASKED, token, Answer(200, "application/json", b"{}"))

    upkeep = Upkeep(database, 10, lambda: NOW + timedelta(days=10))
    pauses = {upkeep.run(), upkeep.run()}

    assert pauses == {3600}
    removed = {one.id: (kept := ledger.get(one.id)) and kept.is_removed for one in (old, new)}
    assert removed == {old.id: True, new.id: False}
    assert outcomes.page(WantedOutcomes()).items[0].prospect_id is None
    assert repeats.prune(NOW + LIFE + timedelta(hours=2)) == 0
    [line] = [record.getMessage() for record in caplog.records if "removed" in record.message]
    assert line == (
        "after 10 days: removed what is personal from 1 decisions and 1 outcomes; "
        "after a day: removed 1 answers"
    )


def test_the_days_are_read() -> None:
    """As an operator writes them."""
    assert [read_days(text) for text in ("1", "90", "99999")] == [1, USUAL_DAYS, 99999]


@pytest.mark.parametrize("text", ["0", "-1", "off", "", "1.5", "90 days", "٩", "100000", "090"])
def test_other_days_are_refused_in_words(text: str) -> None:
    """Nothing is kept for ever because of a slip."""
    with pytest.raises(ValueError, match=r"UNGHOST_KEEP_DAYS .* whole days from 1 to 99999"):
        read_days(text)
