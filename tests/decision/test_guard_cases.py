"""The contact policy, guard by guard: whole decisions, read from `tests/corpus/guards/*.yaml`.

Each file has `rules` and `laws` as a policy and a pack of laws have them, and cases in the
shorthand of examples. `by` are the channels that the playbook would take, the best first.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.decision import decide, make_ready, read_request
from service.decision.examples import request_of
from service.decision.guards import Guards, make_guards
from service.playbook import load
from service.playbook.text.document import read
from service.policy import load_laws, load_policy, policy_of_laws
from service.policy.policy import NO_POLICY, Policy

Written = dict[str, Any]
FOLDER = Path(__file__).parents[1] / "corpus" / "guards"
NOW = datetime(2026, 11, 18, 16, tzinfo=UTC)
SOURCE = {"citation": "Act 1", "checked": "2026-11-22"}


def files() -> dict[str, Written]:
    """What stands in each file."""
    found = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        document, wrong = read(path.read_bytes())
        assert document is not None, wrong
        found[path.stem] = document.data
    return found


CASES = [
    pytest.param(file, case, id=f"{name}: {case['case']}")
    for name, file in files().items()
    for case in file["cases"]
]


def guards_of(rules: list[Written], laws: list[Written]) -> Guards:
    """The guards of some rules and some laws."""
    head = {"title": "Case", "about": "It is a case."}
    because = {"because": "It is asked for."}
    own, rows = NO_POLICY, ()
    if rules:
        text = {"policy": "case", **head, "rules": [{**because, **rule} for rule in rules]}
        loaded = load_policy(json.dumps(text), {})
        assert loaded.policy is not None, loaded.diagnostics
        own = loaded.policy
    if laws:
        pack = {"laws": "case", "title": "Case", "notice": "No advice."}
        text = {**pack, "rows": [{**because, **SOURCE, **law} for law in laws]}
        found = load_laws(json.dumps(text))
        assert found.laws is not None, found.diagnostics
        rows = policy_of_laws(found.laws).rows
    return make_guards(Policy("case", "Case", "", own.seller, (*own.rows, *rows), ""))


def answer_to(file: Written, case: Written) -> Written:
    """The decision of a playbook that would make a contact, by one channel or another."""
    plays = [
        {"rule": f"by-{channel}", "because": "It is time.",
         "do": {"action": "check_in", "channel": channel, "window": "any_time",
                **case.get("do", {})}}
        for channel in case["by"]
    ]  # fmt: skip
    loaded = load(json.dumps({"playbook": "case", "title": "Case", "about": "A case.",
                              "plays": plays}))  # fmt: skip
    assert loaded.ruleset is not None, loaded.diagnostics
    ready = make_ready(loaded.ruleset)
    request = read_request(request_of(case), ready, NOW)
    guards = guards_of(file.get("rules", []), file.get("laws", []))
    return decide(ready, guards, request).to_json()


def seen(answer: Written) -> Written:
    """An answer in the words of the cases."""
    timing = answer["timing"] or {}
    policy = answer["explanation"]["policy"]
    return {
        **{name: answer[name] for name in ("action", "channel", "reason", "facts_needed")},
        **{name: timing.get(name) for name in ("due", "not_after", "expires")},
        "guards": {each["guard"]: each["verdict"] for each in policy},
        "until": {each["guard"]: each["until"] for each in policy if each["until"]},
        "because": {each["guard"]: each["because"] for each in policy},
        "lost_to": [each["lost_to"] for each in answer["explanation"]["alternatives"]],
    }


@pytest.mark.parametrize(("file", "case"), CASES)
def test_a_decision_is_as_its_case_says(file: Written, case: Written) -> None:
    """Every part of the answer that a case speaks of is as it says."""
    found = seen(answer_to(file, case))

    for part, expected in case["expect"].items():
        actual = found[part]
        if isinstance(expected, dict):
            actual = {name: actual.get(name) for name in expected}
        assert (part, actual) == (part, expected)


def test_there_are_cases() -> None:
    """The folder is found."""
    assert len(CASES) >= 60
