"""For `test_contract`: requests that get each status documented for experiments.

They stand as `document_cases` has them; what differs is that an experiment is started, and that
its arms go by playbooks.
"""

from pathlib import Path
from typing import Any

from service.store.documents.document_rows import text_digest
from tests.document_cases import BODIES, Case, document_cases, saved

AT = "/v1/experiments"
_NAME = "two-houses"
_OURS = {"name": _NAME}
_MISSING = {"name": "missing"}
_REQUEST = {"prospect": {"id": "c-1"}, "history": []}
_WHY = {"json": {"why": "enough"}}
_PLAN = {"json": {"weeks": 6, "rate": 0.05, "units_per_week": 120}}


def experiment_text(name: str) -> str:
    """An experiment on the house and another."""
    return f"""\
experiment: {name}
title: Two houses
hypothesis: The second house books more meetings.
arms:
  - {{arm: control, playbook: house}}
  - {{arm: second, playbook: second}}
primary: {{outcome: meeting_booked, within: 30 days}}
planned: 100
"""


def published(at: str, name: str, text: str) -> list[Case]:
    """Requests after which the text is published."""
    digest = {"digest": text_digest(text)}
    publish = {"method": "POST", "path": f"{at}/{name}/publish", "json": digest}
    return [saved(at, name, text), publish]


def _act(name: str, act: str, **more: Any) -> Case:
    return {"method": "POST", "path": f"{AT}/{name}/{act}", **more}


def experiment_cases(house: Path) -> dict[str, dict[str, Case]]:
    """The cases; `house` is the file of the playbook of that name."""
    text = house.read_text("utf-8").replace("playbook: house", "playbook: second", 1)
    second = published("/v1/playbooks", "second", text)

    def there(name: str = _NAME) -> list[Case]:
        return [*second, *published(AT, name, experiment_text(name))]

    def started(name: str = _NAME) -> list[Case]:
        return [*there(name), _act(name, "start")]

    cases = document_cases(AT, _NAME, experiment_text(_NAME).encode())
    for of_operation in cases.values():
        for case in of_operation.values():
            if case.get("name") == _NAME:
                case["after"] = [*there(), *case.get("after", ())]
    cases[f"POST {AT}/{{name}}/archive"]["409"]["after"] = started()
    over = [*started("over"), _act("over", "stop"), _act("over", "decide", **_WHY)]
    acts: dict[str, tuple[Case, dict[str, Case]]] = {
        "start": ({}, {"409": {"name": "over", "after": over}}),
        "stop": ({}, {"409": {"name": "idle", "after": there("idle")}}),
        "arms/{arm}/stop": (
            {**_WHY, "arm": "second"},
            {
                "404": {**_OURS, **_WHY, "arm": "third", "after": started()},
                "409": {**_WHY, "arm": "second", "name": "over", "after": over},
            },
        ),
        "decide": (_WHY, {"409": {**_OURS, **_WHY, "after": started()}}),
    }
    for act, (sent, more) in acts.items():
        name = f"{act[0]}-it"
        before = [*started(name), *([_act(name, "stop")] if act == "decide" else [])]
        arm = {"arm": "second"} if "{arm}" in act else {}
        cases[f"POST {AT}/{{name}}/{act}"] = {
            **{status: {**_OURS, **arm, **case} for status, case in BODIES.items()},
            "200": {**sent, "name": name, "after": before},
            "404": {**sent, **_MISSING},
            "422": {**_OURS, **arm, "json": {"note": 1}, "after": there()},
            **more,
        }
    return {
        **cases,
        f"GET {AT}/{{name}}/report": {
            "200": {**_OURS, "after": started()},
            "404": _MISSING,
            "422": {**_OURS, "query_string": "as_of=2999-01-01T00:00:00Z"},
        },
        f"POST {AT}/{{name}}/assignment": {
            **{status: {**_OURS, **case} for status, case in BODIES.items()},
            "200": {**_OURS, "json": _REQUEST, "after": started()},
            "404": {**_MISSING, "json": _REQUEST},
            "422": {**_OURS, "json": {}},
        },
        f"POST {AT}/plan": {**BODIES, "200": _PLAN, "422": {"json": {}}},
    }
