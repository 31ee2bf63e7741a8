"""Harm does not wait for somebody to read a report: an arm that does it is stopped by itself.

Only an arm that is tried out is stopped, never the control: that is what everybody else gets.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from service.experiment import Experiment, Guardrail, Running
from service.experiment.counting import look_at
from service.experiment.reading import ArmCounts, Look
from service.experiment.reading.harm import listen
from service.experiment.reading.sentences import harmed
from service.store.experiments.experiments import Experiments, NotNow
from service.store.experiments.unit_stories import read_story
from service.store.in_force.in_force import InForce
from service.store.sql.database import Database
from service.store.sql.moments import stored
from service.store.sql.tables import outcomes

_LOG = logging.getLogger(__name__)
#: Who has stopped an arm, in the audit trail.
WATCH = "unghost"
#: Seconds from one time to the next.
_EVERY = 60.0
#: What is told is seen by others so much later at most: clocks differ, and writers wait.
_LATE = timedelta(minutes=5)
#: Even where nothing was told, so often somebody looks: an outcome can be told before its time,
#: or of somebody who belongs to a unit only later.
_AT_LEAST = timedelta(hours=1)


class _Harm(NamedTuple):
    """An arm that is to be stopped, the guardrail's outcome, and the counts in words."""

    arm: str
    outcome: str
    why: str


class HarmWatch:
    """The watch of one process; several may see the same, and the arm is stopped once.

    Args:
        database: where everything is kept.
        in_force: what is in force in this process.
        experiments: those of the database.
        clock: gives the moment it is.
    """

    def __init__(
        self,
        database: Database,
        in_force: InForce,
        experiments: Experiments,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._in_force = in_force
        self._experiments = experiments
        self._clock = clock
        self._looked_at: dict[tuple[str, int], datetime] = {}

    def run(self) -> float:
        """Look once at all that runs; gives the seconds until the next time.

        Raises DatabaseAway.
        """
        now, has_stopped = self._clock(), False
        for running in self._in_force.now().experiments:
            is_watched = running.is_enrolling and running.experiment.guardrails
            if is_watched and self._may_have_changed(running, now):
                for harm in self._harms(running, now):
                    has_stopped = self._stop(running.name, harm, now) or has_stopped
                self._looked_at[running.name, running.phase.number] = now
        if has_stopped:
            self._in_force.refresh()
        return _EVERY

    def _may_have_changed(self, running: Running, now: datetime) -> bool:
        """Whether there can be harm that was not there when this process last looked."""
        before = self._looked_at.get((running.name, running.phase.number))
        if before is None or now - before >= _AT_LEAST:
            return True
        words = [guardrail.outcome for guardrail in running.experiment.guardrails]
        told = select(outcomes.c.id).where(outcomes.c.recorded_at >= stored(before - _LATE))
        with self._database.reading() as connection:
            found = connection.execute(told.where(outcomes.c.outcome.in_(words)).limit(1)).first()
        return found is not None

    def _harms(self, running: Running, now: datetime) -> Iterator[_Harm]:
        life, experiment = self._experiments.get(running.name), running.experiment
        if life is None or life.phases[-1].number != running.phase.number:
            return  # the next time it is in force here
        look = look_at(
            experiment, read_story(self._database, life, life.phases[-1], experiment), now
        )
        for arm in look.treatments:
            guardrail = _ringing(experiment, look, arm) if arm.takes_new else None
            if guardrail is not None:
                words = harmed(guardrail.outcome, experiment, look, arm)
                yield _Harm(arm.name, guardrail.outcome, words)

    def _stop(self, name: str, harm: _Harm, now: datetime) -> bool:
        """Whether it was this process that stopped the arm."""
        try:
            life = self._experiments.stop_arm(name, harm.arm, WATCH, harm.why, now, harm.outcome)
        except NotNow:  # somebody has stopped all of it meanwhile
            return False
        stopped = life.phases[-1].stopped.get(harm.arm)
        is_ours = stopped is not None and stopped.at == now
        if is_ours:
            _LOG.warning("the experiment `%s`: %s", name, harm.why)
        return is_ours


def _ringing(experiment: Experiment, look: Look, arm: ArmCounts) -> Guardrail | None:
    """The guardrail whose alarm rings, where one does."""
    return next((each for each in experiment.guardrails if listen(each, look, arm).rings), None)
