"""The life of experiments: draft → running → stopped → decided.

What an experiment says is a document, with drafts and versions as playbooks have them.
Publishing one changes nothing for anybody: `start` puts the published version into effect.
While it runs, everything that a result hangs on is frozen. Other arms or weights are a new
phase with a new seed; units of earlier phases keep their arms. A new coverage moves nobody.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import Connection, insert, update

from service.experiment import Experiment, unknown_playbooks
from service.experiment.buckets import HASH_VERSION
from service.store.access.audit import append
from service.store.documents.document_rows import (
    Act,
    CannotKeep,
    Missing,
    NoteInAudit,
    bump,
    changing,
    check_words,
    demand,
    newest_playbooks,
    tell,
)
from service.store.documents.frozen import demand_same
from service.store.documents.lives import ArmStopped, Life, lives, said
from service.store.sql.database import Database
from service.store.sql.moments import stored
from service.store.sql.tables import experiments, phases

#: 64 bits, as GrowthBook's seeds; no secret, but nobody could have chosen arms by it.
_SEED_BYTES = 8


class NotNow(Exception):  # noqa: N818 - a state, not a mistake
    """What was asked for does not fit the state that the experiment is in; says why."""


class _Found(NamedTuple):
    life: Life | None
    active: int


class Experiments:
    """The experiments of a database. Any thread of any process may use them.

    All methods raise DatabaseAway, and then nothing was written; those that change something
    raise Missing where there is no such experiment, and CannotKeep for words too long to keep.

    Args:
        database: where they are kept.
        note: what writes the audit trail.
    """

    def __init__(self, database: Database, note: NoteInAudit = append) -> None:
        self._database = database
        self._note = note

    def get(self, name: str) -> Life | None:
        """How far an experiment has come; None: it was never started."""
        return next(iter(self.all(name)), None)

    def all(self, name: str | None = None) -> tuple[Life, ...]:
        """Every experiment that was ever started, the first to start first."""
        with self._database.reading() as connection:
            return tuple(lives(connection, name))

    def start(self, name: str, author: str, note: str, now: datetime) -> Life:
        """Put the published version into effect: the first time, or while it runs.

        Raises:
            NotNow: it is over, no version was published, or a playbook of it is not in force.
            Frozen: the version changes what cannot change.
        """
        act = Act(author, now, "experiment.started", note)
        with self._changing(name, act) as (connection, found):
            life = found.life
            if life is None or (life.state == "running" and life.version != found.active):
                _demand_playbooks(connection, _experiment(connection, name, found.active))
            if life is None:
                values = {"name": name, "state": "running", "version": found.active}
                connection.execute(insert(experiments).values(**values, started_at=stored(now)))
                self._begin_phase(connection, name, 1, found.active, act)
            elif life.state != "running":
                raise NotNow(f"`{name}` is {life.state}: begin another experiment")
            elif life.version != found.active:
                self._go_on(connection, life, found, act)
        return self._demand(name)

    def stop(self, name: str, author: str, note: str, now: datetime) -> Life:
        """Take nobody in any more; whoever is in keeps their arm. Again, it does nothing.

        Raises:
            NotNow: it was never started.
        """
        act = Act(author, now, "experiment.stopped", note)
        with self._changing(name, act) as (connection, found):
            life = _started(name, found.life)
            if life.state == "running":
                self._change(connection, act, name, {"state": "stopped", "stopped_at": stored(now)})
        return self._demand(name)

    def stop_arm(
        self,
        name: str,
        arm: str,
        author: str,
        why: str,
        now: datetime,
        guardrail: str | None = None,
    ) -> Life:
        """Give an arm to nobody new: its place stays empty, so that nobody else moves.

        `guardrail` is the outcome that was the reason, where one was. Again, it does nothing.

        Raises:
            Missing: the present phase has no such arm.
            NotNow: it is not running.
            CannotKeep: no reason is given.
        """
        _demand_words(why)
        act = Act(author, now, "experiment.arm-stopped", why)
        with self._changing(name, act) as (connection, found):
            life = _started(name, found.life)
            if life.state != "running":
                raise NotNow(f"`{name}` is {life.state}: none of its arms takes anybody in")
            phase = life.phases[-1]
            _demand_arm(connection, name, phase.version, arm)
            if arm not in phase.stopped:
                stopped = {**phase.stopped, arm: ArmStopped(now, why, guardrail)}
                as_json = {
                    arm: {**each._asdict(), "at": stored(each.at)} for arm, each in stopped.items()
                }
                ours = (phases.c.experiment == name) & (phases.c.number == phase.number)
                connection.execute(update(phases).where(ours).values(stopped=json.dumps(as_json)))
                self._change(connection, act, name, {}, {"arm": arm, "phase": phase.number})
        return self._demand(name)

    def decide(self, name: str, shipped: str | None, author: str, why: str, now: datetime) -> Life:
        """End it: an arm is shipped to new units, or none is. Only a person can say why.

        Raises:
            NotNow: it still takes units in, or was decided already.
            Missing: its last phase has no such arm.
            CannotKeep: no reason is given.
        """
        _demand_words(why)
        act = Act(author, now, "experiment.decided", why)
        with self._changing(name, act) as (connection, found):
            life = _started(name, found.life)
            if life.state != "stopped":
                hint = "stop it first" if life.state == "running" else "that stands"
                raise NotNow(f"`{name}` is {life.state}: {hint}")
            if shipped is not None:
                _demand_arm(connection, name, life.phases[-1].version, shipped)
            values = {"state": "decided", "decided_at": stored(now), "decided_by": author}
            values |= {"shipped": shipped, "why": why}
            self._change(connection, act, name, values, {"shipped": shipped})
        return self._demand(name)

    # ---- inside ---------------------------------------------------------------------

    @contextmanager
    def _changing(self, name: str, act: Act) -> Iterator[tuple[Connection, _Found]]:
        check_words(act.author, act.note)
        with changing(self._database, act.author) as connection:
            yield connection, _find(connection, name)

    def _go_on(self, connection: Connection, life: Life, found: _Found, act: Act) -> None:
        """Take up a newer version: the same phase goes on, or another begins."""
        before = _experiment(connection, life.name, life.version)
        after = _experiment(connection, life.name, found.active)
        demand_same(before, after)  # an earlier release may have published it all the same
        if before.arms != after.arms:
            self._begin_phase(connection, life.name, len(life.phases) + 1, found.active, act)
        else:
            act = act._replace(event="experiment.changed")
        change = {"before": life.version, "version": found.active, "coverage": after.coverage}
        self._change(connection, act, life.name, {"version": found.active}, change)

    def _begin_phase(
        self, connection: Connection, name: str, number: int, version: int, act: Act
    ) -> None:
        row = {
            "experiment": name,
            "number": number,
            "version": version,
            "seed": token_hex(_SEED_BYTES),
            "hash_version": HASH_VERSION,
            "started_at": stored(act.now),
            "stopped": "{}",
        }
        connection.execute(insert(phases).values(**row))
        if number == 1:
            self._change(connection, act, name, {}, {"version": version})

    def _change(
        self,
        connection: Connection,
        act: Act,
        name: str,
        values: Mapping[str, object],
        detail: Mapping[str, object] | None = None,
    ) -> None:
        if values:
            connection.execute(update(experiments).where(experiments.c.name == name).values(values))
        bump(connection)
        tell(self._note, connection, act, "experiment", name, detail or {})

    def _demand(self, name: str) -> Life:
        return _started(name, self.get(name))


def _find(connection: Connection, name: str) -> _Found:
    document = demand(connection, "experiment", name)
    if document.active is None:
        raise NotNow(f"no version of `{name}` was published yet")
    if document.archived_at is not None:
        raise NotNow(f"`{name}` is archived; bring it back first")
    return _Found(next(lives(connection, name), None), document.active)


def _experiment(connection: Connection, name: str, version: int) -> Experiment:
    experiment = said(connection, name, version)
    if experiment is None:  # published by an earlier product, which took it
        raise NotNow(f"version {version} of `{name}` can no longer be loaded")
    return experiment


def _demand_arm(connection: Connection, name: str, version: int, arm: str) -> None:
    arms = [each.name for each in _experiment(connection, name, version).arms]
    if arm not in arms:
        has = ", ".join(f"`{each}`" for each in arms)
        raise Missing(f"`{name}` has no arm `{arm}`; it has {has}")


def _demand_playbooks(connection: Connection, experiment: Experiment) -> None:
    """Raises NotNow where an arm goes by what is not in force."""
    for missing in unknown_playbooks(experiment, newest_playbooks(connection)):
        raise NotNow(f"`{experiment.name}` cannot start: {missing.message}; {missing.hint}")


def _demand_words(why: str) -> None:
    if not why.strip():
        raise CannotKeep("say why: it is kept for those who read the result")


def _started(name: str, life: Life | None) -> Life:
    if life is None:
        raise NotNow(f"`{name}` was never started")
    return life
