"""Which arm each unit was given: one row a unit and experiment, written once, read ever after.

Units are kept by a keyed hash, so no row says who somebody is. A row never changes, so each
process remembers those that it has read; that a unit has none, it asks again every time.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import NamedTuple, cast

from sqlalchemy import Connection, select, tuple_

from service.experiment import Assignment, Standing, Unit
from service.experiment.experiment import UnitKind
from service.store.database import Database
from service.store.moments import stored
from service.store.outcome_rows import Keyed
from service.store.tables import assignments
from service.store.upserts import insert_into

#: So many rows are remembered: some 300 bytes each.
_MOST_KNOWN = 50_000


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
        self._known: OrderedDict[tuple[str, str], Standing] = OrderedDict()
        self._gate = Lock()

    def key(self, unit: Unit) -> str:
        """The keyed hash of a unit; that of an account is the one that decisions have of it."""
        of_domain = unit.type == "email_domain"  # which must not be taken for an id
        return self._keyed(f"domain:{unit.key}" if of_domain else unit.key)

    def standing(self, experiments: Sequence[str], units: Sequence[Unit]) -> Mapping[str, Enrolled]:
        """The rows that hold, by experiment: of several units that of the first that has one."""
        keys = {self.key(unit): unit for unit in units}
        wanted = [(name, key) for name in experiments for key in keys]
        known = self._remembered(wanted)
        if len(known) < len(experiments):
            known = {**self._read(wanted, keys), **known}
        found: dict[str, Enrolled] = {}
        for pair in wanted:
            if pair in known:
                found.setdefault(pair[0], Enrolled(pair[1], known[pair]))
        return found

    def enrol(self, assignment: Assignment, now: datetime) -> Enrolled:
        """Write the row of a unit that is `assigned`; gives the one that stands in the end.

        Of many at once, in whatever processes, all are given the same.

        Raises:
            ValueError: the assignment is of another kind.
        """
        if assignment.arm is None or assignment.bucket is None or assignment.propensity is None:
            raise ValueError(f"a unit that is {assignment.reason} gets no row")
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
            new = insert_into(connection.dialect.name, assignments).on_conflict_do_nothing()
            connection.execute(new, row)
            wanted = [(assignment.experiment, unit_key)]
            rows = _rows(connection, wanted, {unit_key: assignment.unit})
        self._remember(rows)
        return Enrolled(unit_key, rows[assignment.experiment, unit_key])

    def forget(self, prospect_id: str) -> None:
        """Forget a person who has been erased, as far as this process goes."""
        key = self._keyed(prospect_id)
        with self._gate:
            for pair in [pair for pair in self._known if pair[1] == key]:
                del self._known[pair]

    def _remembered(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Standing]:
        known = self._known
        return {pair: known[pair] for pair in wanted if pair in known}

    def _read(
        self, wanted: Sequence[tuple[str, str]], units: Mapping[str, Unit]
    ) -> Mapping[tuple[str, str], Standing]:
        with self._database.reading() as connection:
            rows = _rows(connection, wanted, units)
        self._remember(rows)
        return rows

    def _remember(self, rows: Mapping[tuple[str, str], Standing]) -> None:
        with self._gate:
            self._known.update(rows)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)


def _rows(
    connection: Connection, wanted: Sequence[tuple[str, str]], units: Mapping[str, Unit]
) -> dict[tuple[str, str], Standing]:
    pair = tuple_(assignments.c.experiment, assignments.c.unit_key)
    found = connection.execute(select(assignments).where(pair.in_(wanted)))
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
