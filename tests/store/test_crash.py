"""Killed at any moment, nothing that was acknowledged is lost, and nothing is half there.

UNGHOST_KILLS says how often; a power cut is another matter: see `database`.
"""

import os
from collections.abc import Iterator
from multiprocessing import get_context
from random import Random
from threading import Thread
from time import sleep
from uuid import uuid4

import pytest
from sqlalchemy import select

from service.store.ledger.ledger import Ledger
from service.store.ledger.repeats import Repeats, asked
from service.store.ledger.writing import Writer
from service.store.sql.database import Database
from service.store.sql.tables import decisions, outcomes, repeats
from tests.store.decided import NOW, body, keyed, made, reply

#: The whole service, or many processes: `make proof`, and CI.
pytestmark = pytest.mark.proof

KILLS = int(os.environ.get("UNGHOST_KILLS", "15"))
THREADS = 8
_LONGEST_LIFE = 0.4
_ID = 36


def test_no_acknowledged_decision_is_lost(database: Database) -> None:
    """Eight threads record; the process is killed; all that it told of is there, once."""
    made()  # the playbook is loaded once, here, and not by each process
    moments = Random(KILLS)  # noqa: S311 - the same every time
    told: list[str] = []
    for _ in range(KILLS):
        database.close()  # no open file goes with the fork
        told += _killed_after(moments.uniform(0, _LONGEST_LIFE), database.url)
        ids = _ids(database)
        assert len(ids) == len(set(ids))
        assert set(told) <= set(ids)
    assert len(_ids(database)) - len(told) <= THREADS * KILLS  # each was at one more
    assert len(told) > KILLS  # it did work
    _all_is_whole(database)


def _killed_after(seconds: float, url: str) -> list[str]:
    """The ids that a process told of until it was killed."""
    reading, writing = os.pipe()
    process = get_context("fork").Process(target=_record, args=(url, writing))
    process.start()
    os.close(writing)
    sleep(seconds)
    process.kill()
    process.join()
    with os.fdopen(reading, "rb") as lines:
        return [line.decode() for line in _whole_lines(lines.read())]


def _whole_lines(text: bytes) -> Iterator[bytes]:
    return (line for line in text.split(b"\n") if len(line) == _ID)


def _record(url: str, told: int) -> None:
    """Record decisions, each with its own person, reply and key, until somebody ends it."""
    database = Database(url)
    ledger = Ledger(database, Writer(database), keyed)

    def work() -> None:
        while True:
            person = str(uuid4())
            one = made(body(person, reply()))
            key = asked("key-1", person, "POST", "/v1/next-action", b"")
            ledger.record(one, NOW, key)
            os.write(told, f"{one.id}\n".encode())

    threads = [Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _ids(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(select(decisions.c.id)).scalars())


def _all_is_whole(database: Database) -> None:
    """Every decision with the outcome that came with it, and the answer to its key."""
    with database.reading() as connection:
        people = connection.execute(select(decisions.c.prospect_id)).scalars().all()
        replied = connection.execute(select(outcomes.c.prospect_id)).scalars().all()
        answered = connection.execute(select(repeats.c.decision_id)).scalars().all()
    assert sorted(people) == sorted(replied)
    assert sorted(answered) == sorted(_ids(database))
    key = asked("key-1", people[0], "POST", "/v1/next-action", b"")
    assert Repeats(database).look(key, NOW).kind == "finished"
