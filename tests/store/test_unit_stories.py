"""From the rows that the service writes to what is known of each unit."""

import pytest

from service.experiment import Unit
from service.experiment.counting import Happened, Stopped, UnitStory
from service.store.experiments import divergence
from service.store.experiments.divergence import compare_some
from service.store.privacy.retention import erase, remove_old
from service.store.sql.database import Database
from tests.store.decided import keyed
from tests.store.library_texts import NOW, experiment, playbook
from tests.store.trials import TRIAL, Trial, after


@pytest.fixture(autouse=True)
def _at_leisure(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, all is compared in one turn."""
    monkeypatch.setattr(divergence, "_TAKES", 60.0)


BOOKED = "meeting_booked"


def booked(at_hour: float, told_at_hour: float | None = None) -> Happened:
    """A meeting, hours after the start."""
    told_at = at_hour if told_at_hour is None else told_at_hour
    return Happened(BOOKED, after(hours=at_hour), after(hours=told_at))


def test_an_account_is_all_of_its_contacts(database: Database) -> None:
    """The first decision of any of them, and whatever any of them did."""
    trial = Trial(database)
    account = trial.joins("a-1", at=after(hours=1))
    trial.decides("c-1", account, at=after(hours=2))
    trial.decides("c-2", account, at=after(hours=1))
    trial.told("c-2", BOOKED, after(hours=5))
    trial.told("c-1", BOOKED, after(hours=4), told_at=after(hours=6))
    trial.told("c-1", "won", after(hours=7))

    assert trial.units() == (
        UnitStory(
            "other",
            after(hours=1),
            after(hours=1),
            None,
            (booked(4, 6), booked(5)),
            frozenset({"other"}),
        ),
    )


def test_an_outcome_of_an_account_counts_whoever_it_was(database: Database) -> None:
    """Somebody of theirs may book whom nobody asked about; told twice it is one."""
    trial = Trial(database)
    trial.decides("c-1", trial.joins("a-1"))
    trial.decides("c-8", trial.joins("a-2"))
    trial.told("c-9", BOOKED, after(hours=1), account_id="a-1")
    for _ in range(2):
        trial.told("c-1", BOOKED, after(hours=2), account_id="a-1")
    trial.told("c-7", BOOKED, after(hours=3), account_id="a-3")

    assert [unit.happened for unit in trial.units()] == [(booked(1), booked(2)), ()]


def test_companies_and_prospects_are_units_too(database: Database) -> None:
    """A company by those who were decided about; an account of its name is another one."""
    trial = Trial(database)
    company = trial.joins("example.com", "other", after(hours=1), "email_domain")
    person = trial.joins("c-3", "control", after(hours=2), "prospect")
    for name in ("c-1", "c-2"):
        trial.decides(name, company, at=after(hours=3))
        trial.told(name, BOOKED, after(hours=4))
    trial.decides("c-3", person, "control", after(hours=3))
    trial.told("c-3", BOOKED, after(hours=6))
    trial.told("c-5", BOOKED, after(hours=7), account_id="example.com")

    assert [(unit.arm, unit.happened) for unit in trial.units()] == [
        ("other", (booked(4),)),
        ("control", (booked(6),)),
    ]


def test_who_has_no_decision_yet_is_a_unit_all_the_same(database: Database) -> None:
    """It was assigned, so it counts; whatever it does is known by its account."""
    trial = Trial(database)
    trial.joins("a-1")
    trial.told("c-1", BOOKED, after(hours=1), account_id="a-1")

    [unit] = trial.units()
    assert (unit.exposed_at, unit.happened, unit.arms) == (None, (booked(1),), frozenset())


def test_what_happened_before_is_told_as_it_was(database: Database) -> None:
    """Whether it counts is for the counting to say."""
    trial = Trial(database)
    trial.decides("c-1", trial.joins("a-1", at=after(hours=2)))
    trial.told("c-1", BOOKED, after(hours=1), told_at=after(hours=3))

    assert trial.units()[0].happened == (booked(1, 3),)


def test_a_unit_diverges_with_the_first_decision_that_does(database: Database) -> None:
    """Not with one that both arms answer alike."""
    trial = Trial(database, other=playbook(name="other").replace("wait: 5 days", "wait: 6 days"))
    account = trial.joins("a-1")
    trial.decides("c-1", account, at=after(hours=3))
    trial.decides("c-1", account, at=after(hours=2))
    before = trial.units()[0].diverged_at
    compare_some(database, trial.in_force)

    assert (before, trial.units()[0].diverged_at) == (None, after(hours=2))


def test_people_who_met_two_arms_cross_over(database: Database) -> None:
    """As where they have changed their firm: both units know of it."""
    trial = Trial(database)
    first, second = trial.joins("a-1", "control"), trial.joins("a-2", "other", after(hours=1))
    trial.decides("c-1", first, "control")
    trial.decides("c-1", second, "other", after(hours=2))
    trial.decides("c-2", second, "other", after(hours=2))

    assert [unit.arms for unit in trial.units()] == [frozenset({"control", "other"})] * 2


def test_who_is_forced_is_counted_apart(database: Database) -> None:
    """By units, not by decisions; and a unit that has a row keeps its story clean of it."""
    trial = Trial(database)
    account = trial.joins("a-1", "control")
    trial.decides("c-1", account, "control", after(hours=1))
    trial.decides("c-1", account, "other", NOW, forced=True)
    for name in ("c-8", "c-9"):
        trial.decides(name, Unit("account", "a-9"), "other", forced=True)

    story = trial.story()
    assert story.forced == {"other": 2}
    assert [(unit.exposed_at, unit.arms) for unit in story.units] == [
        (after(hours=1), frozenset({"control"}))
    ]


def test_each_phase_has_its_units(database: Database) -> None:
    """Whoever was in an earlier one stays there, also with what is decided later."""
    trial = Trial(database)
    old = trial.joins("a-1")
    trial.publish("experiment", TRIAL, experiment().replace("short}", "short, weight: 2}"))
    trial.experiments.start(TRIAL, "ann", "", after(days=1))
    new = trial.joins("a-2", at=after(days=2))
    trial.decides("c-1", old, at=after(days=3), phase=1)
    trial.decides("c-2", new, at=after(days=3), phase=2)
    trial.told("c-1", BOOKED, after(days=4))

    first, second = trial.story(0), trial.story(1)
    assert [unit.assigned_at for unit in first.units] == [NOW]
    assert [len(unit.happened) for unit in first.units + second.units] == [1, 0]
    assert [unit.assigned_at for unit in second.units] == [after(days=2)]
    assert [story.takes_new for story in (first, second)] == [False, True]
    assert [story.started_at for story in (first, second)] == [NOW, after(days=1)]


def test_what_was_done_to_the_arms_is_known(database: Database) -> None:
    """With the guardrail, where one was the reason; and that nobody is taken in any more."""
    trial = Trial(database)
    trial.experiments.stop_arm(TRIAL, "other", "unghost", "Harm.", after(hours=1), "opted_out")
    assert trial.story().takes_new
    trial.experiments.stop(TRIAL, "ann", "", after(hours=2))

    story = trial.story()
    assert not story.takes_new
    assert story.stopped == {"other": Stopped(after(hours=1), "opted_out")}


def test_an_erased_contact_leaves_its_account(database: Database) -> None:
    """What they did stays with it, as an unknown person's; what is told of them later does not."""
    trial = Trial(database)
    account = trial.joins("a-1")
    for name in ("c-1", "c-2"):
        trial.decides(name, account, account_id="a-1")
    trial.told("c-1", BOOKED, after(hours=1))
    erase(database, "c-1", keyed, lambda *_: 0, [trial.assignments.forget])
    trial.told("c-1", BOOKED, after(hours=2))
    trial.told("c-2", BOOKED, after(hours=3))

    [unit] = trial.units()
    assert (unit.exposed_at, unit.happened) == (NOW, (booked(1), booked(3)))


def test_an_erased_person_who_is_a_unit_stays_a_number(database: Database) -> None:
    """The unit keeps its arm and its past under a name that nobody knows."""
    trial = Trial(database)
    trial.decides("c-1", trial.joins("c-1", kind="prospect"))
    trial.told("c-1", BOOKED, after(hours=1))
    before = trial.units()
    erase(database, "c-1", keyed, lambda *_: 0, [trial.assignments.forget])

    assert trial.units() == before
    assert before[0].happened == (booked(1),)


def test_what_age_removes_is_nothing_that_counts(database: Database) -> None:
    """Who it was, goes; when what happened to which unit, stays."""
    trial = Trial(database)
    trial.decides("c-1", trial.joins("a-1"), account_id="a-1")
    trial.told("c-9", BOOKED, after(hours=1), account_id="a-1")
    before = trial.units()
    remove_old(database, after(days=1))

    assert trial.units() == before
    assert before[0].happened == (booked(1),)
