"""The ledger: every decision, durable before it is answered, with all that a replay needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Row, select

from service.decision import Decision, Request
from service.store.ledger.minimised import minimised
from service.store.ledger.outcome_rows import Keyed, check_text, seen
from service.store.ledger.pages import USUAL, Page, read_page
from service.store.ledger.repeats import Asked, Standing
from service.store.ledger.writing import Writer, Writing
from service.store.sql.database import Database
from service.store.sql.moments import moment_of, stored
from service.store.sql.personal import without_removed
from service.store.sql.tables import decisions

_LARGEST = 2**31 - 1
_WHOLE = [column for column in decisions.c if column.name != "unit_key"]
_SUMMARY = [column for column in _WHOLE if column.name not in ("request", "answer")]


class Drawn(NamedTuple):
    """How an experiment chose the playbook.

    `unit` is the kind of it and `unit_key` its keyed hash; `propensity` the chance that it had
    of this arm, None where chance did not decide, and then the decision counts for nothing.
    """

    experiment: str
    phase: int
    arm: str
    unit: str
    unit_key: str
    reason: str
    propensity: float | None

    def to_json(self) -> dict[str, object]:
        """The form in an answer, where people are not known by our keys."""
        return {
            "name": self.experiment,
            "phase": self.phase,
            "arm": self.arm,
            "unit": self.unit,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Used:
    """What a decision was made with, besides the playbook's name and digest."""

    version: int
    policy: str
    policy_version: int
    policy_digest: str
    drawn: Drawn | None = None


@dataclass(frozen=True)
class Made:
    """A decision, and all that is kept of it.

    Attributes:
        id: the `decision_id`.
        body: the request as it was read from JSON.
        readable: the facts whose values are kept; see `minimised.readable`.
        request: the same request, read.
        decision: what was decided.
        answer: the very bytes of the answer.
        used: versions, and the arm of an experiment.
        microseconds: how long it took, from the request's arrival to the answer's bytes.
    """

    id: str
    body: Mapping[str, Any]
    readable: frozenset[str]
    request: Request
    decision: Decision
    answer: bytes
    used: Used
    microseconds: int


@dataclass(frozen=True)
class Entry:
    """One decision in a list. What is None was not there, or has been removed: `is_removed`."""

    id: str
    recorded_at: datetime
    as_of: datetime
    prospect_id: str | None
    account_id: str | None
    playbook: str
    version: int
    digest: str
    policy: str
    policy_version: int
    policy_digest: str
    experiment: str | None
    phase: int | None
    arm: str | None
    arm_reason: str | None
    propensity: float | None
    diverged: bool | None
    action: str
    channel: str | None
    reason: str
    rule: str
    microseconds: int

    @property
    def is_removed(self) -> bool:
        """Whether what is personal has been removed."""
        return self.prospect_id is None


@dataclass(frozen=True)
class Kept(Entry):
    """One decision, whole; `request` (see `minimised`) and `answer` are JSON, None if removed."""

    request: bytes | None
    answer: bytes | None


@dataclass(frozen=True)
class Wanted:
    """Which decisions to list; None: any. `since` ≤ the time of recording < `until`."""

    prospect_id: str | None = None
    account_id: str | None = None
    playbook: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Ledger:
    """All decisions. Everything here raises DatabaseAway.

    Args:
        database: where they are kept.
        writer: the writer of this process.
        keyed: the keyed hash of an id.
    """

    def __init__(self, database: Database, writer: Writer, keyed: Keyed) -> None:
        self._database = database
        self._writer = writer
        self._keyed = keyed

    def record(self, made: Made, now: datetime, asked: Asked | None = None) -> Standing:
        """Keep a decision, with what its history tells of; it is durable when this returns.

        With `asked` the answer is that of this key from now on. Where the key is taken
        meanwhile nothing is kept, and what stands in its place is given.

        Raises:
            UnfitText: an id holds a character that cannot be kept.
        """
        row = decision_row(made, self._keyed, now)
        writing = Writing(row, tuple(seen(made.request, row)), asked)
        self._writer.write(writing)
        return writing.standing

    def get(self, decision_id: str) -> Kept | None:
        """The decision with this id."""
        query = select(*_WHOLE).where(decisions.c.id == decision_id)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else Kept(**_values(row))

    def page(self, wanted: Wanted, cursor: str | None = None, size: int = USUAL) -> Page[Entry]:
        """Decisions, the newest first; those of a prospect also after their data was removed.

        Raises:
            BadCursor: the cursor is not one of this list.
        """
        columns, query = decisions.c, select(*_SUMMARY)
        if wanted.prospect_id is not None:
            query = query.where(columns.prospect_key == self._keyed(wanted.prospect_id))
        if wanted.account_id is not None:
            query = query.where(columns.account_key == self._keyed(wanted.account_id))
        if wanted.playbook is not None:
            query = query.where(columns.playbook == wanted.playbook)
        recorded = wanted.since, wanted.until
        found = read_page(self._database, query, decisions, recorded, cursor, size)
        return Page(tuple(Entry(**_values(row)) for row in found.items), found.next)


def decision_row(made: Made, keyed: Keyed, now: datetime) -> dict[str, Any]:
    """What is kept of a decision, as a row of `decisions`.

    Raises:
        UnfitText: an id holds a character that cannot be kept.
    """
    decision, request, used = made.decision, made.request, made.used
    account_id = cast("str | None", request.given.get("account_id"))
    check_text("prospect_id", request.prospect_id)
    check_text("account_id", account_id)
    return {
        "id": made.id,
        "recorded_at": stored(now),
        "as_of": stored(request.as_of),
        "prospect_key": keyed(request.prospect_id),
        "account_key": keyed(account_id) if account_id else None,
        "prospect_id": request.prospect_id,
        "account_id": account_id,
        "playbook": decision.playbook,
        "version": used.version,
        "digest": decision.digest,
        "policy": used.policy,
        "policy_version": used.policy_version,
        "policy_digest": used.policy_digest,
        **_arm(used.drawn),
        "diverged": None,
        "action": decision.action,
        "channel": decision.channel,
        "reason": decision.reason,
        "rule": decision.rule,
        "request": minimised(made.body, made.readable, decision.as_of),
        "answer": made.answer,
        "microseconds": min(made.microseconds, _LARGEST),
    }


def _arm(drawn: Drawn | None) -> dict[str, Any]:
    """The columns of `decisions` that tell of an experiment."""
    return {
        "experiment": drawn and drawn.experiment,
        "phase": drawn and drawn.phase,
        "arm": drawn and drawn.arm,
        "unit_key": drawn and drawn.unit_key,
        "arm_reason": drawn and drawn.reason,
        "propensity": drawn and drawn.propensity,
    }


def _values(row: Row[Any]) -> dict[str, Any]:
    values = without_removed(row)
    del values["prospect_key"], values["account_key"]
    return {
        **values,
        "recorded_at": moment_of(values["recorded_at"]),
        "as_of": moment_of(values["as_of"]),
    }
