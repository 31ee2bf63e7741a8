"""The same `Idempotency-Key` gets the same answer; the cases are files."""

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from service.store.ledger.ledger import Ledger, Wanted
from service.store.ledger.outcomes import Outcomes, WantedOutcomes
from service.store.ledger.repeats import (
    DIFFERS,
    RUNNING,
    Answer,
    Asked,
    BadKey,
    Repeats,
    asked,
    read_key,
)
from service.store.ledger.writing import Writer
from service.store.sql.database import Database
from service.store.sql.tables import repeats
from tests.store.begins import begin_thirty
from tests.store.decided import NOW, body, keyed, later, made, reply

CORPUS = Path(__file__).parents[1] / "corpus" / "repeats"
KEYS = json.loads((CORPUS / "keys.json").read_text())
CASES = json.loads((CORPUS / "steps.json").read_text())
ASKED = asked("key-1", "k-1", "POST", "/v1/next-action", b"{}")


@pytest.mark.parametrize("case", KEYS, ids=[case["case"] for case in KEYS])
def test_headers(case: dict[str, Any]) -> None:
    """Each header is the key it is, or none."""
    if case["key"] is None:
        with pytest.raises(BadKey):
            read_key(case["header"])
    else:
        assert read_key(case["header"]) == case["key"]


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_steps(case: dict[str, Any], database: Database) -> None:
    """Step after step each gets what it expects."""
    kept = Repeats(database)
    tokens: dict[Asked, int] = {}
    for step in case["steps"]:
        now, one = later(step["at"]), _asked(step)
        answer = _answer(step.get("answer"))
        match step["do"]:
            case "begin" | "look" as word:
                found = getattr(kept, word)(one, now)
                assert (found.kind, found.answer) == (step["expect"], answer), step
                tokens |= {one: found.token} if found.token else {}
            case "finish":
                assert answer is not None
                assert kept.finish(one, tokens[one], answer) is step["expect"], step
            case "release":
                kept.release(one, tokens[one])
            case "prune":
                assert kept.prune(now, most=1) == step["expect"], step


def _asked(step: dict[str, Any]) -> Asked:
    return asked(
        step.get("caller", "a"),
        step.get("key", "k-1"),
        step.get("method", "POST"),
        step.get("path", "/v1/outcomes"),
        step.get("body", "{}").encode(),
    )


def _answer(written: dict[str, Any] | None) -> Answer | None:
    return Answer(**{**written, "body": written["body"].encode()}) if written else None


def test_no_key_is_readable_in_the_database(database: Database) -> None:
    """Callers make keys of people's ids."""
    Repeats(database).begin(asked("key-1", "kathy@acme.example", "POST", "/", b""), NOW)

    with database.reading() as connection:
        assert "kathy" not in str(connection.execute(select(repeats)).all())


def test_of_four_processes_one_runs(database: Database) -> None:
    """Whoever comes with a key that others come with too: one is told to run."""
    with ProcessPoolExecutor(4, get_context("spawn")) as processes:
        found = list(processes.map(begin_thirty, [database.url] * 4))

    assert [sorted(kinds) for kinds in zip(*found, strict=True)] == [
        ["fresh", "running", "running", "running"]
    ] * 30


# ---- a decision with a key is one write ---------------------------------------------


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """It, with a writer of its own."""
    return Ledger(database, Writer(database), keyed)


def test_a_decision_answers_its_key(database: Database, ledger: Ledger) -> None:
    """From then on the key has the very bytes of the answer."""
    one = made()
    kept = Repeats(database)

    assert kept.look(ASKED, NOW).kind == "fresh"
    assert ledger.record(one, NOW, ASKED).kind == "fresh"

    assert kept.look(ASKED, later(1)).answer == Answer(200, "application/json", one.answer)
    assert kept.look(ASKED._replace(fingerprint="another"), later(1)) == DIFFERS


def test_of_many_at_once_one_decision_is_kept(database: Database, ledger: Ledger) -> None:
    """All get the bytes of that one; of the others nothing is kept, no outcome either."""
    others = Ledger(database, Writer(database), keyed)  # as another process has it
    decided = [made(body("c-1", reply(f"2026-11-{n + 1:02}T09:00:00Z"))) for n in range(12)]

    def keep(number: int) -> bytes:
        one = decided[number]
        found = (ledger, others)[number % 2].record(one, NOW, ASKED)
        return found.answer.body if found.answer else one.answer

    with ThreadPoolExecutor(12) as threads:
        answers = set(threads.map(keep, range(12)))

    (kept,) = ledger.page(Wanted()).items
    assert [json.loads(answer)["decision_id"] for answer in answers] == [kept.id]
    number = [one.id for one in decided].index(kept.id)
    (outcome,) = Outcomes(database, Writer(database), keyed).page(WantedOutcomes()).items
    assert outcome.at.day == number + 1


def test_a_decision_whose_key_is_taken_is_not_kept(database: Database, ledger: Ledger) -> None:
    """By a run under way, by another request; after a day it is free."""
    kept = Repeats(database)
    kept.begin(ASKED, NOW)

    assert ledger.record(made(), later(1), ASKED) == RUNNING
    assert ledger.record(made(), later(1), ASKED._replace(fingerprint="another")) == DIFFERS
    assert ledger.page(Wanted()).items == ()
    assert ledger.record(made(), later(61), ASKED).kind == "fresh"
    assert ledger.record(made(), NOW + timedelta(days=2), ASKED).kind == "fresh"
    newest = ledger.page(Wanted()).items[0]
    answer = kept.look(ASKED, NOW + timedelta(days=2)).answer
    assert answer is not None
    assert orjson.loads(answer.body)["decision_id"] == newest.id
