"""The arm of each unit, as it is kept: given once, the same for everybody."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, func, select

from service.experiment import Arm, Assignment, Unit
from service.store.experiments.assignments import Assignments
from service.store.in_force.in_force import InForce
from service.store.privacy.retention import erase
from service.store.sql.database import Database
from service.store.sql.tables import assignments
from tests.store.decided import keyed

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
ACCOUNT = Unit("account", "a-1")
ARMS = (Arm("control", "house"), Arm("other", "never-give-up"))


def drawn(unit: Unit = ACCOUNT, arm: Arm = ARMS[0], experiment: str = "trial") -> Assignment:
    """What assigning says of a unit that has no row yet."""
    return Assignment(experiment, 1, arm, unit, "assigned", 0.25, 0.5)


def count(database: Database) -> int:
    """How many rows there are."""
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(assignments)).scalar_one()


@pytest.fixture
def kept(database: Database) -> Assignments:
    """The assignments of a database."""
    return Assignments(database, keyed)


def test_an_arm_is_given_once(database: Database, kept: Assignments) -> None:
    """Whoever comes with another one later is given the first, in this process and in others."""
    first = kept.enrol(drawn(), NOW)
    second = kept.enrol(drawn(arm=ARMS[1]), NOW)
    elsewhere = Assignments(database, keyed).standing(["trial"], [ACCOUNT])

    assert first == second == elsewhere["trial"]
    assert first.standing == (ACCOUNT, 1, "control", 0.25, 0.5)
    assert count(database) == 1


def test_each_experiment_has_rows_of_its_own(kept: Assignments) -> None:
    """And those that have none of a unit are left out."""
    kept.enrol(drawn(), NOW)
    kept.enrol(drawn(arm=ARMS[1], experiment="second"), NOW)

    found = kept.standing(["trial", "second", "third"], [ACCOUNT])

    assert {name: each.standing.arm for name, each in found.items()} == {
        "trial": "control",
        "second": "other",
    }


def test_the_widest_unit_that_has_a_row_holds(kept: Assignments) -> None:
    """Also where the account became known only after the prospect was given an arm."""
    prospect = Unit("prospect", "c-1")
    kept.enrol(drawn(prospect), NOW)
    before = kept.standing(["trial"], [ACCOUNT, prospect])
    kept.enrol(drawn(ACCOUNT, ARMS[1]), NOW)

    assert before["trial"].standing.unit == prospect
    assert kept.standing(["trial"], [ACCOUNT, prospect])["trial"].standing.unit == ACCOUNT


def test_what_another_process_has_written_holds(database: Database, kept: Assignments) -> None:
    """Also where this one remembers a row of a narrower unit, or one of another experiment."""
    prospect, elsewhere = Unit("prospect", "c-1"), Assignments(database, keyed)
    kept.enrol(drawn(prospect), NOW)
    kept.enrol(drawn(ACCOUNT, experiment="second"), NOW)
    kept.enrol(drawn(prospect, experiment="second"), NOW)
    elsewhere.enrol(drawn(ACCOUNT, ARMS[1]), NOW)

    found = kept.standing(["trial", "second"], [ACCOUNT, prospect])

    assert {name: (each.standing.unit, each.standing.arm) for name, each in found.items()} == {
        "trial": (ACCOUNT, "other"),
        "second": (ACCOUNT, "control"),
    }


def test_a_domain_is_nobodys_id(kept: Assignments) -> None:
    """A domain and an account of the same name are two units."""
    kept.enrol(drawn(Unit("email_domain", "example.com")), NOW)

    assert kept.standing(["trial"], [Unit("account", "example.com")]) == {}


@pytest.mark.parametrize("reason", ["sticky", "holdout", "not_in_coverage"])
def test_only_who_is_assigned_gets_a_row(reason: str, kept: Assignments) -> None:
    """Whoever is left to the usual playbook may be taken in later."""
    said = drawn()._replace(reason=reason, bucket=None)  # type: ignore[arg-type]

    with pytest.raises(ValueError, match=reason):
        kept.enrol(said, NOW)


def test_a_hundred_first_requests_of_an_account_are_one(database: Database) -> None:
    """From ten processes' worth of memory, all at once: one arm, one row."""
    several = [Assignments(database, keyed) for _ in range(10)]

    def first(number: int) -> str:
        return several[number % 10].enrol(drawn(arm=ARMS[number % 2]), NOW).standing.arm

    with ThreadPoolExecutor(20) as threads:
        arms = set(threads.map(first, range(100)))

    assert len(arms) == 1
    assert count(database) == 1


def arm_in_another_process(url: str, arm: int) -> str:
    """The arm that stands, for a process that would give one."""
    database = Database(url)
    standing = Assignments(database, keyed).enrol(drawn(arm=ARMS[arm]), NOW).standing
    database.close()
    return standing.arm


def test_processes_agree(database: Database) -> None:
    """Each with connections of its own."""
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        arms = pool.starmap(arm_in_another_process, [(database.url, n % 2) for n in range(8)])

    assert len(set(arms)) == 1
    assert count(database) == 1


def test_an_erased_person_has_no_arm(database: Database, kept: Assignments) -> None:
    """Where the unit was that person; the row stays, and leads to nobody."""
    prospect, other = Unit("prospect", "c-1"), Unit("prospect", "c-2")
    kept.enrol(drawn(prospect), NOW)
    kept.enrol(drawn(other), NOW)

    erase(database, "c-1", keyed, lambda *_: 0, [kept.forget])

    assert kept.standing(["trial"], [prospect]) == {}
    assert kept.standing(["trial"], [other])["trial"].standing.arm == "control"
    assert count(database) == 2


def test_another_process_forgets_at_its_next_look(database: Database, kept: Assignments) -> None:
    """It remembers rows, and sees that somebody was erased as it sees what is published."""
    prospect = Unit("prospect", "c-1")
    elsewhere, in_force = Assignments(database, keyed), InForce(database, {})
    in_force.tell_changes(elsewhere.forget)
    in_force.refresh()
    elsewhere.enrol(drawn(prospect), NOW)

    erase(database, "c-1", keyed, lambda *_: 0, [kept.forget])
    in_force.refresh()

    assert elsewhere.standing(["trial"], [prospect]) == {}


def test_what_was_read_before_an_erasure_is_not_remembered_after_it(database: Database) -> None:
    """A request may hold the row that it read, and nobody after it may."""

    class Slow(Database):
        """Whoever reads is so slow that the person is gone meanwhile."""

        @contextmanager
        def reading(self) -> Iterator[Connection]:
            with super().reading() as connection:
                yield connection
            erase(database, "c-1", keyed, lambda *_: 0, [kept.forget])

    prospect = Unit("prospect", "c-1")
    slow = Slow(database.url)
    kept = Assignments(slow, keyed)
    Assignments(database, keyed).enrol(drawn(prospect), NOW)

    assert kept.standing(["trial"], [prospect])["trial"].standing.arm == "control"
    assert kept.standing(["trial"], [prospect]) == {}
    slow.close()
