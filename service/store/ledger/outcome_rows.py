"""Outcomes as rows: told by a caller, or seen in a request's history; each kept once."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.sql.dml import ReturningInsert

from service.decision import Request
from service.playbook.vocabulary import HUMAN_INBOUND, OutcomeWord
from service.store.ledger.ids import new_id
from service.store.sql.moments import stored
from service.store.sql.tables import outcomes
from service.store.sql.upserts import insert_into

#: What a touch of theirs in the history counts as: whatever a person writes is a reply.
_IN_HISTORY: Mapping[str, str] = {
    **dict.fromkeys(HUMAN_INBOUND, "replied"),
    "meeting_booked": "meeting_booked",
    "opted_out": "opted_out",
    "complained": "complained",
}
#: What such an outcome has in common with the decision whose request tells of it.
_AS_THE_DECISION = ("prospect_key", "prospect_id", "account_id", "account_key", "recorded_at")
#: As the drivers take it: SQLAlchemy takes longer over a statement of its own than the database.
_KNOWN = "SELECT prospect_key, outcome, at FROM outcomes WHERE prospect_key {}"
_KNOWN_SQLITE = _KNOWN.format("IN (SELECT value FROM json_each(?))")
_KNOWN_POSTGRESQL = _KNOWN.format("= ANY(%s)")

#: A keyed hash of an id: the same for the same id, and no way back.
Keyed = Callable[[str], str]
#: What makes an outcome the same one, however often and by whomever it is told.
_Key = tuple[str, str, int]
_KEY = itemgetter("prospect_key", "outcome", "at")
OutcomeRow = Mapping[str, Any]


class UnfitText(ValueError):  # noqa: N818 - it says what was sent
    """A text that not every database can keep; `field` says which."""

    def __init__(self, field: str) -> None:
        super().__init__("holds the character U+0000, which cannot be kept")
        self.field = field


@dataclass(frozen=True)
class Outcome:
    """What became of a prospect, and when. `decision_id`: of what, where the caller knows."""

    prospect_id: str
    outcome: OutcomeWord
    at: datetime
    decision_id: str | None = None
    account_id: str | None = None


def told(outcome: Outcome, keyed: Keyed, now: datetime) -> OutcomeRow:
    """The row of an outcome that a caller tells of.

    Raises:
        UnfitText: a text of it cannot be kept.
    """
    for name in ("prospect_id", "decision_id", "account_id"):
        check_text(name, getattr(outcome, name))
    return {
        "id": new_id(),
        "prospect_key": keyed(outcome.prospect_id),
        "prospect_id": outcome.prospect_id,
        "account_id": outcome.account_id,
        "account_key": keyed(outcome.account_id) if outcome.account_id else None,
        "outcome": outcome.outcome,
        "at": stored(outcome.at),
        "decision_id": outcome.decision_id,
        "source": "caller",
        "recorded_at": stored(now),
    }


def seen(request: Request, decision: Mapping[str, Any]) -> Iterator[OutcomeRow]:
    """What a request's history says that the prospect did, up to its moment.

    Nearly all of it is known, so the rows have no id yet: `insert_new` gives it to new ones.

    Args:
        request: the request.
        decision: the row of `decisions` that answers it.
    """
    same = {name: decision[name] for name in _AS_THE_DECISION}
    same |= {"decision_id": None, "source": "history"}
    for touch in request.history.inbound:
        if word := _IN_HISTORY.get(touch.outcome):
            yield {**same, "outcome": word, "at": stored(touch.at)}


def check_text(name: str, value: str | None) -> None:
    """Raise UnfitText for a text with NUL, which PostgreSQL keeps nowhere."""
    if value is not None and "\0" in value:
        raise UnfitText(name)


def insert_new(connection: Connection, rows: Sequence[OutcomeRow]) -> set[str]:
    """Put in those that are not there yet; gives their ids.

    A history comes again with every request, so nearly all are known: asking first is quicker
    than trying. They go in in one order everywhere, so that no two writers wait for each other.
    """
    wanted: dict[_Key, OutcomeRow] = {_KEY(row): row for row in reversed(rows)}  # the first stays
    if not wanted:
        return set()
    new = wanted.keys() - _known(connection, {key[0] for key in wanted})
    if not new:
        return set()
    ordered = [{"id": new_id(), **wanted[key]} for key in sorted(new)]
    return set(connection.execute(_insert(connection.dialect.name), ordered).scalars())


@cache
def _insert(dialect: str) -> ReturningInsert[str]:
    new = insert_into(dialect, outcomes).on_conflict_do_nothing()
    return new.returning(outcomes.c.id)


def _known(connection: Connection, prospects: Iterable[str]) -> set[_Key]:
    names = [*prospects]
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(_KNOWN_SQLITE, (json.dumps(names),))
    else:
        found = connection.exec_driver_sql(_KNOWN_POSTGRESQL, (names,))
    return {(prospect, outcome, at) for prospect, outcome, at in found.all()}
