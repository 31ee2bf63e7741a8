"""Requests that nobody would write: every one is answered or refused, and none is a 500."""

import json
from datetime import date
from typing import Any

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from service.playbook.vocabulary import (
    ACTIONS,
    CHANNELS,
    INBOUND_OUTCOMES,
    OUTBOUND_OUTCOMES,
    STANDARD_FACTS,
)
from service.shipped import shipped

_WORDS = [
    "",
    " ",
    "x",
    "US",
    "IL",
    "America/Chicago",
    "Asia/Kathmandu",
    "rival_known",
    "\U0001f600",
]
_TIMES = [
    "2026-11-20T15:00:00-05:00",
    "2026-11-01T09:00:00Z",
    "2027-03-28T01:59:59.999999999+01:00",
    "1900-01-02T00:00:00+14:00",
    "2999-12-30T23:59:59-12:00",
    "1900-01-01T00:00:00+14:00",
    "2999-12-31T23:59:59-12:00",
    "2026-02-30T00:00:00Z",
    "2026-11-20",
]
_VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 400)
    | st.sampled_from([2**53, -(2**53), 0.5, 1e15, 1e-9])
    | st.sampled_from([*_WORDS, *_TIMES, *CHANNELS, *ACTIONS])
    | st.lists(st.sampled_from([*_WORDS, *CHANNELS]), max_size=3)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
_FACTS = st.sampled_from([*STANDARD_FACTS, "rival_known", "custom", "gone_silent"])


_TYPED: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(1, 400),
    "text": st.sampled_from(_WORDS),
    "list": st.lists(st.sampled_from(CHANNELS), max_size=3),
    "date": st.dates(date(1900, 1, 1), date(2999, 12, 31)).map(str),
    "instant": st.sampled_from(_TIMES[:5]),
}


def _mostly(usual: st.SearchStrategy[Any], rare: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    # Not `one_of`: it counts the same strategy once, however often it is given.
    return st.integers(0, 20).flatmap(lambda number: rare if number == 13 else usual)


def _given_value(name: str) -> st.SearchStrategy[Any]:
    """Nearly always a value that the fact can have."""
    fact = STANDARD_FACTS.get(name)
    if fact is None:
        return _VALUES
    fitting = st.sampled_from(fact.values) if fact.values else _TYPED[fact.type]
    return _mostly(fitting, _VALUES)


def _touches(direction: str, outcomes: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "at": _mostly(st.sampled_from(_TIMES[:5]), st.sampled_from(_TIMES)),
            "direction": st.just(direction),
            "channel": st.sampled_from(CHANNELS),
        },
        optional={
            "action": st.sampled_from([*ACTIONS, "strange", None]),
            "template": st.sampled_from(["gentle-nudge", "none", None]),
            "outcome": st.sampled_from([*outcomes, None]),
            "id": st.sampled_from(["t-1", "t-2", None]),
        },
    )


_PROSPECTS = st.lists(
    _FACTS.flatmap(lambda name: st.tuples(st.just(name), _given_value(name))), max_size=8
).map(lambda pairs: {**dict(pairs), "id": "c-1"})
_TOUCHES = _touches("outbound", OUTBOUND_OUTCOMES) | _touches("inbound", INBOUND_OUTCOMES)
_REQUESTS = st.fixed_dictionaries(
    {"prospect": _PROSPECTS, "history": st.lists(_TOUCHES, max_size=6)},
    optional={
        "as_of": st.sampled_from([*_TIMES[:5], None]),
        "playbook": st.sampled_from(["house", None]),
    },
)

DECISION = Draft202012Validator(
    json.loads(shipped("schemas", "decision.schema.json").read_text("utf-8"))
)


@given(_REQUESTS)
def test_any_request_is_answered_or_refused(app: Flask, request_: dict[str, Any]) -> None:
    """Whatever a request says, the answer keeps to the contract, or says what is wrong."""
    response = app.test_client().post("/v1/next-action", json=request_)
    answer = response.get_json(force=True)

    assert response.status_code in {200, 422}, answer
    if response.status_code == 200:
        assert [error.message for error in DECISION.iter_errors(answer)] == []
    else:
        assert answer["errors"]


@given(_REQUESTS.filter(lambda request: request.get("as_of")))
def test_same_request_gets_the_same_answer(app: Flask, request_: dict[str, Any]) -> None:
    """With a moment given, the same request gets the same bytes, but for the decision's id."""
    first, second = (app.test_client().post("/v1/next-action", json=request_) for _ in range(2))

    assert _without_id(first.get_json(force=True)) == _without_id(second.get_json(force=True))


def _without_id(answer: dict[str, Any]) -> str:
    return json.dumps({name: part for name, part in answer.items() if name != "decision_id"})
