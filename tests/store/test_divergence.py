"""Whether another arm would have answered differently, found out beside the requests."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import update

from service.decision.engine import EngineFault
from service.experiment import Unit
from service.store.experiments import divergence
from service.store.experiments.divergence import compare_again, compare_some
from service.store.in_force.snapshot import NOTHING
from service.store.privacy.retention import erase, remove_old
from service.store.sql.database import Database
from service.store.sql.tables import decisions
from tests.store.decided import keyed
from tests.store.library_texts import NOW, experiment, playbook
from tests.store.trials import TRIAL, Trial, after


@pytest.fixture(autouse=True)
def _at_leisure(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, all is compared in one turn."""
    monkeypatch.setattr(divergence, "_TAKES", 60.0)


ACCOUNT = Unit("account", "a-1")


def compared(trial: Trial) -> bool | None:
    """Whether a decision in the control turns out to differ from the other arm."""
    made = trial.decides("c-1", ACCOUNT, "control")
    compare_some(trial.database, trial.in_force)
    return trial.found()[made]


def other(was: str, becomes: str) -> str:
    """The other playbook, which differs from the control's in a few words."""
    text = playbook(name="other")
    assert was in text
    return text.replace(was, becomes)


def test_arms_that_are_alike_answer_alike(database: Database) -> None:
    """The words of the reasons are not what a prospect meets."""
    trial = Trial(database, other=other("They may have missed it.", "Try once more."))

    assert compared(trial) is False


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("do: {action: follow_up", "do: {action: check_in"),
        ("channel: email", "channel: social"),
        ("hello", "hallo"),
        ("wait: 5 days", "wait: 6 days"),
        ("at_least: 1", "at_least: 9"),
    ],
    ids=["action", "channel", "template", "due", "play"],
)
def test_arms_differ(was: str, becomes: str, database: Database) -> None:
    """In one thing, and in nothing else; or in the play that fires."""
    text = other(was, becomes)
    if "follow_up" in was or "9" in becomes:
        text = text.partition("examples:")[0]
    trial = Trial(database, other=text)

    assert compared(trial) is True


def test_a_request_that_another_arm_cannot_answer(database: Database) -> None:
    """Nobody would have been answered there, whom this arm has answered."""
    facts = "facts:\n  budget: {type: number, title: What they can spend}\nplays:"
    text = other("plays:", facts).replace("at_least: 1}", "at_least: 1}, budget: {at_least: 0}")
    trial = Trial(database, other=text.partition("examples:")[0])

    made = trial.decides("c-1", ACCOUNT, "control", budget="a lot")
    compare_some(database, trial.in_force)

    assert trial.found()[made] is True


def test_a_fault_of_the_engine_is_no_answer_either(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the decisions after it are compared all the same."""
    trial = Trial(database)
    first, second = (trial.decides(f"c-{n}", ACCOUNT, "control") for n in (1, 2))
    faults, decide = [EngineFault("of ours")], divergence.decide

    def faulty(*given: object) -> object:
        if faults:
            raise faults.pop()
        return decide(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(divergence, "decide", faulty)
    compare_some(database, trial.in_force)

    assert sorted([trial.found()[first], trial.found()[second]], key=bool) == [False, True]


def test_arms_of_one_version_each(database: Database) -> None:
    """An arm that names a version is compared by that one, whatever is active."""
    trial = Trial(database, experiment(other="short", version=1))
    trial.publish("playbook", "short", playbook(9))

    assert compared(trial) is True


def test_each_is_looked_at_once(database: Database) -> None:
    """The oldest first; and when nothing is left, the next time is later."""
    trial = Trial(database)
    for number in range(3):
        trial.decides(f"c-{number}", ACCOUNT, at=after(seconds=number))
    trial.decides("c-9", ACCOUNT, forced=True)

    soon = compare_again(database, trial.in_force)
    later = compare_again(database, trial.in_force)

    assert list(trial.found().values()).count(False) == 3
    assert 0 < soon < later


def test_a_time_is_over_after_a_while(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others need the core: where one takes all of it, the rest is for the next times."""
    trial = Trial(database)
    ids = [trial.decides(f"c-{number}", ACCOUNT, at=after(seconds=number)) for number in range(3)]
    monkeypatch.setattr(divergence, "_TAKES", 0.0)

    assert compare_some(database, trial.in_force) == 1
    assert [trial.found()[each] for each in ids] == [False, None, None]


def test_where_no_experiment_was_started_nothing_is_asked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the database."""
    trial = Trial(database)
    monkeypatch.setattr(trial.in_force, "now", lambda: NOTHING)
    monkeypatch.setattr(database, "reading", None)
    monkeypatch.setattr(database, "writing", None)

    assert compare_some(database, trial.in_force) == 0


def test_what_was_removed_stays_unknown(database: Database) -> None:
    """By an erasure, or with age."""
    trial = Trial(database)
    old = trial.decides("c-1", ACCOUNT)
    erased = trial.decides("c-2", ACCOUNT, at=after(days=1))
    remove_old(database, after(hours=1))
    erase(database, "c-2", keyed, lambda *_: 0)

    assert compare_some(database, trial.in_force) == 0
    assert trial.found() == {old: None, erased: None}


def test_what_is_removed_meanwhile_stays_unknown(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite nothing is held while arms are compared; PostgreSQL has the erasure wait."""
    trial = Trial(database)
    made = trial.decides("c-1", ACCOUNT)
    decide, erasing = divergence.decide, []

    def meanwhile(*given: object) -> object:
        thread = Thread(target=lambda: erase(database, "c-1", keyed, lambda *_: 0))
        thread.start()
        erasing.append(thread)
        if database.is_sqlite:
            thread.join()
        return decide(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(divergence, "decide", meanwhile)
    compare_some(database, trial.in_force)
    erasing[0].join()

    assert trial.found()[made] is (None if database.is_sqlite else False)
    kept = trial.ledger.get(made)
    assert kept
    assert kept.is_removed


# ---- what cannot be compared --------------------------------------------------------


def rewritten(trial: Trial, number: int, **columns: object) -> None:
    """Change the rows of the first so many seconds, as if another release had written them."""
    first = decisions.c.recorded_at < (number * 1_000_000 + int(NOW.timestamp()) * 1_000_000)
    with trial.database.writing() as connection:
        connection.execute(update(decisions).where(first).values(**columns))


@pytest.mark.parametrize(
    "columns", [{"experiment": "gone"}, {"phase": 7}, {"policy": "gone"}, {"policy_version": 9}]
)
def test_what_cannot_be_loaded_is_passed_over(
    columns: dict[str, object], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays unknown, and keeps nobody from comparing what comes after it."""
    trial = Trial(database)
    monkeypatch.setattr(divergence, "_AT_ONCE", 2)
    lost = [trial.decides(f"c-{n}", ACCOUNT, at=after(seconds=n)) for n in range(5)]
    rewritten(trial, 5, **columns)
    last = trial.decides("c-9", ACCOUNT, at=after(seconds=9))

    assert compare_some(database, trial.in_force) == 1
    assert compare_some(database, trial.in_force) == 0
    assert trial.found() == {**dict.fromkeys(lost), last: False}


def test_an_arm_that_is_out_of_force_is_passed_over(database: Database) -> None:
    """Until it is back."""
    trial = Trial(database)
    made = trial.decides("c-1", ACCOUNT, "control")
    with database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE documents SET archived_at = 1 WHERE kind = 'playbook' AND name = 'other'"
        )
        connection.exec_driver_sql("UPDATE generation SET number = number + 1")

    assert compare_some(database, trial.in_force) == 0
    trial.documents.unarchive("playbook", "other", "ann", NOW)
    assert compare_some(database, trial.in_force) == 1
    assert trial.found()[made] is False


# ---- several at once ----------------------------------------------------------------


def test_two_processes_share_the_work(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL what one holds the other leaves alone; on SQLite both come to the same."""
    trial = Trial(database)
    monkeypatch.setattr(divergence, "_AT_ONCE", 2)
    for number in range(4):
        trial.decides(f"c-{number}", ACCOUNT, at=after(seconds=number))
    decide, is_in, may_go = divergence.decide, Event(), Event()

    def slowly(*given: object) -> object:
        is_in.set()
        assert may_go.wait(20)
        return decide(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(divergence, "decide", slowly)
    counts: list[int] = []
    first = Thread(target=lambda: counts.append(compare_some(database, trial.in_force)))
    first.start()
    assert is_in.wait(20)
    monkeypatch.setattr(divergence, "decide", decide)
    counts.append(compare_some(database, trial.in_force))
    may_go.set()
    first.join()

    assert counts == [2, 2]
    expected = {False, None} if database.is_sqlite else {False}
    assert set(trial.found().values()) == expected


def test_a_new_phase_is_compared_by_its_own_arms(database: Database) -> None:
    """And whoever is in an earlier one by those that were there then."""
    trial = Trial(database)
    text = experiment(other="short", version=1)
    trial.publish("experiment", TRIAL, text)
    trial.experiments.start(TRIAL, "ann", "", NOW + timedelta(days=1))
    trial.publish("playbook", "short", playbook(9))
    before = trial.decides("c-1", ACCOUNT, phase=1)
    now = trial.decides("c-2", Unit("account", "a-2"), phase=2)

    compare_some(database, trial.in_force)

    assert trial.found() == {before: True, now: True}
