"""The contract for older readers: one document, and nothing that they refuse."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV30SpecValidator

from service.playbook.text import document
from service.shipped import shipped
from service.web.openapi30 import openapi30, to_yaml

APEX_NAME = re.compile(r"[A-Za-z](_?[A-Za-z0-9])*")
REFUSED = {
    "not",
    "const",
    "enum",
    "if",
    "then",
    "else",
    "prefixItems",
    "patternProperties",
    "$defs",
} | {"$id", "$schema", "propertyNames", "examples", "headers", "anyOf", "oneOf"}


@pytest.fixture
def contract(client: FlaskClient) -> dict[str, Any]:
    """The 3.0 document, read as YAML."""
    read: dict[str, Any] = yaml.load(client.get("/openapi-3.0.yaml").data, yaml.CSafeLoader)
    return read


def schemas(value: object, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in the document, with its place."""
    if isinstance(value, dict):
        if path.endswith("/schema") or re.fullmatch(r"/components/schemas/\w+", path):
            yield from parts(value, path)
        else:
            for name, part in value.items():
                yield from schemas(part, f"{path}/{name}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from schemas(part, f"{path}/{number}")


def parts(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and the schemas inside it."""
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from parts(part, f"{path}.{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from parts(schema[name], f"{path}.{name}")


def test_it_is_openapi_30(contract: dict[str, Any]) -> None:
    """The document is valid OpenAPI 3.0.3 and refers to nothing outside itself."""
    OpenAPIV30SpecValidator(contract).validate()

    assert contract["openapi"] == "3.0.3"
    references = re.findall(r'"\$ref": "([^"]*)"', json.dumps(contract))
    assert len(references) >= 10
    assert [] == [r for r in references if not r.startswith("#/components/schemas/")]


def test_operations_are_those_in_json(contract: dict[str, Any]) -> None:
    """The operations that give JSON are there, with the names they have in 3.1."""
    operations = {o["operationId"] for path in contract["paths"].values() for o in path.values()}

    whole, diagnostics = document.read(shipped("openapi.yaml").read_bytes())
    assert whole is not None, diagnostics
    every = {o["operationId"] for path in whole.data["paths"].values() for o in path.values()}
    assert every - operations == {"metrics", "openapi", "openapi30", "schema"}
    assert operations <= every


def test_nothing_refused_is_in_it(contract: dict[str, Any]) -> None:
    """No schema has a keyword, a union or a list of lists that External Services refuses."""
    found = dict(schemas(contract))

    assert len(found) >= 100
    for path, schema in found.items():
        assert REFUSED & schema.keys() == set(), path
        assert isinstance(schema.get("type", ""), str), path
        assert schema.get("items", {}).get("type") != "array", path
        assert schema.get("additionalProperties", {}) is not False, path
    for path in contract["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                assert "headers" not in response
                assert response.get("content", {}).keys() <= {"application/json"}


def test_names_are_apex_identifiers(contract: dict[str, Any]) -> None:
    """Objects, properties and operations have names that Apex can have."""
    names = {name for _, schema in schemas(contract) for name in schema.get("properties", {})}
    names |= contract["components"]["schemas"].keys()
    names |= {o["operationId"] for path in contract["paths"].values() for o in path.values()}

    assert [] == [name for name in names if not APEX_NAME.fullmatch(name)]


def test_descriptions_are_short_enough(contract: dict[str, Any]) -> None:
    """No description is cut by External Services."""
    lengths = [len(schema.get("description", "")) for _, schema in schemas(contract)]
    lengths += [len(o["description"]) for path in contract["paths"].values() for o in path.values()]

    assert max(lengths) <= 1_333


def test_every_field_of_a_decision_is_in_it(contract: dict[str, Any]) -> None:
    """Nothing of the answer is lost."""
    decision = contract["components"]["schemas"]["Decision"]["properties"]

    whole = json.loads(shipped("schemas", "decision.schema.json").read_text("utf-8"))
    assert list(decision) == list(whole["properties"])
    assert contract["components"]["schemas"]["DecisionTiming"]["nullable"] is True
    assert "One of: email," in decision["channel"]["description"]


def test_strange_reference_is_an_error() -> None:
    """A reference to something else than a schema file is not passed over."""
    operation = {
        "responses": {
            "200": {
                "description": "x",
                "content": {"application/json": {"schema": {"$ref": "https://example.com/x"}}},
            }
        }
    }
    contract = {
        "info": {"title": "x", "version": "1", "description": "x"},
        "servers": [],
        "components": {},
        "paths": {"/x": {"get": operation}},
    }

    with pytest.raises(ValueError, match="cannot follow"):
        openapi30(contract, {})


@pytest.mark.parametrize(
    "value",
    [
        {"a": {"b": [1, {"c": None}, [], {}]}, "d e": "x: y\n# z", "no": "no", "200": "\u00e9"},
        {"a": [[1, 2], ["x"]], "/v1/{name}": True, "$ref": "#/a"},
    ],
)
def test_yaml_is_read_as_what_was_written(value: dict[str, Any]) -> None:
    """What is written as YAML is read as the same."""
    read, diagnostics = document.read(to_yaml(value))

    assert (value, ()) == (read and read.data, diagnostics)
