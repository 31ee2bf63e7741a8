"""OpenAPI 3.1 with JSON Schema files to one OpenAPI 3.0.3 document, for older readers.

Salesforce External Services is the strictest of them, so the result keeps to what it takes:
one document, JSON bodies only, no response headers, names for every object, plain texts
instead of enumerations, `nullable` instead of a union with null.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

MAX_DESCRIPTION = 1_333
_JSON = "application/json"
_FILE = re.compile(r"^schemas/(?P<name>[a-z-]+)\.schema\.json(?:#/\$defs/(?P<part>\w+))?$")
_KEPT = ("title", "pattern", "format", "minLength", "maxLength", "minItems", "maxItems")
#: Larger bounds than these overflow what the readers have for whole numbers.
_INT32 = 2**31 - 1


def openapi30(openapi: Json, schemas: Mapping[str, Json]) -> Json:
    """The 3.0.3 form of `openapi`, with the `schemas` (by name) that it uses inside.

    Only operations that answer in JSON are kept.

    Raises:
        KeyError: it refers to a schema that is not there.
        ValueError: it refers to something else.
    """
    converter = _Converter(openapi["components"], schemas)
    paths: Json = {}
    for path, operations in openapi["paths"].items():
        kept = {
            method: converter.operation(operation)
            for method, operation in operations.items()
            if _JSON in operation["responses"]["200"]["content"]
        }
        if kept:
            paths[path] = kept
    info = {name: openapi["info"][name] for name in ("title", "version", "description")}
    return {
        "openapi": "3.0.3",
        "info": info,
        "servers": openapi["servers"],
        "paths": paths,
        "components": {"schemas": dict(sorted(converter.components.items()))},
    }


class _Converter:
    """Converts operations, and gathers the schemas that they need as components."""

    def __init__(self, shared: Json, schemas: Mapping[str, Json]) -> None:
        self._shared = shared
        self._schemas = schemas
        self.components: dict[str, Json] = {}

    def operation(self, operation: Json) -> Json:
        result: Json = {
            name: _short(operation[name])
            for name in ("operationId", "summary", "description")
            if name in operation
        }
        if parameters := operation.get("parameters"):
            result["parameters"] = [self._parameter(self._whole(part)) for part in parameters]
        if body := operation.get("requestBody"):
            result["requestBody"] = {
                "required": True,
                "content": self._content(body["content"], "openapi"),
            }
        result["responses"] = {
            status: self._response(self._whole(response))
            for status, response in operation["responses"].items()
        }
        return result

    def _whole(self, part: Json) -> Json:
        """A part of an operation, also where it is only named there."""
        if "$ref" not in part:
            return part
        kind, name = part["$ref"].removeprefix("#/components/").split("/")
        whole: Json = self._shared[kind][name]
        return whole

    def _parameter(self, parameter: Json) -> Json:
        return {
            "name": parameter["name"],
            "in": parameter["in"],
            "required": parameter.get("required", False),
            "description": _short(parameter["description"]),
            "schema": self._schema(parameter["schema"], "openapi"),
        }

    def _response(self, response: Json) -> Json:
        # Problems are `application/problem+json`, which is not taken; their status is enough.
        result: Json = {"description": _short(response["description"])}
        if _JSON in response["content"]:
            result["content"] = self._content(response["content"], "openapi")
        return result

    def _content(self, content: Json, file: str) -> Json:
        return {_JSON: {"schema": self._schema(content[_JSON]["schema"], file)}}

    def _schema(self, schema: Json, file: str) -> Json:
        if "$ref" in schema:
            return {"$ref": f"#/components/schemas/{self._component(schema['$ref'], file)}"}
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else list(types)
        result = _common(schema)
        if "null" in types:
            result["nullable"] = True
            types.remove("null")
        if len(types) == 1:
            result["type"] = types[0]
            self._inner(schema, file, result)
        else:  # any type: nothing more can be said of it
            result = {name: result[name] for name in ("title", "description") if name in result}
        return result

    def _inner(self, schema: Json, file: str, result: Json) -> None:
        """Add what a schema says about the parts of a list or an object."""
        if result["type"] == "array":
            result["items"] = self._schema(schema["items"], file)
        if result["type"] != "object":
            return
        if properties := schema.get("properties"):
            result["properties"] = {
                name: self._schema(part, file) for name, part in properties.items()
            }
            if required := schema.get("required"):
                result["required"] = required
        elif isinstance(schema.get("additionalProperties"), dict):
            result["additionalProperties"] = self._schema(schema["additionalProperties"], file)

    def _component(self, reference: str, file: str) -> str:
        """The name of the component for what `reference`, met in `file`, points to."""
        if reference.startswith("#/$defs/"):
            reference = f"schemas/{file}.schema.json{reference}"
        found = _FILE.match(reference)
        if found is None:
            raise ValueError(f"cannot follow `{reference}`")
        target, part = found["name"], found["part"]
        name = _camel(target) + (_camel(part) if part else "")
        if name not in self.components:
            whole = self._schemas[target]
            self.components[name] = {}  # so that a schema may refer to itself
            self.components[name] = self._schema(whole["$defs"][part] if part else whole, target)
        return name


def _common(schema: Json) -> Json:
    """What both versions say alike about a value, and its words where it is a choice."""
    result: Json = {name: schema[name] for name in _KEPT if name in schema}
    for bound in ("minimum", "maximum"):
        if bound in schema and abs(schema[bound]) <= _INT32:
            result[bound] = schema[bound]
    description = schema.get("description", "")
    if words := [str(word) for word in schema.get("enum", ()) if word is not None]:
        description = f"{description} One of: {', '.join(words)}.".lstrip()
    if description:
        result["description"] = _short(description)
    return result


def _short(text: str) -> str:
    return text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 1] + "…"


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in re.split(r"[-_]", name))


# ---- YAML ---------------------------------------------------------------------------


def to_yaml(value: object) -> str:
    """Plain data as YAML: blocks outside, JSON for the single values."""
    return "\n".join(_lines(value)) + "\n"


def _lines(value: object) -> list[str]:
    if isinstance(value, dict) and value:
        return [line for name, part in value.items() for line in _entry(f"{_key(name)}:", part)]
    if isinstance(value, list) and value:
        return [line for part in value for line in _entry("-", part)]
    return [json.dumps(value, ensure_ascii=False)]


def _entry(lead: str, part: object) -> list[str]:
    lines = _lines(part)
    if isinstance(part, dict | list) and part:
        return [lead, *(f"  {line}" for line in lines)]
    return [f"{lead} {lines[0]}"]


def _key(name: str) -> str:
    return name if re.fullmatch(r"/?[A-Za-z$][\w/.$-]*", name) else json.dumps(name)
