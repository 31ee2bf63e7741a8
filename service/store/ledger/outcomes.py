"""Outcomes: what became of a prospect, told once or many times, in any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from service.playbook.vocabulary import OutcomeWord
from service.store.ledger.outcome_rows import Keyed, Outcome, told
from service.store.ledger.pages import USUAL, Page, read_page
from service.store.ledger.writing import Writer, Writing
from service.store.sql.database import Database
from service.store.sql.moments import moment_of
from service.store.sql.personal import without_removed
from service.store.sql.tables import outcomes

_KEYS = ("prospect_key", "account_key")
#: A batch has no more.
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class KeptOutcome:
    """One outcome in a list; the ids are None where they have been removed.

    `source`: `caller`, or `history` where a later request's history told of it.
    """

    id: str
    prospect_id: str | None
    account_id: str | None
    outcome: OutcomeWord
    at: datetime
    decision_id: str | None
    source: Literal["caller", "history"]
    recorded_at: datetime


@dataclass(frozen=True)
class WantedOutcomes:
    """Which outcomes to list; None: any. `since` ≤ the time of recording < `until`."""

    prospect_id: str | None = None
    outcome: OutcomeWord | None = None
    since: datetime | None = None
    until: datetime | None = None


class Outcomes:
    """All outcomes. Everything here raises DatabaseAway.

    Args:
        database: where they are kept.
        writer: the writer of this process.
        keyed: the keyed hash of an id.
    """

    def __init__(self, database: Database, writer: Writer, keyed: Keyed) -> None:
        self._database = database
        self._writer = writer
        self._keyed = keyed

    def record(self, batch: Sequence[Outcome], now: datetime) -> tuple[bool, ...]:
        """Keep all of them or none; they are durable when this returns.

        Gives for each whether it is new. One outcome is new once: a prospect, a word and a
        moment that are there already are the same one, also if its ids have been removed.

        Raises:
            ValueError: there are more than `MOST_AT_ONCE`.
            UnfitText: a text cannot be kept.
        """
        if len(batch) > MOST_AT_ONCE:
            message = f"a batch has at most {MOST_AT_ONCE} outcomes"
            raise ValueError(message)
        rows = [told(outcome, self._keyed, now) for outcome in batch]
        writing = Writing(outcomes=rows)
        self._writer.write(writing)
        return tuple(row["id"] in writing.new for row in rows)

    def page(
        self, wanted: WantedOutcomes, cursor: str | None = None, size: int = USUAL
    ) -> Page[KeptOutcome]:
        """Outcomes, those recorded last first.

        Raises:
            BadCursor: the cursor is not one of this list.
        """
        columns = outcomes.c
        query = select(*(column for column in columns if column.name not in _KEYS))
        if wanted.prospect_id is not None:
            query = query.where(columns.prospect_key == self._keyed(wanted.prospect_id))
        if wanted.outcome is not None:
            query = query.where(columns.outcome == wanted.outcome)
        recorded = wanted.since, wanted.until
        found = read_page(self._database, query, outcomes, recorded, cursor, size)
        shown = tuple(
            KeptOutcome(
                **{
                    **without_removed(row),
                    "at": moment_of(row.at),
                    "recorded_at": moment_of(row.recorded_at),
                }
            )
            for row in found.items
        )
        return Page(shown, found.next)
