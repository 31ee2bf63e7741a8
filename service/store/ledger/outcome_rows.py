"""Outcomes as rows: told by a caller, or seen in a request's history; each kept once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, bindparam, select
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
_AT_ONCE = 500
#: Made once: making it anew takes SQLAlchemy longer than the database takes to answer.
_OF_PROSPECTS = select(outcomes.c.prospect_key, outcomes.c.outcome, outcomes.c.at).where(
    outcomes.c.prospect_key.in_(bindparam("prospects", expanding=True))
)

#: A keyed hash of an id: the same for the same id, and no way back.
Keyed = Callable[[str], str]
#: What makes an outcome the same one, however often and by whomever it is told.
_Key = tuple[str, str, int]
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


def seen(request: Request, keyed: Keyed, now: datetime) -> Iterator[OutcomeRow]:
    """The rows of what a request's history says that the prospect did, up to its moment."""
    account_id = cast("str | None", request.given.get("account_id"))
    account_key = keyed(account_id) if account_id else None
    prospect_key = keyed(request.prospect_id)
    for touch in request.history.inbound:
        if word := _IN_HISTORY.get(touch.outcome):
            yield {
                "id": new_id(),
                "prospect_key": prospect_key,
                "prospect_id": request.prospect_id,
                "account_id": account_id,
                "account_key": account_key,
                "outcome": word,
                "at": stored(touch.at),
                "decision_id": None,
                "source": "history",
                "recorded_at": stored(now),
            }


def check_text(name: str, value: str | None) -> None:
    """Raise UnfitText for a text with NUL, which PostgreSQL keeps nowhere."""
    if value is not None and "\0" in value:
        raise UnfitText(name)


def _key(row: OutcomeRow) -> _Key:
    return row["prospect_key"], row["outcome"], row["at"]


def insert_new(connection: Connection, rows: Iterable[OutcomeRow]) -> set[str]:
    """Put in those that are not there yet; gives their ids.

    A history comes again with every request, so nearly all are known: asking first is quicker
    than trying. They go in in one order everywhere, so that no two writers wait for each other.
    """
    wanted: dict[_Key, OutcomeRow] = {}
    for row in rows:
        wanted.setdefault(_key(row), row)
    prospects = sorted({key[0] for key in wanted})
    for start in range(0, len(prospects), _AT_ONCE):
        for known in _known(connection, prospects[start : start + _AT_ONCE]):
            wanted.pop(known, None)
    if not wanted:
        return set()
    ordered = [dict(wanted[key]) for key in sorted(wanted)]
    return set(connection.execute(_insert(connection.dialect.name), ordered).scalars())


@cache
def _insert(dialect: str) -> ReturningInsert[str]:
    new = insert_into(dialect, outcomes).on_conflict_do_nothing()
    return new.returning(outcomes.c.id)


def _known(connection: Connection, prospects: Sequence[str]) -> Iterator[_Key]:
    for row in connection.execute(_OF_PROSPECTS, {"prospects": prospects}):
        yield row.prospect_key, row.outcome, row.at
