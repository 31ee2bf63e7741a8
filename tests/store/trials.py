"""An experiment that runs in a database, and what becomes of units in it, without the web.

It compares the playbooks `short` and `other`; each of its parts writes as the service does.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import insert, select

from service.decision import decide, read_request
from service.experiment import Arm, Assignment, Unit
from service.experiment.counting import PhaseStory, UnitStory
from service.store.documents.document_rows import Kind
from service.store.experiments.assignments import Assignments
from service.store.experiments.experiments import Experiments
from service.store.experiments.unit_stories import read_story
from service.store.in_force.in_force import InForce
from service.store.in_force.snapshot import Snapshot
from service.store.ledger.ledger import Drawn, Ledger, Made, Used
from service.store.ledger.outcome_rows import Outcome
from service.store.ledger.outcomes import Outcomes
from service.store.ledger.writing import Writer
from service.store.sql.database import Database
from service.store.sql.tables import decisions, documents, generation, versions
from tests.store.decided import keyed
from tests.store.library_texts import NOW, PACKS, POLICY, experiment, library, playbook

TRIAL = "two-ways"
_LIBRARY = (documents, versions, generation)
#: By the texts of an experiment and of `other`, the rows of each table of the library.
_PUBLISHED: dict[tuple[str, str], list[list[dict[str, Any]]]] = {}


def after(**since: float) -> datetime:
    """So long after the start."""
    return NOW + timedelta(**since)


class Looking(InForce):
    """What is in force, looked at whenever somebody asks, and by no thread."""

    def now(self) -> Snapshot:
        """As it is in the database."""
        return self.refresh()


class Trial:
    """A database with a library and an experiment that has just started.

    Args:
        database: one without a library.
        text: the experiment.
        other: the playbook `other`.
    """

    def __init__(
        self, database: Database, text: str = experiment(), other: str = playbook(name="other")
    ) -> None:
        self.database = database
        self.documents = library(database)
        self.experiments = Experiments(database)
        self.in_force = Looking(database, PACKS)
        self.assignments = Assignments(database, keyed)
        writer = Writer(database)
        self.ledger = Ledger(database, writer, keyed)
        self.outcomes = Outcomes(database, writer, keyed)
        self._fill(text, other)
        self.experiments.start(TRIAL, "ann", "", NOW)

    def _fill(self, text: str, other: str) -> None:
        """Publish the four documents; what was published once is put in as rows."""
        if (text, other) in _PUBLISHED:
            with self.database.writing() as connection:
                for table, rows in zip(_LIBRARY, _PUBLISHED[text, other], strict=True):
                    connection.execute(table.delete())
                    connection.execute(insert(table), rows)
            return
        self.publish("policy", "default", POLICY)
        self.publish("playbook", "short", playbook())
        self.publish("playbook", "other", other)
        self.publish("experiment", TRIAL, text)
        with self.database.reading() as connection:
            found = (connection.execute(select(table)).mappings().all() for table in _LIBRARY)
            _PUBLISHED[text, other] = [[dict(row) for row in rows] for rows in found]

    def publish(self, kind: Kind, name: str, text: str, now: datetime = NOW) -> int:
        """The number of the version."""
        drafts = self.documents.drafts
        known = (kind, name) in {(each.kind, each.name) for each in self.documents.all()}
        read_at = drafts.read(kind, name).digest if known else None
        draft = drafts.save(kind, name, text, read_at, "ann", now)
        return self.documents.publish(kind, name, draft.digest, "ann", "", now).number

    def joins(
        self, key: str, arm: str = "other", at: datetime = NOW, kind: Any = "account"
    ) -> Unit:
        """A unit gets its row, in the present phase."""
        life, unit = self.experiments.get(TRIAL), Unit(kind, key)
        assert life is not None
        drawn = Assignment(
            TRIAL, life.phases[-1].number, Arm(arm, "any"), unit, "assigned", 0.25, 0.5
        )
        self.assignments.enrol(drawn, at)
        return unit

    def decides(
        self,
        prospect_id: str,
        unit: Unit,
        arm: str = "other",
        at: datetime = NOW,
        *,
        account_id: str | None = None,
        forced: bool = False,
        phase: int = 1,
        **facts: object,
    ) -> str:
        """A decision for a prospect who was written to once, three days before; gives its id."""
        snapshot = self.in_force.now()
        [running] = snapshot.experiments
        found = running.phases[phase - 1].arm(arm)
        published = snapshot.playbook_of(found) if found else None
        assert published is not None
        assert snapshot.policy is not None
        sent = {"direction": "outbound", "channel": "email", "outcome": "sent"}
        body: dict[str, Any] = {
            "prospect": {"id": prospect_id, "account_id": account_id, "time_zone": "UTC", **facts},
            "history": [{"at": (at - timedelta(days=3)).isoformat(), **sent}],
        }
        request = read_request(body, published.ready, at)
        decision = decide(published.ready, snapshot.policy.guards, request)
        reason, chance = ("forced", None) if forced else ("assigned", 0.5)
        drawn = Drawn(TRIAL, phase, arm, unit.type, self.assignments.key(unit), reason, chance)
        policy = snapshot.policy
        used = Used(published.version, policy.name, policy.version, policy.digest, drawn)
        answer = orjson.dumps(decision.to_json(published.version))
        readable = snapshot.readable_in(running)
        made = Made(str(uuid4()), body, readable, request, decision, answer, used, 1)
        self.ledger.record(made, at)
        return made.id

    def told(
        self,
        prospect_id: str,
        outcome: Any,
        at: datetime,
        told_at: datetime | None = None,
        account_id: str | None = None,
    ) -> None:
        """An outcome, told as it happens unless said otherwise."""
        said = Outcome(prospect_id, outcome, at, None, account_id)
        self.outcomes.record([said], told_at or at)

    def found(self) -> Mapping[str, bool | None]:
        """By the ids of decisions, whether they diverge."""
        query = select(decisions.c.id, decisions.c.diverged)
        with self.database.reading() as connection:
            return {row.id: row.diverged for row in connection.execute(query)}

    def story(self, phase: int = -1) -> PhaseStory:
        """What became of the units of a phase."""
        life = self.experiments.get(TRIAL)
        assert life is not None
        row = life.phases[phase]
        return read_story(self.database, life, row, self.in_force.experiment(TRIAL, row.version))

    def units(self, phase: int = -1) -> tuple[UnitStory, ...]:
        """Those of a phase, the first assigned first."""
        return self.story(phase).units
