"""PostgreSQL goes away under load, hangs, and comes back: nothing acknowledged is lost.

A doorway stands before the server, which others need meanwhile.
"""

import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from statistics import median

import click
import pytest
from sqlalchemy import make_url

from service.store.sql.database import Database
from tests.endurance.callers import Callers, assert_kept
from tests.endurance.doorway import Doorway
from tests.endurance.server import PATIENCE, Address, ask, serving

#: The whole service, or many processes: `make proof`, and CI.
pytestmark = pytest.mark.proof

CALLERS = 8
MORE_THAN_THREADS = 80
#: Seconds, for most: the callers, who are refused at once and come again, leave the machine little
#: time. With all threads held it would take several seconds nearly every time.
ALIVE_WITHIN = 1


@pytest.fixture
def doorway(database: Database) -> Iterator[Doorway]:
    """A doorway before the server of the database."""
    url = make_url(database.url)
    with Doorway(url.host or "127.0.0.1", url.port or 5432) as found:
        yield found


def _behind(doorway: Doorway, database: Database) -> Mapping[str, str]:
    url = make_url(database.url).set(host="127.0.0.1", port=doorway.port)
    return {"DATABASE_URL": url.render_as_string(hide_password=False)}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("gone", ["shut", "silent"])
def test_a_server_that_goes_and_comes_back(gone: str, doorway: Doorway, database: Database) -> None:
    """503 with `Retry-After` in time while it is away; then answers, without a restart."""
    with (
        serving("--workers", "1", environment=_behind(doorway, database)) as where,
        Callers([where.port], CALLERS) as callers,
    ):
        time.sleep(0.5)
        doorway.state = gone
        away = _until(503, where)
        _until_refused(callers, CALLERS)
        doorway.state = "open"
        back = _until(200, where)
        before = len(callers.heard.told)
        time.sleep(0.5)

    heard = callers.heard
    assert_kept(database, heard)
    assert set(heard.statuses) == {200, 503}
    assert heard.broken == 0  # every request has an answer
    assert len(heard.told) > before  # it recovered for those who decide, too
    click.echo(
        f"{gone}: 503 after {away:.1f} s, 200 again after {back:.1f} s; the slowest of "
        f"{heard.statuses.total()} answers took {heard.slowest:.1f} s"
    )


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_silent_server_holds_not_all_threads(doorway: Doorway, database: Database) -> None:
    """With more callers than threads /healthz is answered, once somebody has found it silent."""
    with (
        serving("--workers", "1", environment=_behind(doorway, database)) as where,
        Callers([where.port], MORE_THAN_THREADS) as callers,
    ):
        time.sleep(0.5)
        doorway.state = "silent"
        _until_refused(callers, MORE_THAN_THREADS)
        alive = [_seconds_until_alive(where) for _ in range(40)]
        doorway.state = "open"
        back = _until(200, where)

    assert_kept(database, callers.heard)
    assert set(callers.heard.statuses) == {200, 503}
    assert median(alive) < ALIVE_WITHIN
    click.echo(f"alive after {max(alive):.2f} s at most; 200 again after {back:.1f} s")


def _seconds_until_alive(where: Address) -> float:
    time.sleep(0.1)
    began = time.monotonic()
    assert ask(where, "GET", "/healthz")[0] == 200
    return time.monotonic() - began


def _until_refused(callers: Callers, number: int) -> None:
    """Wait for so many 503s."""
    end = time.monotonic() + PATIENCE
    while callers.heard.statuses[503] < number:
        assert time.monotonic() < end, "nobody is answered"
        time.sleep(0.05)


def _until(status: int, where: Address) -> float:
    """Seconds until /readyz answers so; a 503 says when to come again."""
    began = time.monotonic()
    while True:
        connection = HTTPConnection(where.host, where.port, timeout=PATIENCE)
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        response.read()
        connection.close()
        assert response.status != 503 or response.headers["Retry-After"]
        if response.status == status:
            return time.monotonic() - began
        assert time.monotonic() - began < PATIENCE, response.status
        time.sleep(0.05)
