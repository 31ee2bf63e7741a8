"""The schema files: complete, well described, and in the words of the vocabulary."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from service.playbook.vocabulary import (
    ACTIONS,
    CHANNELS,
    INBOUND_OUTCOMES,
    OUTBOUND_OUTCOMES,
    STANDARD_FACTS,
)
from service.shipped import shipped
from service.web.strict_json import MAX_INTEGER

FILES = sorted(shipped("schemas").glob("*.schema.json"))
#: playbook.schema.json is for editors, and has tests of its own.
OURS = [path for path in FILES if path.name != "playbook.schema.json"]
#: What people write, and may leave out.
WRITTEN = ("policy.schema.json", "laws.schema.json", "experiment.schema.json")
#: Of an answer, what is there only where somebody asked for it.
ASKED_FOR = ("why_not",)
#: What only some kinds of problem have.
OF_A_KIND = ("violated-policies", "yours", "theirs", "fields", "diagnostics", "examples")


def load(name: str) -> dict[str, Any]:
    """A schema file as plain data."""
    schema: dict[str, Any] = json.loads(
        shipped("schemas", f"{name}.schema.json").read_text("utf-8")
    )
    return schema


def subschemas(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and every schema inside it, with its place."""
    yield path, schema
    for name in ("properties", "$defs"):
        for key, part in schema.get(name, {}).items():
            yield from subschemas(part, f"{path}/{name}/{key}")
    for name in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(name), dict):
            yield from subschemas(schema[name], f"{path}/{name}")


def test_there_are_schemas() -> None:
    """The files of the contract are there."""
    names = {path.name.removesuffix(".schema.json") for path in FILES}

    assert names >= {"decision-request", "decision", "problem", "diagnostics", "playbooks"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_schema_is_one(path: Path) -> None:
    """Each file is JSON Schema 2020-12, and named after itself."""
    schema = json.loads(path.read_text("utf-8"))

    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:unghost:schema:{path.name.removesuffix('.schema.json')}"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_every_field_is_described(path: Path) -> None:
    """Every schema in a file has a title and a description: they are the reference."""
    schema = json.loads(path.read_text("utf-8"))
    found = [(place, part) for place, part in subschemas(schema, "") if "$ref" not in part]

    assert len(found) >= 5
    assert [] == [place for place, part in found if not {"title", "description"} <= part.keys()]
    assert [] == [place for place, part in found if not str(part["description"]).endswith(".")]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_examples_are_right(path: Path) -> None:
    """The examples of a field are instances of it."""
    schema = json.loads(path.read_text("utf-8"))
    for place, part in subschemas(schema, ""):
        checker = Draft202012Validator(
            {"$defs": schema["$defs"], **{k: v for k, v in part.items() if k != "$id"}}
        )
        for example in part.get("examples", ()):
            assert checker.is_valid(example), (place, example)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_answers_have_all_their_fields_always(path: Path) -> None:
    """In answers all properties but those asked for are required, and no other is there."""
    if path.name.endswith("-request.schema.json") or path.name in WRITTEN:
        return
    schema = json.loads(path.read_text("utf-8"))
    for place, part in subschemas(schema, ""):
        if "properties" in part:
            is_problem = (path.name, place) == ("problem.schema.json", "")
            left_out = OF_A_KIND if is_problem else ASKED_FOR
            always = [name for name in part["properties"] if name not in left_out]
            assert always == part["required"], place
            assert part["additionalProperties"] is False, place


def test_prospect_has_the_facts_of_the_vocabulary() -> None:
    """The properties of a prospect are the facts that a caller gives, in the same order."""
    given = [fact.name for fact in STANDARD_FACTS.values() if fact.origin == "caller"]

    assert given == list(load("decision-request")["$defs"]["prospect"]["properties"])


_TYPES = {
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "list": "array",
}


@pytest.mark.parametrize(
    "name", [fact.name for fact in STANDARD_FACTS.values() if fact.origin == "caller"]
)
def test_fact_has_the_type_of_the_vocabulary(name: str) -> None:
    """A fact's title, type, words and bounds are those of the vocabulary; null is not known."""
    fact = STANDARD_FACTS[name]
    schema = load("decision-request")["$defs"]["prospect"]["properties"][name]

    assert fact.title == schema["title"]
    type_ = _TYPES.get(fact.type, "string")
    assert schema["type"] == ("string" if name == "id" else [type_, "null"])
    assert schema.get("enum", []) == ([*fact.values, None] if fact.values else [])
    if fact.type == "integer":
        assert (fact.minimum, MAX_INTEGER) == (schema["minimum"], schema["maximum"])
    formats = {"date": "date", "instant": "date-time"}
    assert formats.get(fact.type) == schema.get("format")


def test_words_are_those_of_the_vocabulary() -> None:
    """Channels, outcomes and actions are the same words in requests, answers and playbooks."""
    request, decision = load("decision-request")["$defs"], load("decision")["properties"]
    touch, prospect = request["touch"]["properties"], request["prospect"]["properties"]

    assert [*CHANNELS, None] == touch["channel"]["enum"]
    assert [*CHANNELS, None] == decision["channel"]["enum"]
    assert list(CHANNELS) == prospect["opted_out_channels"]["items"]["enum"]
    assert [*OUTBOUND_OUTCOMES, *INBOUND_OUTCOMES, None] == touch["outcome"]["enum"]
    assert list(ACTIONS) == touch["action"]["examples"] == decision["action"]["examples"]


def test_reasons_and_verdicts_are_closed() -> None:
    """The reasons and verdicts are those of the contract and no others."""
    decision = load("decision")

    assert decision["properties"]["reason"]["enum"] == [
        "MATCHED",
        "FALLBACK",
        "HELD",
        "STOPPED",
        "NEEDS_DATA",
    ]
    assert decision["$defs"]["guard"]["properties"]["verdict"]["enum"] == [
        "ALLOW",
        "HOLD_UNTIL",
        "BAR",
        "NEEDS_DATA",
    ]


def test_diagnostics_look_alike_everywhere() -> None:
    """Diagnostics and examples have one form, whichever answer they stand in."""
    parts = load("diagnostics")["$defs"]

    for name in ("playbooks", "policies", "experiments", "draft", "problem"):
        defs = load(name)["$defs"]
        assert {part: defs[part] for part in parts.keys() & defs.keys()}.items() <= parts.items()
        assert "diagnostic" in defs


@pytest.mark.parametrize("name", ["policy", "laws"])
def test_policies_are_written_as_playbooks_are(name: str) -> None:
    """Channels, touches and moments have one form; so have the examples of policies and laws."""
    ours, playbook = load(name)["$defs"], load("playbook")["$defs"]

    for part in ("channel", "channel_or_none", "outcome", "moment", "touch"):
        assert ours[part] == playbook[part], part
    for part in ("example", "expectation", "facts"):
        assert ours[part] == load("policy")["$defs"][part], part


def test_laws_ask_for_what_rules_ask_for() -> None:
    """Whatever a rule can say a law can say in the same words, and where it holds besides."""
    rule, law = load("policy")["$defs"]["rule"], load("laws")["$defs"]["row"]

    assert rule["oneOf"] == law["oneOf"]
    assert rule["dependentRequired"] == law["dependentRequired"]
    shared = rule["properties"].keys() & law["properties"].keys()
    assert rule["properties"].keys() - shared == {"guard"}
    assert law["properties"].keys() - shared == {
        *("law", "country", "region", "begins", "ends", "citation", "checked")
    }
    for name in shared:
        assert rule["properties"][name] == law["properties"][name]
