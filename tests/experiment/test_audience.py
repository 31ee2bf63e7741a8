"""Who takes part: the condition of an audience means what it would mean in a playbook."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.decision import decide, make_ready, read_request
from service.experiment import LoadedExperiment, load_experiment
from service.experiment.audience import Audience, Judgement
from service.playbook import load
from tests.policies import UNGUARDED

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
REST = {
    "experiment": "some",
    "title": "One against the other",
    "hypothesis": "The other is better.",
    "arms": [{"arm": "one", "playbook": "house"}, {"arm": "other", "playbook": "other"}],
    "primary": {"outcome": "won", "within": "30 days"},
    "planned": 800,
}


def audience(condition: dict[str, Any] | None) -> Audience:
    """The audience of a condition; None leaves it out."""
    asked = {} if condition is None else {"audience": condition}
    loaded = written(asked)
    assert loaded.diagnostics == ()
    assert loaded.experiment is not None
    return loaded.experiment.audience


def written(asked: dict[str, Any]) -> LoadedExperiment:
    """What becomes of an experiment with an audience."""
    return load_experiment(json.dumps({**REST, **asked}))


DIRECTORS_HERE = {"seniority": {"at_least": "director"}, "country": ["US", "CA"]}


@pytest.mark.parametrize(
    ("condition", "prospect", "expected"),
    [
        (DIRECTORS_HERE, {"seniority": "vp", "country": "CA"}, (True, ())),
        (DIRECTORS_HERE, {"seniority": "manager", "country": "CA"}, (False, ())),
        # One part is plainly false, so nobody need know the other.
        (DIRECTORS_HERE, {"country": "FR"}, (False, ())),
        (DIRECTORS_HERE, {"country": "US"}, (None, ("seniority",))),
        (DIRECTORS_HERE, {}, (None, ("seniority", "country"))),
        (DIRECTORS_HERE, {"seniority": None, "country": " "}, (None, ("seniority", "country"))),
        # What is of another type is not known; the request is refused for it elsewhere.
        (DIRECTORS_HERE, {"seniority": "boss", "country": 7}, (None, ("seniority", "country"))),
        ({"not": {"existing_client": True}}, {"existing_client": False}, (True, ())),
        ({"not": {"existing_client": True}}, {}, (None, ("existing_client",))),
        ({"company": {"known": False}}, {}, (True, ())),
        ({"any": [{"country": "US"}, {"sweet_spot": True}]}, {"sweet_spot": True}, (True, ())),
        (
            {"any": [{"country": "US"}, {"sweet_spot": True}]},
            {"country": "FR"},
            (None, ("sweet_spot",)),
        ),
        ({"buying_cycle_days": {"between": [30, 90]}}, {"buying_cycle_days": 90}, (True, ())),
        ({"buying_cycle_days": {"not": {"more_than": 30}}}, {"buying_cycle_days": 31}, (False, ())),
        (None, {}, (True, ())),
    ],
)
def test_who_takes_part(
    condition: dict[str, Any] | None,
    prospect: dict[str, object],
    expected: tuple[bool | None, tuple[str, ...]],
) -> None:
    """Unknown is neither yes nor no, and whoever is in doubt can see what is missing."""
    assert audience(condition).judge(prospect) == Judgement(*expected)


# ---- against the engine -------------------------------------------------------------

_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "country": st.sampled_from(["US", "CA", "FR"]),
    "company": st.sampled_from(["One", "Two"]),
    "seniority": st.sampled_from(["individual", "manager", "director", "vp", "c_level"]),
    "purchase_type": st.sampled_from(["commodity", "considered", "capital"]),
    "audience": st.sampled_from(["b2b", "b2c"]),
    "existing_client": st.booleans(),
    "sweet_spot": st.booleans(),
    "buying_cycle_days": st.integers(1, 5),
}
_ORDERED = ("seniority", "purchase_type", "buying_cycle_days")


def _tests(name: str) -> st.SearchStrategy[Any]:
    value = _VALUES[name]
    found = [
        value,
        st.lists(value, min_size=1, max_size=3),
        st.fixed_dictionaries({"known": st.booleans()}),
        st.fixed_dictionaries({"not": value}),
    ]
    if name in _ORDERED:
        words = ("at_least", "at_most", "more_than", "less_than")
        found += [st.fixed_dictionaries({word: value}) for word in words]
    return st.one_of(found)


_ONE_TEST = st.sampled_from(sorted(_VALUES)).flatmap(
    lambda name: st.fixed_dictionaries({name: _tests(name)})
)
_CONDITIONS = st.recursive(
    _ONE_TEST,
    lambda parts: st.one_of(
        st.fixed_dictionaries({"all": st.lists(parts, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(parts, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": parts}),
    ),
    max_leaves=6,
)
_PROSPECTS = st.fixed_dictionaries(
    {}, optional={name: st.none() | value for name, value in _VALUES.items()}
)


@settings(max_examples=25)
@given(condition=_CONDITIONS, prospects=st.lists(_PROSPECTS, min_size=8, max_size=8))
def test_the_engine_agrees(condition: dict[str, Any], prospects: list[dict[str, Any]]) -> None:
    """Whoever belongs is whoever a playbook with the same `when` has something to do for."""
    playbook = {
        "playbook": "same-condition",
        "title": "The same",
        "about": "To ask the engine.",
        "plays": [
            {
                "rule": "they",
                "when": condition,
                "do": {"action": "find_new_contact"},
                "because": "A.",
            }
        ],
        "otherwise": {"action": "stop", "because": "B."},
    }
    loaded = load(json.dumps(playbook))
    if (ruleset := loaded.ruleset) is None:
        # Where a rule can never hold, nobody can ever belong, and both are mistakes.
        assert {d.code for d in loaded.diagnostics if d.severity == "error"} == {"rule-never-fires"}
        assert [d.code for d in written({"audience": condition}).diagnostics] == [
            "audience-never-holds"
        ]
        return
    judged, ready = audience(condition), make_ready(ruleset)
    for prospect in prospects:
        body = {"prospect": {"id": "c-1", **prospect}, "history": []}
        decision = decide(ready, UNGUARDED, read_request(body, ready, NOW))

        assert (decision.reason == "MATCHED") is (judged.judge(prospect).belongs is True)
