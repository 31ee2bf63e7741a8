"""Four processes answer while versions are published: nothing is lost, and nothing is old.

Four services on one SQLite file, and on one PostgreSQL. `make load SECONDS=60` does it for
longer, and holds them to the second within which a version is to be in force everywhere.
"""

import math
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import click
import pytest

from service.store.documents.documents import Documents
from service.store.sql.database import Database
from tests.endurance.callers import Callers, Heard, answer_of, assert_kept
from tests.endurance.replacing import variant
from tests.endurance.server import PATIENCE, Address, ask, free_port, start, stop, until_ready
from tests.store.library_texts import library, published

#: The whole service, or many processes: `make proof`, and CI.
pytestmark = pytest.mark.proof

PROCESSES, CALLERS = 4, 8
SECONDS = float(os.environ.get("UNGHOST_SECONDS", "2"))
#: Two cores that run other tests say nothing about the code.
IN_FORCE_WITHIN = 1.0 if "UNGHOST_SECONDS" in os.environ else PATIENCE
_PAUSE = 0.3


class Active(NamedTuple):
    """When a version was published, by `monotonic`: it came into force between the two."""

    digest: str
    began: float
    ended: float


@pytest.fixture
def services(database: Database) -> Iterator[list[Address]]:
    """Four services on one database, that start at once."""
    with ExitStack() as stack:
        found = []
        for _ in range(PROCESSES):
            port = free_port()
            service = start(port, environment={"DATABASE_URL": database.url})
            stack.callback(stop, service)
            found.append(Address("127.0.0.1", port, service.pid))
        for address in found:
            until_ready(address)
        yield found


def test_every_answer_is_of_a_version_that_was_in_force(
    database: Database, services: list[Address]
) -> None:
    """No error, no lost write; and each version is in force in every process within a second."""
    documents = library(database)
    versions, waits = [_publish(documents, 0)], [_until_in_force(services, 1)]
    with Callers([service.port for service in services], CALLERS, "changing") as callers:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(_PAUSE)
            versions.append(_publish(documents, len(versions)))
            waits.append(_until_in_force(services, len(versions)))

    heard = callers.heard
    assert_kept(database, heard)
    assert set(heard.statuses) == {200}
    assert heard.broken == 0
    assert list(_wrong(heard, versions)) == []
    assert len(documents.versions("playbook", "changing")) == len(versions) > 1
    assert max(waits) <= IN_FORCE_WITHIN
    click.echo(
        f"{len(heard.told)} answers, {len(versions)} versions; the last of four processes "
        f"{max(waits):.2f} s after publishing at most, {sum(waits) / len(waits):.2f} s on average; "
        f"the slowest answer took {heard.slowest:.1f} s"
    )


def _publish(documents: Documents, number: int) -> Active:
    began = time.monotonic()
    version = published(documents, variant(number % 50), "changing")
    digest = documents.versions("playbook", "changing")[0].digest
    assert version == number + 1
    return Active(digest, began, time.monotonic())


def _until_in_force(services: list[Address], version: int) -> float:
    """Seconds until it is in force in every process; nobody waits to write for that."""
    began = time.monotonic()
    for service in services:
        while _version_in(service) < version:
            assert time.monotonic() < began + PATIENCE, "it never comes into force"
            time.sleep(0.01)
    return time.monotonic() - began


def _version_in(service: Address) -> int:
    """The version in force; 0 where there is none yet."""
    status, found = ask(service, "GET", "/v1/playbooks/changing")
    return int(found["version"]) if status == 200 else 0


def _wrong(heard: Heard, versions: list[Active]) -> Iterator[str]:
    """The answers of a version that was in force at no moment since a second before."""
    for told in heard.told:
        if told.asking.path == "/v1/next-action":
            answered = answer_of(told)["playbook"]
            version = versions[answered["version"] - 1]
            after = versions[answered["version"] :]
            over = after[0].ended if after else math.inf
            is_active = version.began <= told.received and told.sent - IN_FORCE_WITHIN <= over
            if not is_active or answered["digest"] != version.digest:
                yield f"{answered}, {told.sent - over:.2f} s after it was over"
