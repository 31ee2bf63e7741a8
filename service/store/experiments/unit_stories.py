"""What became of the units of a phase, read from assignments, decisions and outcomes.

Outcomes are told of prospects, and of accounts where whoever tells knows them. A prospect belongs
to the units under which decisions about them were made.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, Select, case, func, select

from service.experiment import Experiment
from service.experiment.counting import Happened, PhaseStory, Stopped, UnitStory
from service.store.documents.lives import Life, PhaseRow
from service.store.sql.database import Database
from service.store.sql.moments import moment_of
from service.store.sql.tables import assignments, decisions, outcomes


class _Met(NamedTuple):
    """One prospect of a unit: when there was a first decision, and one that diverged."""

    unit: str
    prospect: str
    arm: str
    exposed_at: int
    diverged_at: int | None


def read_story(
    database: Database, life: Life, phase: PhaseRow, experiment: Experiment
) -> PhaseStory:
    """What is known by now of a phase, which goes by `experiment`. Raises DatabaseAway."""
    wanted = {experiment.primary.outcome, *(each.outcome for each in experiment.guardrails)}
    with database.reading() as connection:
        met = _met(connection, life.name, phase.number)
        happened = _happened(connection, life.name, phase.number, wanted)
        rows = connection.execute(_of_phase(life.name, phase.number)).all()
        forced = _forced(connection, life.name, phase.number)
    by_unit: dict[str, list[_Met]] = defaultdict(list)
    arms_of: dict[str, set[str]] = defaultdict(set)
    for each in met:
        by_unit[each.unit].append(each)
        arms_of[each.prospect].add(each.arm)
    units = (
        _unit(row.unit_key, row.arm, row.assigned_at, by_unit[row.unit_key], happened, arms_of)
        for row in rows
    )
    stopped = {arm: Stopped(each.at, each.guardrail) for arm, each in phase.stopped.items()}
    is_now = life.state == "running" and phase == life.phases[-1]
    return PhaseStory(phase.started_at, tuple(units), is_now, stopped, forced)


def _unit(
    key: str,
    arm: str,
    assigned_at: int,
    met: Collection[_Met],
    happened: Mapping[str, list[Happened]],
    arms_of: Mapping[str, set[str]],
) -> UnitStory:
    exposed = [each.exposed_at for each in met]
    diverged = [each.diverged_at for each in met if each.diverged_at is not None]
    told = {each for name in (key, *(m.prospect for m in met)) for each in happened.get(name, ())}
    return UnitStory(
        arm,
        moment_of(assigned_at),
        moment_of(min(exposed)) if exposed else None,
        moment_of(min(diverged)) if diverged else None,
        tuple(sorted(told)),
        frozenset().union(*(arms_of[each.prospect] for each in met)),
    )


def _of_phase(name: str, phase: int) -> Select[tuple[str, str, int]]:
    columns = assignments.c
    query = select(columns.unit_key, columns.arm, columns.assigned_at)
    query = query.where(columns.experiment == name, columns.phase == phase)
    return query.order_by(columns.assigned_at, columns.unit_key)


def _met(connection: Connection, name: str, phase: int) -> list[_Met]:
    columns = decisions.c
    diverged_at = func.min(case((columns.diverged.is_(True), columns.recorded_at)))
    query = (
        select(
            columns.unit_key,
            columns.prospect_key,
            columns.arm,
            func.min(columns.recorded_at),
            diverged_at,
        )
        .where(columns.experiment == name, columns.phase == phase)
        .where(columns.propensity.is_not(None))
        .group_by(columns.unit_key, columns.prospect_key, columns.arm)
    )
    return [_Met(*row) for row in connection.execute(query)]


def _forced(connection: Connection, name: str, phase: int) -> Mapping[str, int]:
    columns = decisions.c
    query = (
        select(columns.arm, func.count(columns.unit_key.distinct()).label("units"))
        .where(columns.experiment == name, columns.phase == phase)
        .where(columns.arm_reason == "forced")
        .group_by(columns.arm)
    )
    return {row.arm: row.units for row in connection.execute(query)}


def _happened(
    connection: Connection, name: str, phase: int, wanted: Iterable[str]
) -> Mapping[str, list[Happened]]:
    """What was told of the prospects and accounts of a phase, by their keys."""
    columns = outcomes.c
    people = select(decisions.c.prospect_key).where(
        decisions.c.experiment == name, decisions.c.phase == phase
    )
    accounts = select(assignments.c.unit_key).where(
        assignments.c.experiment == name, assignments.c.phase == phase
    )
    found: dict[str, list[Happened]] = defaultdict(list)
    for key, keys in ((columns.prospect_key, people), (columns.account_key, accounts)):
        query = select(key, columns.outcome, columns.at, columns.recorded_at)
        query = query.where(columns.outcome.in_(sorted(wanted)), key.in_(keys))
        for of, outcome, at, recorded_at in connection.execute(query):
            found[of].append(Happened(outcome, moment_of(at), moment_of(recorded_at)))
    return found
