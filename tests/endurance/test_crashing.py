"""The whole service, killed at any moment under load: what was acknowledged is there, once.

Two workers, on an SQLite file and on PostgreSQL. `make crash N=50` kills more often; a power
cut is another matter: see `service.store.sql.database`.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import click
import pytest

from service.store.sql.database import Database
from tests.endurance.callers import Callers, assert_kept, assert_repeated
from tests.endurance.server import Address, free_port, kill, start, until_ready

#: The whole service, or many processes: `make proof`, and CI.
pytestmark = pytest.mark.proof

KILLS = int(os.environ.get("UNGHOST_KILLS", "2"))
CALLERS = 8
_LONGEST_LIFE, _LONGEST_START = 0.7, 1.5


def test_no_acknowledged_decision_or_outcome_is_lost(database: Database, tmp_path: Path) -> None:
    """Killed and started again and again; nothing is lost, double, or answered otherwise."""
    moments, port = Random(KILLS), free_port()  # noqa: S311 - the same every time
    with Callers([port], CALLERS) as callers:
        for number in range(KILLS):
            _killed(port, _settings(database, tmp_path), moments, is_starting=number % 5 == 4)
        service = start(port, "--workers", "2", environment=_settings(database, tmp_path))
        try:
            until_ready(Address("127.0.0.1", port, service.pid))
            time.sleep(_LONGEST_LIFE)  # whoever heard nothing asks again
            callers.rest()
            assert_repeated(port, callers.heard, most=100 * KILLS)
        finally:
            kill(service)

    heard = callers.heard
    assert_kept(database, heard)
    assert set(heard.statuses) == {200}
    assert len(heard.told) > 20 * KILLS  # it did work
    click.echo(f"{KILLS} kills: {len(heard.told)} answers, {heard.broken} broken connections")


def _settings(database: Database, folder: Path) -> Mapping[str, str]:
    """Its database; and what it counts lies where somebody removes it after a kill."""
    return {"DATABASE_URL": database.url, "PROMETHEUS_MULTIPROC_DIR": mkdtemp(dir=folder)}


def _killed(port: int, settings: Mapping[str, str], moments: Random, *, is_starting: bool) -> None:
    """Start it, and kill all its processes: under load, or while it starts."""
    service = start(port, "--workers", "2", environment=settings)
    try:
        if is_starting:
            time.sleep(moments.uniform(0, _LONGEST_START))
        else:
            until_ready(Address("127.0.0.1", port, service.pid))
            time.sleep(moments.uniform(0, _LONGEST_LIFE))
    finally:
        kill(service)
