"""What the history says of a prospect at one moment; the cases are files."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decision.explanation import plain
from service.decision.facts import facts_at
from service.decision.history import History, Touch
from service.decision.prospect import Words, read_request
from service.playbook.vocabulary import ACTIONS, CHANNELS, STANDARD_FACTS

CORPUS = Path(__file__).parents[1] / "corpus" / "facts"
FILES = sorted(CORPUS.glob("*.json"))
CASES = [case for file in FILES for case in json.loads(file.read_text())]
AS_OF = "2026-11-20T12:00:00Z"


def facts_of(case: dict[str, Any]) -> tuple[dict[str, object], list[str]]:
    """The facts of a case as JSON has them, and the codes of the warnings."""
    body = {
        "prospect": {"id": "p", **case.get("prospect", {})},
        "history": case["history"],
        "as_of": AS_OF,
    }
    request = read_request(body, Words(STANDARD_FACTS, {}, {}), datetime.now(UTC))
    facts = facts_at(request.given, request.history, request.calendar)
    return {k: plain(v) for k, v in facts.items()}, [w.code for w in request.warnings]


def test_there_are_cases() -> None:
    """A folder without cases would prove nothing."""
    assert FILES


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_history_gives_the_facts(case: dict[str, Any]) -> None:
    """Each case's facts are computed, and what it calls unknown has no value."""
    facts, warnings = facts_of(case)

    assert case["facts"] == {name: facts.get(name) for name in case["facts"]}
    assert [] == [name for name in case.get("unknown", ()) if name in facts]
    assert case.get("warnings", []) == warnings


def test_every_computed_fact_has_a_case() -> None:
    """Every standard fact that the history gives is computed in some case, but for `now`."""
    computed = {name for name, fact in STANDARD_FACTS.items() if fact.origin == "history"}
    shown = {name for case in CASES for name in (*case["facts"], *case.get("unknown", ()))}

    assert {"now"} | {f"attempts_{c}" for c in CHANNELS} >= computed - shown


touches = st.builds(
    Touch,
    at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    direction=st.sampled_from(["inbound", "outbound"]),
    channel=st.sampled_from(CHANNELS),
    action=st.sampled_from(["", *ACTIONS]),
    outcome=st.sampled_from(["sent", "replied", "bounced", "spoke", "auto_reply"]),
    id=st.sampled_from(["", "a", "b"]),
)
MOMENT = datetime(2026, 11, 20, 12, tzinfo=UTC)


@given(st.lists(touches, max_size=12), st.randoms())
def test_the_order_of_a_history_does_not_matter(found: list[Touch], chance: Any) -> None:
    """Shuffled, or with every touch listed twice, a history is the same history."""
    shuffled = found * 2
    chance.shuffle(shuffled)

    assert History(found, MOMENT).touches == History(shuffled, MOMENT).touches


@given(st.lists(touches, max_size=12))
def test_what_comes_later_changes_nothing(found: list[Touch]) -> None:
    """A history with touches after the moment reads like the history without them."""
    known = [touch for touch in found if touch.at <= MOMENT]

    assert History(known, MOMENT).touches == History(found, MOMENT).touches
    assert len(found) - len(known) == History(found, MOMENT).later
