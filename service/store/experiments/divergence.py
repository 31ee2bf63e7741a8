"""Would another arm have answered differently? Found out later, beside the requests.

Where all arms answer alike nothing can come of the difference between them; a unit diverges with
the first decision that another arm would have answered otherwise: another action, channel or
message, or another time.

It stays unknown where nobody can tell: what is personal in the request has been removed, or the
experiment, the playbook of an arm or the policy cannot be loaded. Such decisions are passed over.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import thread_time
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, Select, bindparam, select, text, tuple_, update

from service.decision import InvalidRequest, decide, read_request
from service.decision.engine import EngineFault
from service.decision.guards import Guards
from service.store.documents.document_rows import Missing
from service.store.in_force.in_force import InForce
from service.store.in_force.playbooks import Published
from service.store.in_force.snapshot import Snapshot
from service.store.sql.database import Database
from service.store.sql.moments import moment_of
from service.store.sql.personal import is_personal
from service.store.sql.tables import decisions

#: Decisions of one time at most, and the seconds of a core that it takes; others need the core.
_AT_ONCE = 100
_TAKES = 0.05
#: Seconds to the next time: where something was found, and where nothing was.
_SOON, _LATER = 2.0, 10.0

#: What else writes decisions would wait for the rows that are held, and they for it.
_TO_WRITE = text("LOCK TABLE decisions IN ROW EXCLUSIVE MODE")
#: Whoever was quicker, or has removed the person meanwhile, is right.
_STILL_OPEN = decisions.c.diverged.is_(None)

#: The playbooks of all arms, by their names, of each experiment and phase where all can be loaded.
_Phases = Mapping[tuple[str, int], Mapping[str, Published]]


class _Answered(NamedTuple):
    """What makes two answers differ."""

    action: object
    channel: object
    template: object
    due: object


def compare_again(database: Database, in_force: InForce) -> float:
    """As `compare_some`, but gives the seconds until the next time."""
    return _SOON if compare_some(database, in_force) else _LATER


def compare_some(database: Database, in_force: InForce) -> int:
    """Look at some decisions that nobody has looked at, the oldest first; gives how many.

    Many processes may do it at once. Raises DatabaseAway.
    """
    phases = _phases(in_force.now())
    if not phases:
        return 0
    comparing = _Comparing(phases, in_force, is_sqlite=database.is_sqlite)
    if database.is_sqlite:  # has one writer at a time, and no reader may stay while arms answer

        def read(query: Select[Any]) -> Sequence[Row[Any]]:
            with database.reading() as connection:
                return connection.execute(query).all()

        if found := comparing.some(read):
            with database.writing() as connection:
                comparing.note(connection, found)
        return len(found)
    with database.writing() as connection:
        connection.execute(_TO_WRITE)
        if found := comparing.some(lambda query: connection.execute(query).all()):
            comparing.note(connection, found)
    return len(found)


def _phases(snapshot: Snapshot) -> _Phases:
    found: dict[tuple[str, int], Mapping[str, Published]] = {}
    for running in snapshot.experiments:
        for phase in running.phases:
            arms = {arm.name: snapshot.playbook_of(arm) for arm in phase.arms}
            whole = {name: each for name, each in arms.items() if each is not None}
            if len(whole) == len(arms):
                found[running.name, phase.number] = whole
    return found


class _Comparing:
    """One time's work."""

    def __init__(self, phases: _Phases, in_force: InForce, *, is_sqlite: bool) -> None:
        self._phases = phases
        self._in_force = in_force
        self._is_personal = is_personal(decisions, is_sqlite=is_sqlite)
        self._guards: dict[tuple[str, int], Guards | None] = {}

    def some(self, read: Callable[[Select[Any]], Sequence[Row[Any]]]) -> dict[str, bool]:
        """By id, whether a decision diverges; it has looked at all, or its time is over."""
        until = thread_time() + _TAKES
        while True:
            known = len(self._guards)
            rows = read(self._open())
            found = self._judged(rows, until)
            # What is to be passed over may have been in the way of the rest.
            if found or len(rows) < _AT_ONCE or len(self._guards) == known:
                return found

    def note(self, connection: Connection, found: Mapping[str, bool]) -> None:
        """Keep what was found."""
        ours = update(decisions).where(decisions.c.id == bindparam("of"))
        ours = ours.where(_STILL_OPEN, self._is_personal).values(diverged=bindparam("found"))
        connection.execute(ours, [{"of": of, "found": each} for of, each in found.items()])

    def _open(self) -> Select[Any]:
        columns = decisions.c
        lost = [key for key, guards in self._guards.items() if guards is None]
        return (
            select(decisions)
            .where(columns.propensity.is_not(None), _STILL_OPEN)
            .where(tuple_(columns.experiment, columns.phase).in_(list(self._phases)))
            .where(tuple_(columns.policy, columns.policy_version).not_in(lost))
            .where(self._is_personal)
            .order_by(columns.recorded_at)
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True)
        )

    def _judged(self, rows: Sequence[Row[Any]], until: float) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for row in rows:
            guards = self._guards_of(row.policy, row.policy_version)
            if guards is not None:
                arms = self._phases[row.experiment, row.phase]
                others = [each for name, each in arms.items() if name != row.arm]
                found[row.id] = _diverges(row, others, guards)
                if thread_time() > until:
                    break
        return found

    def _guards_of(self, name: str, version: int) -> Guards | None:
        """The policy that a decision was made under; None: this release cannot load it."""
        if (name, version) not in self._guards:
            try:
                self._guards[name, version] = self._in_force.policy(name, version).guards
            except Missing:
                self._guards[name, version] = None
        return self._guards[name, version]


def _diverges(row: Row[Any], others: Iterable[Published], guards: Guards) -> bool:
    body, given = orjson.loads(row.request), _answered(orjson.loads(row.answer))
    return any(_would_answer(each, guards, body, row.as_of) != given for each in others)


def _would_answer(
    published: Published, guards: Guards, body: Mapping[str, Any], as_of: int
) -> _Answered | None:
    """What a playbook would have answered; None: that it has no answer to the request."""
    try:
        request = read_request(body, published.ready, moment_of(as_of))
        decision = decide(published.ready, guards, request)
    except (InvalidRequest, EngineFault):
        return None
    return _answered(decision.to_json(published.version))


def _answered(answer: Mapping[str, Any]) -> _Answered:
    message, timing = answer["message"] or {}, answer["timing"] or {}
    return _Answered(
        answer["action"], answer["channel"], message.get("template"), timing.get("due")
    )
