"""A server that says nothing: few wait for it, and all are back as soon as it is."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import make_url

from service.store.sql import breaker as module
from service.store.sql.breaker import Breaker
from service.store.sql.database import Database, DatabaseAway
from service.store.sql.postgresql import PromptConnection
from tests.databases import SERVER, need_a_server
from tests.endurance.doorway import Doorway


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The moment it is."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the breaker."""
    found = Clock()
    monkeypatch.setattr(module, "monotonic", found)
    return found


def silent(clock: Clock) -> Breaker:
    """One that has just heard of a wait that was for nothing."""
    breaker, began = Breaker(), clock.now
    clock.now += 4
    breaker.gave_up(began)
    return breaker


def test_everybody_may_ask_a_server_that_answers(clock: Clock) -> None:
    """Also after a failure that came at once: that was no silence."""
    breaker = Breaker()
    breaker.gave_up(clock.now)
    assert [breaker.may_ask() for _ in range(3)] == [True] * 3


def test_one_each_half_second_tries_a_silent_server(clock: Clock) -> None:
    """However long it takes; all others are told at once."""
    breaker = silent(clock)
    assert not breaker.may_ask()
    for _ in range(3):
        clock.now += 0.5
        assert [breaker.may_ask() for _ in range(3)] == [True, False, False]


def test_with_the_first_answer_everybody_may_ask(clock: Clock) -> None:
    """Also where one who began before is still to give up."""
    breaker = silent(clock)
    clock.now += 0.5
    began = clock.now
    assert breaker.may_ask()
    clock.now += 0.5
    assert breaker.may_ask()
    breaker.answered()
    clock.now += 3
    breaker.gave_up(began)

    assert [breaker.may_ask() for _ in range(3)] == [True] * 3


def test_one_slow_answer_is_no_silence(clock: Clock) -> None:
    """Where others were answered meanwhile."""
    breaker, began = Breaker(), clock.now
    clock.now += 3
    breaker.answered()
    clock.now += 1
    breaker.gave_up(began)

    assert breaker.may_ask()


def test_who_gives_up_later_keeps_nobody_waiting_longer(clock: Clock) -> None:
    """The next may try when it was said before."""
    breaker = silent(clock)
    clock.now += 0.4
    breaker.gave_up(clock.now - 3)
    clock.now += 0.1

    assert breaker.may_ask()


# ---- a PostgreSQL -------------------------------------------------------------------


@pytest.fixture
def doorway() -> Iterator[Doorway]:
    """A doorway before the server."""
    need_a_server()
    url = make_url(SERVER)
    with Doorway(url.host or "127.0.0.1", url.port or 5432) as found:
        yield found


@pytest.fixture
def behind(doorway: Doorway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database behind it, which has a second for each answer."""
    monkeypatch.setattr(PromptConnection, "answering", 1.0)
    url = make_url(SERVER).set(host="127.0.0.1", port=doorway.port)
    found = Database(url.render_as_string(hide_password=False))
    yield found
    found.close()


def test_a_silent_postgresql_holds_few(doorway: Doorway, behind: Database) -> None:
    """A hundred callers are told within a moment, and are answered within a second again."""

    def asks(_: int) -> float:
        began = time.monotonic()
        with pytest.raises(DatabaseAway):
            behind.ping()
        return time.monotonic() - began

    behind.ping()
    doorway.state = "silent"
    with ThreadPoolExecutor(16) as threads:
        assert asks(0) >= 1
        took = list(threads.map(asks, range(100)))
        assert sum(each < 0.2 for each in took) >= 95
        doorway.state = "open"
        _until_answered(behind)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: behind.ping(), range(100)))


def _until_answered(database: Database) -> None:
    """Within a second."""
    until = time.monotonic() + 1
    while True:
        try:
            database.ping()
        except DatabaseAway:
            assert time.monotonic() < until
            time.sleep(0.01)
        else:
            return


def test_a_postgresql_that_turns_callers_away_is_asked_by_all(
    doorway: Doorway, behind: Database
) -> None:
    """Nobody waits for that one; the first to come when it is back is answered."""
    behind.ping()
    doorway.state = "shut"
    for _ in range(3):
        with pytest.raises(DatabaseAway):
            behind.ping()
    doorway.state = "open"
    behind.ping()
