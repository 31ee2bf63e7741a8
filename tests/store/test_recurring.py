"""What goes on beside the requests goes on whatever happens, until the process ends."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.store.recurring import Recurring, Task
from service.store.sql.database import DatabaseAway
from service.store.store import open_store
from tests.store.library_texts import written


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait as long as it takes; the tests' own limit is the most."""
    while not is_so():
        time.sleep(0.005)


def turns(times: list[float], pause: float = 3600.0) -> Callable[[], float]:
    """A turn that notes when it was done."""

    def turn() -> float:
        times.append(time.monotonic())
        return pause

    return turn


def test_each_task_has_a_thread_of_its_name() -> None:
    """A turn says how long the pause after it is; to begin again changes nothing."""
    often: list[float] = []
    seldom: list[float] = []
    found = Recurring(
        Task("often", turns(often, 0), 0),
        Task("seldom", turns(seldom), 0),
        Task("never", bool, 3600),
    )
    found.begin()
    found.begin()
    wait_until(lambda: len(often) >= 3 and len(seldom) >= 1)
    names = sorted(thread.name for thread in threading.enumerate())
    found.close()

    assert [names.count(name) for name in ("often", "seldom", "never")] == [1, 1, 1]
    assert len(seldom) == 1
    assert not {"often", "seldom", "never"} & {each.name for each in threading.enumerate()}


def test_it_goes_on_whatever_happens(caplog: pytest.LogCaptureFixture) -> None:
    """A database that is away is told of once, and again after it was back; faults each time."""
    away = DatabaseAway("not now")
    ends: list[Exception | None] = [away, away, None, away, ValueError("of ours"), None]
    left = list(ends)

    def turn() -> float:
        if left and (error := left.pop(0)) is not None:
            raise error
        return 0.0

    found = Recurring(Task("the-task", turn, 0))
    found.begin()
    wait_until(lambda: not left)
    found.close()

    waits = "the-task waits, the database is away: not now"
    assert caplog.messages == [waits, waits, "the-task failed"]


def test_a_forked_process_sees_to_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fork takes no thread along; the next `begin` there starts others."""
    times: list[float] = []
    found = Recurring(Task("the-task", turns(times), 0))
    found.begin()
    wait_until(lambda: len(times) == 1)
    mine = found._closing

    monkeypatch.setattr("service.store.recurring.os.getpid", lambda: -1)
    found.begin()

    wait_until(lambda: len(times) == 2)
    found.close()
    assert not mine.is_set()
    mine.set()


def test_the_parents_threads_are_not_the_childs_to_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does closing do anything to what was never begun."""
    found = Recurring(Task("the-task", turns([]), 3600))
    found.close()
    found.begin()
    with monkeypatch.context() as child:
        child.setattr("service.store.recurring.os.getpid", lambda: -1)
        found.close()

    assert not found._closing.is_set()
    found.close()
    assert found._closing.is_set()


def test_the_service_sees_to_three_things(tmp_path: Path) -> None:
    """Each begins with the store's `recurring`, and ends with the store."""
    folder = written(tmp_path / "playbooks")
    url = f"sqlite:///{tmp_path / 'unghost.db'}"
    store = open_store(url, folder, folder / "policy" / "default.yaml", "short")
    expected = {"upkeep", "comparing-arms", "harm-watch"}

    others = set(threading.enumerate())  # of other services in this process
    store.recurring.begin()
    begun = {thread.name for thread in set(threading.enumerate()) - others}
    pauses = [task.turn() for task in store.recurring._tasks]
    store.close()

    assert expected <= begun
    assert min(pauses) > 0
    assert not expected & {thread.name for thread in set(threading.enumerate()) - others}
