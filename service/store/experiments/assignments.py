"""Which arm each unit was given: one row a unit and experiment, written once, read ever after.

Units are kept by a keyed hash, so no row says who somebody is. A row changes only where its
person is erased, so each process remembers those that it has read, and forgets all of them when
anybody is erased; that a unit has none, it asks again every time.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from threading import Lock
from typing import NamedTuple, cast

from sqlalchemy import Connection, Insert, bindparam, select, tuple_

from service.experiment import Assignment, Standing, Unit
from service.experiment.experiment import UnitKind
from service.store.ledger.outcome_rows import Keyed
from service.store.sql.database import Database
from service.store.sql.moments import stored
from service.store.sql.tables import assignments
from service.store.sql.upserts import insert_into

#: Rows that were read, by experiment and keyed hash.
_Known = OrderedDict[tuple[str, str], Standing]

#: So many rows are remembered: some 300 bytes each.
_MOST_KNOWN = 50_000

#: Made once: making it anew takes SQLAlchemy longer than the database takes to answer.
_OF_PAIRS = select(assignments).where(
    tuple_(assignments.c.experiment, assignments.c.unit_key).in_(bindparam("pairs", expanding=True))
)


class Enrolled(NamedTuple):
    """The row of a unit: by its keyed hash, and as assigning has it."""

    unit_key: str
    standing: Standing


class Assignments:
    """The rows, for one process; any thread may ask. Everything here raises DatabaseAway.

    Args:
        database: where they are kept.
        keyed: the keyed hash of an id.
    """

    def __init__(self, database: Database, keyed: Keyed) -> None:
        self._database = database
        self._keyed = keyed
        self._known: _Known = OrderedDict()
        self._gate = Lock()

    def key(self, unit: Unit) -> str:
        """The keyed hash of a unit; that of an account is the one that decisions have of it."""
        of_domain = unit.type == "email_domain"  # which must not be taken for an id
        return self._keyed(f"domain:{unit.key}" if of_domain else unit.key)

    def standing(self, experiments: Sequence[str], units: Iterable[Unit]) -> Mapping[str, Enrolled]:
        """The rows that hold, by experiment: of several units that of the first that has one."""
        known = self._known
        each = iter(units)
        widest = next(each)
        key = self.key(widest)
        found = {
            name: Enrolled(key, row) for name in experiments if (row := known.get((name, key)))
        }
        if len(found) == len(experiments):  # nothing that another process writes comes before it
            return found
        narrower = {self.key(unit): unit for unit in each}
        return self._read(known, experiments, {key: widest, **narrower})

    def enrol(self, assignment: Assignment, now: datetime) -> Enrolled:
        """Write the row of a unit that is `assigned`; gives the one that stands in the end.

        Of many at once, in whatever processes, all are given the same.

        Raises:
            ValueError: the assignment is of another kind.
        """
        if assignment.arm is None or assignment.bucket is None or assignment.propensity is None:
            raise ValueError(f"a unit that is {assignment.reason} gets no row")
        known = self._known
        unit_key = self.key(assignment.unit)
        row = {
            "experiment": assignment.experiment,
            "unit_key": unit_key,
            "unit_type": assignment.unit.type,
            "phase": assignment.phase,
            "arm": assignment.arm.name,
            "bucket": assignment.bucket,
            "propensity": assignment.propensity,
            "assigned_at": stored(now),
        }
        with self._database.writing() as connection:
            connection.execute(_keep_the_first(connection.dialect.name), row)
            wanted = [(assignment.experiment, unit_key)]
            rows = _rows(connection, wanted, {unit_key: assignment.unit})
        self._remember(known, rows)
        return Enrolled(unit_key, rows[assignment.experiment, unit_key])

    def forget(self) -> None:
        """Forget all rows, for somebody has been erased: whom, other processes are not told.

        What is being read at this moment is not remembered either.
        """
        self._known = OrderedDict()

    def _read(
        self, known: _Known, experiments: Sequence[str], units: Mapping[str, Unit]
    ) -> dict[str, Enrolled]:
        wanted = [(name, key) for name in experiments for key in units]
        with self._database.reading() as connection:
            rows = _rows(connection, wanted, units)
        self._remember(known, rows)
        found: dict[str, Enrolled] = {}
        for name, key in wanted:
            if (name, key) in rows:
                found.setdefault(name, Enrolled(key, rows[name, key]))
        return found

    def _remember(self, known: _Known, rows: Mapping[tuple[str, str], Standing]) -> None:
        """Remember rows in what was known when they were asked for: it may be forgotten by now."""
        with self._gate:
            known.update(rows)
            while len(known) > _MOST_KNOWN:
                known.popitem(last=False)


@cache
def _keep_the_first(dialect: str) -> Insert:
    return insert_into(dialect, assignments).on_conflict_do_nothing()


def _rows(
    connection: Connection, wanted: Sequence[tuple[str, str]], units: Mapping[str, Unit]
) -> dict[tuple[str, str], Standing]:
    found = connection.execute(_OF_PAIRS, {"pairs": wanted})
    return {
        (row.experiment, row.unit_key): Standing(
            Unit(cast("UnitKind", row.unit_type), units[row.unit_key].key),
            row.phase,
            row.arm,
            row.bucket,
            row.propensity,
        )
        for row in found
    }
