"""What the service is held against: the least that Flask can do, and that an answer can take.

The floor does what no answer can do without, by the libraries' own calls, and nothing of ours: the
JSON is parsed and checked, durable-rules fires the rules of house, and a row with the request and
the answer is on the disk before the answer, which was made beforehand, goes out. It reads no
fact, weighs no guard, has no time, no message, no key, no index, no log and no metric.
"""

import json
import sqlite3
from collections.abc import Sequence

import orjson
from flask import Flask, Response, jsonify, request
from sqlalchemy.engine import make_url

from service.decision import engine
from service.settings import Settings
from service.store.ledger.groups import GroupWriter
from tests.benchmarks.readies import made_ready, texts
from tests.benchmarks.replay import replayed
from tests.benchmarks.seams import door
from tests.benchmarks.touches import USUAL, questions

_Row = tuple[bytes, bytes]


def echo_app() -> Flask:
    """The least that Flask can do with JSON: read it, and write it again."""
    app = Flask("echo", static_folder=None)

    @app.post("/v1/next-action")
    def echo() -> Response:
        return jsonify(request.get_json())

    return app


def floor_app() -> Flask:
    """The least that an answer takes; every request is taken for the same question."""
    ready = made_ready(texts()["house"])
    question = questions(ready, (USUAL,))[USUAL]
    here = door(ready)
    fire = replayed(lambda: here.decide(question))
    answer = here.whole(json.dumps(question).encode())
    rows = _rows(make_url(Settings.from_environment().database).database or "")
    app = Flask("floor", static_folder=None)

    @app.post("/v1/next-action")
    def floor() -> Response:
        raw = request.get_data()
        here.mistakes(orjson.loads(raw))
        with engine._ENGINE:
            fire()
        rows.add((raw, answer))
        return Response(answer, content_type="application/json")

    return app


def _rows(path: str) -> GroupWriter[_Row]:
    """Writes rows into a table of two columns, in groups, as durable as the service does it."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for setting in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("CREATE TABLE rows (request BLOB, answer BLOB)")

    def write(group: Sequence[_Row]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO rows VALUES (?, ?)", group)
        connection.execute("COMMIT")

    return GroupWriter(write)
