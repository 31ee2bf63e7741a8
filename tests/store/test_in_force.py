"""What is in force in a process: all of it at once, anew when something is published."""

import gc
import logging
import os
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from service.store.documents.document_rows import Missing
from service.store.documents.documents import Documents
from service.store.in_force.in_force import InForce
from service.store.in_force.playbooks import Published
from service.store.sql.database import Database, DatabaseAway
from tests.store.library_texts import NOW, PACKS, POLICY, library, playbook, published


@pytest.fixture
def documents(database: Database) -> Documents:
    """An empty library."""
    return library(database)


@pytest.fixture
def in_force(database: Database) -> Iterator[InForce]:
    """What is in force in this process."""
    found = InForce(database, PACKS)
    yield found
    found.close()


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait as long as it takes; the tests' own limit is the most."""
    while not is_so():
        time.sleep(0.01)


def the(in_force: InForce, name: str = "short") -> Published | None:
    """The playbook in force."""
    return in_force.refresh().playbooks.get(name)


def test_before_anything_is_published_nothing_is_in_force(in_force: InForce) -> None:
    """And nobody may decide."""
    snapshot = in_force.refresh()

    assert (snapshot.playbooks.all(), snapshot.policy, snapshot.generation) == ((), None, 0)


def test_what_is_published_is_in_force(in_force: InForce, documents: Documents) -> None:
    """With its number, digest and text; and so is an earlier version after rolling back."""
    published(documents, playbook(5))
    first = the(in_force)
    published(documents, playbook(6))
    second = the(in_force)
    documents.activate("playbook", "short", 1, "ann", "", NOW)
    third = the(in_force)

    assert first
    assert second
    assert third
    assert [each.version for each in (first, second, third)] == [1, 2, 1]
    assert (first.text, second.text) == (playbook(5), playbook(6))
    assert first.digest == documents.versions("playbook", "short")[1].digest == third.digest


def test_only_what_changed_is_made_ready_anew(in_force: InForce, documents: Documents) -> None:
    """The rest stays the very same; with no change, so does the snapshot."""
    published(documents, playbook(name="other"), "other")
    published(documents, playbook(5))
    before = in_force.refresh()
    assert in_force.refresh() is before

    published(documents, playbook(6))
    after = in_force.refresh()

    assert after.playbooks.get("other") is before.playbooks.get("other")
    assert after.playbooks.get("short") is not before.playbooks.get("short")


def test_what_was_replaced_is_forgotten_once_nobody_uses_it(
    in_force: InForce, documents: Documents
) -> None:
    """A request that has it may finish; then its memory is given back."""
    published(documents, playbook(5))
    in_use = the(in_force)
    assert in_use
    gone = weakref.ref(in_use.ready.program)
    published(documents, playbook(6))
    in_force.refresh()

    assert gone() is not None
    del in_use
    gc.collect()
    assert gone() is None


def test_a_snapshot_stays_what_it_is(in_force: InForce, documents: Documents) -> None:
    """Who has taken one decides on the whole of it, whatever is published meanwhile."""
    published(documents, playbook(5))
    taken = in_force.refresh()
    published(documents, playbook(6))
    published(documents, playbook(name="other"), "other")
    in_force.refresh()

    assert [(each.name, each.version) for each in taken.playbooks.all()] == [("short", 1)]


def test_archived_is_not_in_force(in_force: InForce, documents: Documents) -> None:
    """And back it is as it was."""
    published(documents, playbook())
    documents.archive("playbook", "short", "ann", NOW)
    assert the(in_force) is None
    documents.unarchive("playbook", "short", "ann", NOW)
    found = the(in_force)
    assert found
    assert found.version == 1


def test_the_policy_of_the_name_is_in_force(
    in_force: InForce, documents: Documents, database: Database
) -> None:
    """Others may be there; each version keeps its number and digest."""
    for name in ("default", "strict"):
        text = POLICY.replace("policy: default", f"policy: {name}")
        draft = documents.drafts.save("policy", name, text, None, "ann", NOW)
        documents.publish("policy", name, draft.digest, "ann", "", NOW)

    policy = in_force.refresh().policy
    assert policy
    assert (policy.name, policy.version, policy.digest) == (
        "default",
        1,
        documents.versions("policy", "default")[0].digest,
    )
    strict = InForce(database, PACKS, policy="strict").refresh().policy
    assert strict
    assert strict.name == "strict"


def test_what_no_longer_loads_is_a_problem_of_its_own(
    in_force: InForce, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that a later product refuses keeps no other out of force."""
    published(documents, playbook(name="other"), "other")
    with monkeypatch.context() as earlier:
        earlier.setattr("service.store.documents.publishing.load", _as_if_sound)
        published(documents, playbook().replace("template: hello", "template: helo"))

    library = in_force.refresh().playbooks

    assert [each.name for each in library.all()] == ["other"]
    assert [each.code for each in library.problems["short"]] == ["unknown-template"]
    with pytest.raises(Missing, match="can no longer be loaded"):
        in_force.playbook("short", 1)


def _as_if_sound(text: str) -> object:
    from service.playbook import load  # noqa: PLC0415 - the name above is replaced

    return load(text.replace("helo}", "hello}").replace("helo,", "hello,"))


# ---- any version --------------------------------------------------------------------


def test_any_version_can_be_had(in_force: InForce, documents: Documents) -> None:
    """The one in force is that of the snapshot; others are made once and kept a while."""
    published(documents, playbook(5))
    published(documents, playbook(6))
    snapshot = in_force.refresh()

    assert in_force.playbook("short", 2) is snapshot.playbooks.get("short")
    old = in_force.playbook("short", 1)
    assert (old.version, old.text) == (1, playbook(5))
    assert in_force.playbook("short", 1) is old
    with pytest.raises(Missing):
        in_force.playbook("short", 3)
    with pytest.raises(Missing):
        in_force.policy("default", 1)


def test_versions_that_nobody_asks_for_are_forgotten(
    in_force: InForce, documents: Documents
) -> None:
    """So many are kept, and no more."""
    for days in range(1, 20):
        published(documents, playbook(days))
    first = weakref.ref(in_force.playbook("short", 1))
    for number in range(2, 20):
        in_force.playbook("short", number)

    gc.collect()
    assert first() is None
    assert in_force.playbook("short", 1).text == playbook(1)


# ---- watching -----------------------------------------------------------------------


def test_it_is_watched_from_the_first_question_on(in_force: InForce, documents: Documents) -> None:
    """What is published comes into force by itself; nobody's question waits for it."""
    assert in_force.now().playbooks.all() == ()
    published(documents, playbook(5))
    wait_until(lambda: in_force.now().playbooks.get("short") is not None)
    published(documents, playbook(6))
    wait_until(lambda: in_force.now().playbooks.all()[0].version == 2)


def test_a_database_that_is_away_changes_nothing(
    database: Database,
    in_force: InForce,
    documents: Documents,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What was in force stays so; it is told once; and the watch goes on when it is back."""
    published(documents, playbook(5))
    in_force.refresh()
    asked = []

    def away() -> None:
        asked.append(1)
        raise DatabaseAway("gone fishing")

    with monkeypatch.context() as gone, caplog.at_level(logging.WARNING):
        gone.setattr(database, "reading", away)
        in_force.now()
        wait_until(lambda: len(asked) > 2)
        assert in_force.now().playbooks.all()[0].version == 1
        with pytest.raises(DatabaseAway):
            in_force.refresh()
    assert len(caplog.records) == 1
    published(documents, playbook(6))
    wait_until(lambda: in_force.now().playbooks.all()[0].version == 2)


def test_a_fault_of_ours_does_not_end_the_watch(
    in_force: InForce,
    documents: Documents,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is told with its traceback, and the next look may go well."""
    monkeypatch.setattr("service.store.in_force.in_force._AFTER_A_FAULT", 0.01)
    with monkeypatch.context() as broken:
        broken.setattr("service.store.in_force.in_force.publish", None)
        published(documents, playbook(5))
        in_force.now()
        wait_until(lambda: bool(caplog.records))
    wait_until(lambda: in_force.now().playbooks.get("short") is not None)


def test_a_fork_watches_for_itself(in_force: InForce, documents: Documents) -> None:
    """A process that is forked sees what is published after that."""
    published(documents, playbook(5))
    in_force.refresh()
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        wait_until(lambda: in_force.now().playbooks.all()[0].version == 2)
        os._exit(0)
    published(documents, playbook(6))

    assert os.waitpid(child, 0)[1] == 0


def test_it_can_be_closed_without_having_begun(database: Database) -> None:
    """And twice."""
    in_force = InForce(database, PACKS)
    in_force.close()
    in_force.now()
    in_force.close()
    in_force.close()
