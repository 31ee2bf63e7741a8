"""Playbooks over HTTP: listed, shown, and judged."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from service.shipped import shipped

PLAYBOOKS = Path(__file__).parents[1] / "corpus" / "requests" / "playbooks"
HOUSE = (PLAYBOOKS / "house.yaml").read_bytes()


def schema(name: str, part: str = "") -> Draft202012Validator:
    """The validator for a schema file, or for one of its parts."""
    document = json.loads(shipped("schemas", f"{name}.schema.json").read_text("utf-8"))
    return Draft202012Validator({**document, "$ref": f"#/$defs/{part}"} if part else document)


def test_list_names_playbooks(client: FlaskClient) -> None:
    """The list has every playbook in short; what the first start could not read is in none."""
    answer = client.get("/v1/playbooks").get_json()

    schema("playbooks").validate(answer)
    assert answer["default"] == "house"
    assert [playbook["name"] for playbook in answer["playbooks"]] == ["house"]
    assert answer["unusable"] == []


def test_playbook_is_shown_whole(client: FlaskClient) -> None:
    """One playbook comes with its text, its numbers, and its rules in order with their lines."""
    answer = client.get("/v1/playbooks/house").get_json()

    document = json.loads(shipped("schemas", "playbooks.schema.json").read_text("utf-8"))
    Draft202012Validator({"$ref": "#/$defs/playbook", "$defs": document["$defs"]}).validate(answer)
    assert HOUSE.decode() == answer["text"]
    assert [p["value"] for p in answer["parameters"]] == [7]
    assert answer["templates"] == ["gentle-nudge", "worried-about-you"]
    lines = answer["text"].splitlines()
    rules = answer["rules"]
    assert [(rule["name"], rule["kind"]) for rule in rules] == [
        ("gone-silent", "conclude"),
        ("deal-lost", "exit"),
        ("good-person-voicemail", "play"),
        ("ask-about-the-rival", "play"),
        ("otherwise", "otherwise"),
    ]
    assert all(rule["name"] in lines[rule["line"] - 1] for rule in rules[:-1])


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("image/png", "application/json"),
        ("nonsense", "application/json"),
        ("application/yaml", "application/yaml"),
        ("text/yaml", "application/yaml"),
        ("application/json;q=0.5, application/yaml", "application/yaml"),
    ],
)
def test_playbook_comes_as_wished(accept: str | None, expected: str, client: FlaskClient) -> None:
    """YAML for those who would rather have it, JSON for everybody else."""
    response = client.get("/v1/playbooks/house", headers={"Accept": accept} if accept else {})

    assert (expected, "Accept") == (response.content_type, response.headers["Vary"])
    if expected == "application/yaml":
        assert HOUSE == response.data


def judged(client: FlaskClient, text: bytes, content_type: str) -> dict[str, Any]:
    """The verdict on a text."""
    response = client.post("/v1/playbooks/validate", data=text, content_type=content_type)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.get_json()
    schema("diagnostics").validate(answer)
    return answer


@pytest.mark.parametrize(
    "content_type",
    ["application/yaml", "text/yaml", "text/plain; charset=utf-8", "application/x-yaml"],
)
def test_valid_text_is_judged_with_its_examples(content_type: str, client: FlaskClient) -> None:
    """A valid text is named, has the digest it would get, and its examples are run."""
    verdict = judged(client, HOUSE, content_type)

    listed = client.get("/v1/playbooks").get_json()["playbooks"][0]
    assert (True, "house", listed["digest"]) == (
        verdict["valid"],
        verdict["name"],
        verdict["digest"],
    )
    assert [example["passed"] for example in verdict["examples"]] == [True]
    assert "deal-lost" in verdict["unreached"]


def test_text_in_json_is_judged_alike(client: FlaskClient) -> None:
    """A text in the field `text` gets the same verdict as the text alone."""
    in_json = json.dumps({"text": HOUSE.decode()}).encode()

    assert judged(client, HOUSE, "text/yaml") == judged(client, in_json, "application/json")


def test_failing_example_is_shown(client: FlaskClient) -> None:
    """An example that goes otherwise than expected leaves the text valid, and says how."""
    text = HOUSE.replace(b"channel: voicemail}", b"channel: email}")
    verdict = judged(client, text, "text/yaml")

    (example,) = verdict["examples"]
    assert (True, False) == (verdict["valid"], example["passed"])
    failed = [check for check in example["checks"] if not check["passed"]]
    assert failed == [
        {"what": "channel", "expected": "email", "actual": "voicemail", "passed": False}
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"\xef\xbb\xbf" + HOUSE,
        b"\x00",
        b"[" * 100_000,
        b"&a [*a]",
        b"a: &a [x]\nb: [*a, *a]",
        b"<<: {}",
        b"- 1",
        b"playbook: Not A Name",
        b"!!python/object/apply:os.system [true]",
        b"playbook: house\nplaybook: house",
        b"{",
        b"a: " + b"9" * 5000,
        HOUSE.replace(b"as_of: 2026-11-20T15:00:00-06:00", b"as_of: 2026-02-30"),
        HOUSE.replace(b"{at: 2026-11-02, email: follow_up}", b"{at: never, fax: follow_up}"),
        HOUSE.replace(b"days_ago", b"at").replace(b"at: 2026-11-06", b"days_ago: 99999999"),
        HOUSE.replace(b"deal_stage: lost", b"deal_stage: [lost, 3]"),
    ],
)
def test_no_text_does_harm(text: bytes, client: FlaskClient) -> None:
    """Whatever is sent as a playbook, the answer is a verdict."""
    verdict = judged(client, text, "text/yaml")

    assert verdict["valid"] or verdict["diagnostics"]
