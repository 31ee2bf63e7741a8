"""`POST /v1/timeline`, case by case: the files in tests/corpus/requests/timelines/ say what holds.

What is refused stands with all other bad requests, in `bad/`.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker

from service.decision.forward import DAYS, MOST_DAYS, MOST_TOUCHES
from service.decision.timeline import Why
from service.playbook.vocabulary import INBOUND_OUTCOMES
from service.shipped import shipped
from tests.conftest import Golden

CASES = sorted((Path(__file__).parents[1] / "corpus" / "requests" / "timelines").glob("*.json"))
#: The schemas whose parts are held to be the same as in the schema that they come from.
SHARED = {"timeline-request": "decision-request", "timeline": "decision"}


def schema(name: str) -> dict[str, Any]:
    """A schema file as plain data."""
    found: dict[str, Any] = json.loads(shipped("schemas", f"{name}.schema.json").read_text("utf-8"))
    return found


def test_there_are_cases() -> None:
    """The folder holds some."""
    assert len(CASES) >= 10


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_timeline_is_as_its_file_says(path: Path, client: FlaskClient) -> None:
    """The first entries, what was assumed, the end and the warnings, and the whole in form."""
    case = json.loads(path.read_text("utf-8"))

    response = client.post("/v1/timeline", json=case["json"])
    answer = response.get_json()

    assert response.status_code == 200, answer
    checker = Draft202012Validator(schema("timeline"), format_checker=FormatChecker())
    assert [error.message for error in checker.iter_errors(answer)] == []
    [line] = answer["timelines"]
    expected, end = case["timeline"], line["end"]
    entries = [[e["day"], e["action"], e["channel"], e["rule"]] for e in line["entries"]]
    assert expected == {
        "until": answer["until"],
        "entries": entries[: len(expected["entries"])],
        "assumed": [[h["day"], h["outcome"], h["channel"]] for h in line["assumed"]],
        "end": [end["why"], end["day"], end["rule"], end["facts_needed"]],
        "warnings": [warning["code"] for warning in line["warnings"]],
    }


def test_first_entry_is_the_next_action(client: FlaskClient, question: dict[str, Any]) -> None:
    """A timeline begins with what `/v1/next-action` answers to the same request."""
    now = client.post("/v1/next-action", json=question).get_json()
    line = client.post("/v1/timeline", json={"request": question}).get_json()["timelines"][0]

    entry = line["entries"][0]
    for name in ("action", "channel", "message", "because", "reason"):
        assert entry[name] == now[name]
    assert entry["at"] == now["timing"]["due"]
    assert line["playbook"] == now["playbook"]


def test_words_and_bounds_are_the_products() -> None:
    """Outcomes, reasons to end and bounds are the same in the schemas and in the service."""
    request, answer = schema("timeline-request"), schema("timeline")
    assumption = request["$defs"]["assumption"]["properties"]

    assert assumption["outcome"]["enum"] == [*INBOUND_OUTCOMES, None]
    assert answer["$defs"]["happened"]["properties"]["outcome"]["enum"] == [*INBOUND_OUTCOMES, None]
    assert answer["$defs"]["end"]["properties"]["why"]["enum"] == list(Why.__args__)
    assert request["properties"]["days"]["maximum"] == MOST_DAYS
    assert request["properties"]["days"]["examples"] == [DAYS]
    assert answer["$defs"]["timeline"]["properties"]["entries"]["maxItems"] == MOST_TOUCHES


@pytest.mark.parametrize("name", SHARED)
def test_shared_parts_are_alike(name: str, golden: Golden) -> None:
    """Each schema file stands alone; with --update-golden the parts are copied anew."""
    ours, theirs = schema(name), schema(SHARED[name])
    parts = theirs["$defs"]
    if name == "timeline-request":
        request = {key: part for key, part in theirs.items() if not key.startswith("$")}
        ours["$defs"] |= {**parts, "request": request}
        facts = ours["$defs"]["assumption"]["properties"]["facts"]
        facts |= {key: parts["prospect"][key] for key in ("propertyNames", "additionalProperties")}
    else:
        ours["$defs"] |= {key: parts[key] for key in ("message", "guard", "playbook", "warning")}
        entry = ours["$defs"]["entry"]["properties"]
        entry |= {key: theirs["properties"][key] for key in ("action", "channel", "because")}

    golden(shipped("schemas", f"{name}.schema.json"), ours)
