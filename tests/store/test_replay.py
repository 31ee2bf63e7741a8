"""What is kept of a request is enough to answer it again, and nothing more is kept."""

import ast
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from service.decision import InvalidRequest
from service.playbook import Playbook, load
from service.playbook.vocabulary import STANDARD_FACTS
from service.store.ledger.ledger import Kept, decision_row
from service.store.ledger.minimised import ALWAYS_READ, minimised, readable
from service.store.ledger.replay import Difference, NothingKept, replay
from tests.oracle.prospects import random_body
from tests.store.decided import (
    NOW,
    PLAYBOOKS,
    Body,
    body,
    decider,
    keyed,
    made,
    playbook,
    reply,
)

SERVICE = Path(__file__).parents[2] / "service"
NAMES = sorted(path.stem for path in PLAYBOOKS.glob("*.yaml"))
#: Facts that only the playbook, or nobody, reads, though the code that reads requests names them.
ELSEWHERE = {"account_id", "email"}


def kept(asked: Body | None = None, name: str = "house") -> Kept:
    """What the ledger gives of a decision."""
    row = decision_row(made(asked, playbook(name)), keyed, NOW)
    del row["prospect_key"], row["account_key"], row["unit_key"]
    moment = datetime.fromtimestamp(row["as_of"] / 1e6, UTC)
    return Kept(**{**row, "diverged": None, "recorded_at": NOW, "as_of": moment})


@pytest.mark.parametrize("name", NAMES)
def test_random_requests_get_the_same_answer_again(name: str) -> None:
    """With everything removed that bears on nothing, the answer has the same bytes."""
    random = Random(20261120)  # noqa: S311 - the same every time
    written = _book(name)
    all_names = " ".join(written.facts)
    ready, answered = playbook(name), 0
    for _ in range(150):
        asked = random_body(random, all_names, written)
        asked["prospect"] |= {"shoe_size": "their own words", "attempts": 3}
        try:
            one = kept(asked, name)
        except InvalidRequest:
            continue
        answered += 1
        assert replay(one, decider(ready)).differences == ()
    assert answered > 100


def _book(name: str) -> Playbook:
    found = load((PLAYBOOKS / f"{name}.yaml").read_bytes()).playbook
    assert found is not None
    return found


def test_the_answer_is_given_again() -> None:
    """With what was decided, and that it is the same."""
    one = kept(body("c-1", reply()))

    again = replay(one, decider(playbook()))

    assert again.same
    assert {"decision_id": one.id, **again.answer} == json.loads(one.answer or b"")


def test_what_differs_is_named() -> None:
    """Another playbook answers otherwise, and it is said where."""
    one = kept(body("c-1"))

    def other(asked: Any) -> Any:
        answer = decider(playbook())(asked)
        return {**answer, "action": "stop", "message": None, "more/": 1}

    again = replay(one, other)

    was = json.loads(one.answer or b"")
    assert not again.same
    assert again.differences == (
        Difference("/action", was["action"], "stop"),
        Difference("/message", was["message"], None),
        Difference("/more~1", None, 1),
    )


def test_why_not_is_not_compared() -> None:
    """It is made only where a request asks for it."""
    one = kept()
    answer = json.loads(one.answer or b"")
    answer["explanation"]["why_not"] = {"anything": 1}

    assert replay(replace(one, answer=json.dumps(answer).encode()), decider(playbook())).same


def test_nothing_kept_cannot_be_replayed() -> None:
    """As after its data was removed."""
    with pytest.raises(NothingKept):
        replay(replace(kept(), request=None), decider(playbook()))


def test_a_request_without_a_moment_keeps_the_one_it_was_answered_for() -> None:
    """Years later "now" is another."""
    asked = body()
    del asked["as_of"]

    one = kept(asked)

    assert json.loads(one.request or b"")["as_of"] == NOW.isoformat()
    assert replay(one, decider(playbook())).same


# ---- no more than that --------------------------------------------------------------


def test_what_nobody_reads_is_not_kept() -> None:
    """The value goes, the name stays, for the warnings; a colleague's id goes."""
    asked = {
        **body("c-1", their_diagnosis="secret", email="secret@example.com", job_title="VP"),
        "account_history": [{"prospect_id": "c-2", **reply()}],
    }

    found = orjson.loads(minimised(asked, readable(playbook("clean-break-up")), "…"))

    assert found["prospect"]["their_diagnosis"] is found["prospect"]["email"] is None
    assert found["prospect"]["id"] == "c-1"
    assert found["account_history"] == [reply()]
    assert b"secret" not in orjson.dumps(found)


@pytest.mark.parametrize("name", NAMES)
def test_less_is_read_than_could_be_sent(name: str) -> None:
    """No playbook reads every standard fact, and what it reads are facts that callers give."""
    found = readable(playbook(name))
    given = {name for name, fact in playbook(name).facts.items() if fact.origin == "caller"}

    assert ALWAYS_READ <= found < given


def test_what_the_code_reads_of_a_request_is_always_kept() -> None:
    """A guard that learns to read another fact must have it kept."""
    given = {name for name, fact in STANDARD_FACTS.items() if fact.origin == "caller"}
    paths = [*(SERVICE / "decision" / "guards").glob("*.py")]
    paths += [SERVICE / "decision" / f"{name}.py" for name in ("prospect", "absence", "decide")]
    words = {
        node.value
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert words & given - ELSEWHERE <= ALWAYS_READ
    assert ALWAYS_READ <= given
