"""What came of an experiment: its life, its units and the verdict, put together."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from service.experiment import Experiment
from service.experiment.counting import looks
from service.experiment.reading import Report, read
from service.store.documents.document_rows import Missing
from service.store.documents.lives import Life, PhaseRow
from service.store.experiments.unit_stories import read_story
from service.store.in_force.in_force import InForce
from service.store.sql.database import Database
from service.store.sql.moments import stored
from service.store.sql.personal import is_personal
from service.store.sql.tables import audit, decisions, versions


@dataclass(frozen=True)
class PhaseReport:
    """The reading of one phase.

    Attributes:
        life: how far the experiment has come.
        phase: the number of the phase.
        experiment: what the phase goes by.
        report: the reading.
        uncompared: decisions of which nobody knows yet whether other arms would differ.
        changed: playbooks of arms that were published anew, or rolled back, while the phase ran.
    """

    life: Life
    phase: int
    experiment: Experiment
    report: Report
    uncompared: int
    changed: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The form in an answer."""
        return {
            "experiment": self.life.name,
            "title": self.experiment.title,
            "hypothesis": self.experiment.hypothesis,
            "state": self.life.state,
            "decided": self.life.decided(),
            "phase": self.phase,
            "phases": len(self.life.phases),
            **self.report.to_json(),
            "uncompared": self.uncompared,
            "changed_playbooks": list(self.changed),
        }


def report_on(
    database: Database, in_force: InForce, life: Life, phase: int | None, as_of: datetime
) -> PhaseReport:
    """Read a phase; None: the last.

    Raises:
        Missing: there is no such phase, or this release cannot load what it goes by.
        DatabaseAway: nothing could be read.
    """
    row = life.phases[-1] if phase is None else _phase(life, phase)
    experiment = in_force.experiment(life.name, row.version)
    story = read_story(database, life, row, experiment)
    *_, last = looks(experiment, story, max(as_of, row.started_at))
    return PhaseReport(
        life,
        row.number,
        experiment,
        _reading(read(experiment, last), life),
        _uncompared(database, life.name, row.number),
        _changed(database, life, row, experiment),
    )


def _reading(report: Report, life: Life) -> Report:
    """Once somebody decided, a verdict has nothing left to advise."""
    if life.decided_at is None:
        return report
    what = f"{life.shipped} is shipped" if life.shipped else "no arm is shipped"
    todo = f"Nothing more: it was decided that {what}."
    return replace(
        report,
        verdict=replace(report.verdict, todo=todo),
        comparisons=tuple(
            replace(each, verdict=replace(each.verdict, todo=todo)) for each in report.comparisons
        ),
    )


def _phase(life: Life, number: int) -> PhaseRow:
    found = next((each for each in life.phases if each.number == number), None)
    if found is None:
        raise Missing(f"`{life.name}` has no phase {number}; it has {len(life.phases)}")
    return found


def _uncompared(database: Database, name: str, phase: int) -> int:
    columns = decisions.c
    query = (
        select(func.count())
        .where(columns.experiment == name, columns.phase == phase)
        .where(columns.propensity.is_not(None), columns.diverged.is_(None))
        .where(is_personal(decisions, is_sqlite=database.is_sqlite))
    )
    with database.reading() as connection:
        return connection.execute(query).scalar_one()


def _changed(
    database: Database, life: Life, row: PhaseRow, experiment: Experiment
) -> tuple[str, ...]:
    """Of the arms that follow whichever version is active, the playbooks that changed meanwhile.

    A version is published, or an earlier one is activated: that stands in the audit trail alone.
    """
    names = [arm.playbook for arm in experiment.arms if arm.version is None]
    later = [each.started_at for each in life.phases if each.number == row.number + 1]
    until = min([*later, *([life.stopped_at] if life.stopped_at else [])], default=None)
    query = select(versions.c.name).where(
        versions.c.kind == "playbook",
        versions.c.name.in_(names),
        versions.c.published_at > stored(row.started_at),
    )
    back = select(audit.c.subject).where(
        audit.c.event == "document.activated",
        audit.c.subject.in_([f"playbook:{name}" for name in names]),
        audit.c.at > stored(row.started_at),
    )
    if until is not None:
        query = query.where(versions.c.published_at <= stored(until))
        back = back.where(audit.c.at <= stored(until))
    with database.reading() as connection:
        published = set(connection.execute(query).scalars())
        activated = connection.execute(back).scalars()
        return tuple(sorted(published | {each.removeprefix("playbook:") for each in activated}))
