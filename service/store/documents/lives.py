"""How far experiments have come, as it stands in the database, and what they need meanwhile."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast

from sqlalchemy import Connection, Row, select

from service.experiment import Experiment, load_experiment
from service.store.documents.document_rows import Kind
from service.store.sql.moments import moment_if_any, moment_of
from service.store.sql.tables import documents, experiments, phases, versions

State = Literal["running", "stopped", "decided"]


class ArmStopped(NamedTuple):
    """Since when an arm takes nobody in, and why; `guardrail`: the outcome that stopped it."""

    at: datetime
    why: str
    guardrail: str | None


@dataclass(frozen=True)
class PhaseRow:
    """One phase; `stopped`: the arms that take nobody in any more."""

    number: int
    version: int
    seed: str
    hash_version: int
    started_at: datetime
    stopped: Mapping[str, ArmStopped]


@dataclass(frozen=True)
class Life:
    """How far an experiment has come.

    `version` is the one in effect; `decided_by` and `why` say who decided in the end and why,
    None before that; `shipped` is the arm that they chose, None also where they chose none.
    """

    name: str
    state: State
    version: int
    started_at: datetime
    stopped_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    shipped: str | None
    why: str | None
    phases: tuple[PhaseRow, ...]

    def decided(self) -> dict[str, object] | None:
        """What was decided, in the form that answers have; None while nobody has."""
        if self.decided_at is None:
            return None
        decided = {"at": self.decided_at, "by": self.decided_by}
        return {**decided, "shipped": self.shipped, "why": self.why}


def lives(connection: Connection, name: str | None = None) -> Iterator[Life]:
    """Every experiment that was ever started, or one; the first to start first."""
    in_order = select(experiments).order_by(experiments.c.started_at, experiments.c.name)
    if name is not None:
        in_order = in_order.where(experiments.c.name == name)
    of_each: dict[str, list[PhaseRow]] = {}
    for row in connection.execute(select(phases).order_by(phases.c.number)):
        of_each.setdefault(row.experiment, []).append(_phase(row))
    for row in connection.execute(in_order).all():
        yield _life(row, tuple(of_each[row.name]))


def lives_in_force(connection: Connection) -> tuple[Life, ...]:
    """Those that were ever started and are not archived, the first to start first."""
    is_archived = (documents.c.kind == "experiment") & documents.c.archived_at.is_not(None)
    archived = set(connection.execute(select(documents.c.name).where(is_archived)).scalars())
    return tuple(life for life in lives(connection) if life.name not in archived)


def said(connection: Connection, name: str, version: int) -> Experiment | None:
    """What a version says; None where today's product cannot load it. The version is there."""
    of_version = (versions.c.kind == "experiment") & (versions.c.name == name)
    query = select(versions.c.text).where(of_version & (versions.c.number == version))
    return load_experiment(connection.execute(query).scalar_one()).experiment


def why_needed(connection: Connection, kind: Kind, name: str) -> str:
    """Why a document cannot be archived, as far as experiments go; empty where it can."""
    for life in lives_in_force(connection):
        if kind == "experiment" and life.name == name and life.state == "running":
            return f"the experiment `{name}` is running: stop it first"
        if kind == "playbook" and name in _playbooks(connection, life):
            hint = "archive" if life.state == "decided" else "stop and decide"
            needs = f"the experiment `{life.name}` needs the playbook `{name}`"
            return f"{needs}: {hint} the experiment first"
    return ""


def _playbooks(connection: Connection, life: Life) -> set[str]:
    """The playbooks that units of an experiment get; of one that is decided, the shipped one."""
    number = {life.version} if life.state == "decided" else {p.version for p in life.phases}
    found = (said(connection, life.name, each) for each in number)
    arms = [arm for experiment in found if experiment for arm in experiment.arms]
    return {arm.playbook for arm in arms if life.state != "decided" or arm.name == life.shipped}


def _life(row: Row[Any], of_phases: tuple[PhaseRow, ...]) -> Life:
    return Life(
        row.name,
        cast("State", row.state),
        row.version,
        moment_of(row.started_at),
        moment_if_any(row.stopped_at),
        moment_if_any(row.decided_at),
        row.decided_by,
        row.shipped,
        row.why,
        of_phases,
    )


def _phase(row: Row[Any]) -> PhaseRow:
    return PhaseRow(
        row.number,
        row.version,
        row.seed,
        row.hash_version,
        moment_of(row.started_at),
        {
            arm: ArmStopped(moment_of(stopped["at"]), stopped["why"], stopped["guardrail"])
            for arm, stopped in json.loads(row.stopped).items()
        },
    )
