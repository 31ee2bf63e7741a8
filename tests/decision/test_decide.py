"""Whole decisions: a request goes in, the answer comes out; the cases are files."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.decision import InvalidRequest, decide, make_ready, read_request
from service.decision.examples import request_of
from service.playbook import load
from tests.policies import UNGUARDED

CORPUS = Path(__file__).parents[1] / "corpus" / "decisions"
CASES = json.loads((CORPUS / "answers.json").read_text())
LOADED = load((CORPUS / "playbook.yaml").read_text())
AS_OF = "2026-11-18 10:00"
NOW = datetime(2026, 11, 18, 16, tzinfo=UTC)


def answer_of(case: dict[str, Any]) -> dict[str, Any]:
    """The answer to a case, its history in the shorthand of examples."""
    ready = make_ready(LOADED.ruleset)  # type: ignore[arg-type]  # test_the_playbook_is_right
    zone = case["prospect"].get("time_zone", "").startswith("America")
    body = request_of({**case, "as_of": AS_OF if zone else "2026-11-18T16:00:00+00:00"})
    return decide(ready, UNGUARDED, read_request(body, ready, NOW)).to_json()


def part_of(expected: object, actual: object) -> object:
    """What of `actual` an expectation speaks of: objects may have more keys than it names."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {key: part_of(expected[key], actual.get(key)) for key in expected}
    return actual


def test_the_playbook_is_right() -> None:
    """The playbook of the cases has no diagnostics at all."""
    assert [] == [(d.code, d.place) for d in LOADED.diagnostics]


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_answer(case: dict[str, Any]) -> None:
    """Each case gets the answer it expects, in every part it speaks of."""
    answer = answer_of(case)

    assert case["answer"] == part_of(case["answer"], answer)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_same_request_gives_the_same_bytes(case: dict[str, Any]) -> None:
    """Asked twice, with the rulesets built twice, the answer is the same."""
    assert json.dumps(answer_of(case)) == json.dumps(answer_of(case))


def test_the_history_decides_in_any_order() -> None:
    """A history turned round gives the same bytes."""
    for case in CASES:
        turned = {**case, "history": case["history"][::-1]}

        assert json.dumps(answer_of(case)) == json.dumps(answer_of(turned))


WRONG = [
    ("prospect", {"seniority": "boss"}, "/prospect/seniority", "must be one of: individual"),
    ("prospect", {"deal_size": "12"}, "/prospect/deal_size", "must be a number"),
    ("prospect", {"deal_size": True}, "/prospect/deal_size", "must be a number"),
    ("prospect", {"rival_known": "no"}, "/prospect/rival_known", "must be true or false"),
    ("prospect", {"tier": 3}, "/prospect/tier", "must be one of: bronze, silver, gold"),
    ("prospect", {"asked_on": "2026-02-30"}, "/prospect/asked_on", "must be a date"),
    ("prospect", {"next_meeting_at": "2026-11-20"}, "/prospect/next_meeting_at", "a moment"),
    ("prospect", {"open_questions": [1]}, "/prospect/open_questions", "must be a list"),
    ("as_of", "2026-11-20T10:00:00", "/as_of", "with an offset"),
    ("as_of", "9999-12-31T23:59:59-12:00", "/as_of", "with an offset"),
]


@pytest.mark.parametrize(("key", "value", "path", "words"), WRONG)
def test_wrong_values_are_named(key: str, value: Any, path: str, words: str) -> None:
    """A value of the wrong kind is an error at its field, in plain words."""
    ready = make_ready(LOADED.ruleset)  # type: ignore[arg-type]  # test_the_playbook_is_right
    body: dict[str, Any] = {"prospect": {"id": "p"}, "history": []}
    body[key] = {"id": "p", **value} if key == "prospect" else value

    with pytest.raises(InvalidRequest) as caught:
        read_request(body, ready, NOW)

    (error,) = caught.value.errors
    assert path == error.path
    assert words in error.message


SOUND_TOUCHES = [
    {"at": "2026-11-02T09:00:00Z", "direction": "outbound", "channel": "email"},
    {"at": "2026-11-03 09:00:00.5-06:00", "direction": "inbound", "outcome": ""},
]
WRONG_TOUCHES = [
    *({"at": at} for at in ("", "2026-11-02T09:00:00", "2026-02-30T09:00:00Z", "20261102T090000Z")),
    *({"at": f"{moment}:59"} for moment in ("1899-12-31T23:59:59+00", "9999-12-31T23:59:59-12")),
    *({"outcome": word} for word in ("spoke", "Replied", "sent")),
]


@pytest.mark.parametrize("wrong", WRONG_TOUCHES, ids=str)
@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("field", ["history", "account_history"])
def test_a_wrong_touch_is_found_among_right_ones(
    field: str, place: int, wrong: dict[str, str]
) -> None:
    """It alone is an error, wherever it stands; without it the request is read."""
    ready = make_ready(LOADED.ruleset)  # type: ignore[arg-type]  # test_the_playbook_is_right
    body: dict[str, Any] = {"prospect": {"id": "p"}, "history": [], field: [*SOUND_TOUCHES]}
    read_request(body, ready, NOW)
    body[field].insert(place, {"at": "2026-11-04T09:00:00Z", "direction": "inbound", **wrong})

    with pytest.raises(InvalidRequest) as caught:
        read_request(body, ready, NOW)

    assert [f"/{field}/{place}/{name}" for name in wrong] == [e.path for e in caught.value.errors]


def test_all_errors_come_at_once() -> None:
    """Three mistakes in one request are three errors."""
    ready = make_ready(LOADED.ruleset)  # type: ignore[arg-type]  # test_the_playbook_is_right
    touch = {"at": "yesterday", "direction": "inbound", "channel": "email", "outcome": "spoke"}
    body = {"prospect": {"id": "p", "tier": "iron"}, "history": [touch]}

    with pytest.raises(InvalidRequest) as caught:
        read_request(body, ready, NOW)

    paths = [error.path for error in caught.value.errors]
    assert ["/prospect/tier", "/history/0/at", "/history/0/outcome"] == paths
