"""An arm that does harm takes nobody in any more, and nobody had to look."""

import logging
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from service.experiment import Identity, resolve
from service.experiment.reading import Look
from service.experiment.reading.anytime import log_excess_e
from service.experiment.reading.harm import CONCENTRATION, PAUSES_AT
from service.store.access.audit import entries
from service.store.experiments import harm_watch
from service.store.experiments.harm_watch import HarmWatch
from service.store.experiments.reports import report_on
from service.store.sql.database import Database
from service.store.sql.migrations import migrate
from service.store.sql.moments import stored
from tests.store.library_texts import NOW, experiment
from tests.store.trials import TRIAL, Trial, after

ROOT = Path(__file__).parents[2]
MARGIN = "guardrails: [{outcome: opted_out, margin: 1 %}]\n"
LIMIT = "guardrails: [{outcome: complained, limit: 10 %}]\n"

#: So many opt-outs in one arm of two, and none in the control, are too many.
TOO_MANY = next(
    n for n in count(1) if log_excess_e(n, 0, 0.5, CONCENTRATION) >= math.log(PAUSES_AT)
)


def watch(trial: Trial, **since: float) -> HarmWatch:
    """The watch, so long after the start."""
    return HarmWatch(trial.database, trial.in_force, trial.experiments, lambda: after(**since))


def stopped(trial: Trial) -> dict[str, tuple[str, str | None]]:
    """Of each arm that is stopped, why, and for which guardrail."""
    life = trial.experiments.get(TRIAL)
    assert life is not None
    return {arm: (each.why, each.guardrail) for arm, each in life.phases[-1].stopped.items()}


def harmed(trial: Trial, arm: str, units: int, of: int, outcome: str = "opted_out") -> None:
    """In an arm with so many units it happened to the first few, an hour after they joined."""
    for number in range(of):
        trial.joins(f"{arm}-{number}", arm)
        if number < units:
            trial.told(f"{arm}-p{number}", outcome, after(hours=1), account_id=f"{arm}-{number}")


@pytest.mark.parametrize("units", [TOO_MANY - 1, TOO_MANY])
def test_an_arm_is_stopped_at_the_number_that_the_reading_says(
    units: int, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """And not one before; it is told in the log and in the audit trail, with the counts."""
    trial = Trial(database, experiment() + MARGIN)
    harmed(trial, "control", 0, of=3)
    harmed(trial, "other", units, of=20)

    watch(trial, hours=2).run()

    if units < TOO_MANY:
        assert (stopped(trial), caplog.messages) == ({}, [])
        return
    why = (
        f"other is paused for new accounts: {units} opt-outs among 20 accounts, "
        "against 0 among 3 in control."
    )
    assert stopped(trial) == {"other": (why, "opted_out")}
    assert caplog.messages == [f"the experiment `{TRIAL}`: {why}"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    entry = entries(database).entries[0]
    assert (entry.actor, entry.event) == ("unghost", "experiment.arm-stopped")
    assert entry.detail == {"arm": "other", "phase": 1, "note": why}


def test_a_limit_holds_for_itself(database: Database) -> None:
    """Whatever happens in the control; but the control is never stopped."""
    trial = Trial(database, experiment() + LIMIT)
    harmed(trial, "control", 8, of=10, outcome="complained")
    harmed(trial, "other", 8, of=10, outcome="complained")

    watch(trial, hours=2).run()

    assert {arm: guardrail for arm, (_, guardrail) in stopped(trial).items()} == {
        "other": "complained"
    }


def test_new_units_of_a_stopped_arm_get_the_usual_playbook(database: Database) -> None:
    """Everybody else stays where they would be, and the report says what happened."""
    trial = Trial(database, experiment() + MARGIN)
    harmed(trial, "other", TOO_MANY, of=20)

    def arms() -> dict[str, str | None]:
        running = trial.in_force.now().experiments
        found = {}
        for name in (f"n-{number}" for number in range(60)):
            [said] = resolve(running, {"id": name}, Identity(name, name), {}, {})
            found[name] = said.arm.name if said.arm else said.reason
        return found

    before = arms()
    watch(trial, hours=2).run()
    expected = {name: "stopped_arm" if arm == "other" else arm for name, arm in before.items()}

    assert set(before.values()) == {"control", "other"}
    assert arms() == expected
    life = trial.experiments.get(TRIAL)
    assert life is not None
    report = report_on(database, trial.in_force, life, None, after(hours=3)).to_json()
    assert report["verdict"]["code"] == "stopped_for_harm"


def test_two_processes_stop_it_once(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """They see the same at the same moment, and one of them tells."""
    trial = Trial(database, experiment() + MARGIN)
    harmed(trial, "other", TOO_MANY, of=20)
    watches = [watch(trial, hours=2, seconds=second) for second in range(4)]

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(HarmWatch.run, watches))

    events = [entry.event for entry in entries(database).entries]
    assert events.count("experiment.arm-stopped") == 1
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("change", ["stop", "no guardrail"])
def test_what_takes_nobody_in_is_not_watched(change: str, database: Database) -> None:
    """A stopped experiment; and one without guardrails has nothing to watch."""
    trial = Trial(database, experiment() + (MARGIN if change == "stop" else ""))
    harmed(trial, "other", TOO_MANY, of=20)
    if change == "stop":
        trial.experiments.stop(TRIAL, "ann", "", NOW)

    watch(trial, hours=2).run()

    assert stopped(trial) == {}


def test_an_experiment_that_ends_meanwhile_is_left_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody was quicker."""
    trial = Trial(database, experiment() + MARGIN)
    harmed(trial, "other", TOO_MANY, of=20)
    look_at = harm_watch.look_at

    def meanwhile(*given: Any) -> Look:
        trial.experiments.stop(TRIAL, "ann", "", NOW)
        return look_at(*given)

    monkeypatch.setattr(harm_watch, "look_at", meanwhile)
    watch(trial, hours=2).run()

    assert stopped(trial) == {}


def test_units_are_counted_only_where_something_was_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or an hour has passed: counting takes long where there are many."""
    trial = Trial(database, experiment() + MARGIN)
    looks, look_at = [], harm_watch.look_at

    def counted(*given: Any) -> Look:
        looks.append(given[-1])
        return look_at(*given)

    monkeypatch.setattr(harm_watch, "look_at", counted)
    now = NOW
    found = HarmWatch(database, trial.in_force, trial.experiments, lambda: now)
    for minute in range(0, 120, 10):
        now = after(minutes=minute)
        if minute in (20, 30):
            trial.told("c-1", "won" if minute == 20 else "opted_out", now)
        found.run()

    # Once more at 40: what is told about the time of a look may have come too late for it.
    assert looks == [after(minutes=minute) for minute in (0, 30, 40, 100)]


_ALONE = """
import sys
from service.store.sql.database import Database
from service.store.experiments.experiments import Experiments
from service.store.experiments.harm_watch import HarmWatch
from service.store.in_force.in_force import InForce
from service.store.sql.moments import moment_of

database = Database(sys.argv[1])
in_force = InForce(database, {})
in_force.refresh()
HarmWatch(database, in_force, Experiments(database), lambda: moment_of(int(sys.argv[2]))).run()
print(*{"scipy", "statsmodels", "numpy", "pandas"} & set(sys.modules))
"""


def test_no_statistics_are_loaded(tmp_path: Path) -> None:
    """Nobody has asked for a report: the watch does without scipy, which is large."""
    database = Database(f"sqlite:///{tmp_path / 'unghost.db'}")
    migrate(database)
    trial = Trial(database, experiment() + MARGIN)
    harmed(trial, "other", TOO_MANY, of=20)

    asked = [sys.executable, "-c", _ALONE, database.url, str(stored(after(hours=2)))]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
    assert set(stopped(trial)) == {"other"}
    database.close()
