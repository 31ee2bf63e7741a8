"""Whether a decision request has the right shape, and every way in which it has not.

The schema file is the rule; here its verdicts become sentences. This is the only module
that knows `jsonschema_rs`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError

from service.web.strict_json import pointer

MAX_MISTAKES = 50

#: What finds the mistakes in a body: at most fifty, none where it is valid.
Checker = Callable[[object], tuple["Mistake", ...]]

_ARTICLES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}


@dataclass(frozen=True)
class Mistake:
    """One mistake in a request: a JSON pointer and plain words."""

    path: str
    message: str


def request_checker(schema: Path) -> Checker:
    """What finds the mistakes in a body of this schema.

    Raises:
        OSError: the schema file cannot be read.
        ValueError: it is not a schema.
    """
    document = json.loads(schema.read_text("utf-8"))
    validator = Draft202012Validator(document)

    def check(request: object) -> tuple[Mistake, ...]:
        if validator.is_valid(request):
            return ()
        found: dict[Mistake, None] = {}
        for mistake in _mistakes(validator, document, request):
            found[mistake] = None
            if len(found) == MAX_MISTAKES:
                break
        return tuple(found)

    return check


def _mistakes(
    validator: Draft202012Validator, document: dict[str, Any], request: object
) -> Iterator[Mistake]:
    for error in validator.iter_errors(request):
        keyword = str(error.schema_path[-1])
        rule = _rule(document, error.schema_path)
        kind: Any = error.kind  # its fields differ from keyword to keyword
        if keyword == "additionalProperties":
            for name in sorted(kind.unexpected):
                yield Mistake(_path(error, name), f"is not a field here; there are {_names(rule)}")
        elif "propertyNames" in error.schema_path:
            yield Mistake(_path(error), "has a name that is too long; 100 characters are allowed")
        elif keyword == "required":
            yield Mistake(_path(error, kind.property), "is missing")
        else:
            yield Mistake(_path(error), _sentence(keyword, rule))


def _path(error: ValidationError, *more: str) -> str:
    return pointer((*error.instance_path, *more))


def _rule(document: dict[str, Any], path: list[str | int]) -> dict[str, Any]:
    """The part of the schema that holds the keyword at the end of `path`."""
    part: Any = document
    for step in path[:-1]:
        part = part[step]
    return part if isinstance(part, dict) else {}


def _names(rule: dict[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in rule.get("properties", ()))


def _sentence(keyword: str, rule: dict[str, Any]) -> str:
    """What a value must be, for a keyword of the schema that it breaks."""
    value: Any = rule.get(keyword)
    sentences: dict[str, Callable[[], str]] = {
        "type": lambda: f"must be {_types(rule)}",
        "enum": lambda: f"must be {_choice(value)}",
        "pattern": lambda: f"must be {_form(rule)}",
        "maxLength": lambda: f"may have at most {value:,} characters",
        "minLength": lambda: "must not be empty",
        "maximum": lambda: f"must be at most {value}",
        "minimum": lambda: f"must be at least {value}",
        "minItems": lambda: "must not be empty",
        "uniqueItems": lambda: "has the same entry twice",
        "maxItems": lambda: f"may have at most {value:,} entries",
        "maxProperties": lambda: f"may have at most {value:,} fields",
    }
    sentence = sentences.get(keyword)
    return sentence() if sentence else f"does not keep to `{keyword}` of the schema"


def _types(rule: dict[str, Any]) -> str:
    types = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    if "enum" in rule and "string" in types:
        return _choice(rule["enum"])
    if "format" in rule:
        return _form(rule)
    words = [_ARTICLES[name] for name in types if name != "null"]
    return ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else words[0]


def _choice(words: list[str | None]) -> str:
    return "one of: " + ", ".join(word for word in words if word)


def _form(rule: dict[str, Any]) -> str:
    match rule.get("format"):
        case "date-time":
            return "a moment such as 2026-11-20T15:00:00-05:00, with an offset"
        case "date":
            return "a date such as 2026-11-20"
        case _:
            return f"written like `{rule['examples'][0]}`"
