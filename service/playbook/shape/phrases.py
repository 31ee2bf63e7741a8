"""Phrases for messages about a playbook's shape: what stands there, what should.

`schema` is always the part of `playbook.schema.json` that speaks of the value.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from service.playbook.text.source import shortened
from service.playbook.text.tree import KeyPath

Schema = Mapping[str, Any]

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of `name: value` lines",
}


def subject(path: KeyPath) -> str:
    """What a sentence is about: `` `steps` ``, or ``item 2 of `steps` ``."""
    if not path:
        return "the playbook"
    *outer, last = path
    if isinstance(last, str):
        return f"`{shortened(last)}`"
    return f"item {last + 1} of {subject(tuple(outer))}"


def expected(schema: Schema) -> str:
    """What a value must be: the schema's own phrase, or one made from its type."""
    if "x-expected" in schema:
        return str(schema["x-expected"])
    if "required" in schema:
        return "a group with " + listed(schema["required"], "and")
    types = schema.get("type", "string")
    names = [types] if isinstance(types, str) else types
    return " or ".join(_TYPES[name] for name in names if name in _TYPES)


def found(value: object) -> str:
    """What a value is instead: a group, a list, or the value itself."""
    if isinstance(value, dict):
        return "a group"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f"the text `{written(value)}`"
    return f"`{written(value)}`" if isinstance(value, bool) else f"the number `{written(value)}`"


def written(value: object) -> str:
    """A single value as it would stand in a playbook, one line's worth."""
    return shortened(str(value).lower() if isinstance(value, bool) else str(value))


def as_yaml(example: object) -> str:
    """An example of the schema as it would stand in a playbook; `...` where it is long."""
    if isinstance(example, list) and all(isinstance(item, str) for item in example):
        return f"[{', '.join(example)}]"
    return "..." if isinstance(example, list | dict) else written(example)


def for_example(schema: Schema) -> str:
    """A hint with up to three examples of the schema; empty where it has none."""
    words = [word for word in schema.get("examples", ()) if isinstance(word, str | int)]
    examples = [f"`{written(word)}`" for word in words]
    return "for example " + ", ".join(examples[:3]) if examples else ""


def mended(text: str, schema: Schema) -> str:
    """A hint with the text's commonest slips mended, where that makes it fit."""
    pattern, most = schema.get("pattern", ""), schema.get("maxLength", 2 * len(text) + 1)
    for attempt in _attempts(text.strip().lower()):
        if len(attempt) <= most and re.search(pattern, attempt):
            return f"did you mean `{shortened(attempt)}`?"
    return ""


def _attempts(text: str) -> Iterable[str]:
    sign, name = ("$", text[1:]) if text.startswith("$") else ("", text)
    for joint in "-_":  # Give Up: give-up, give_up
        yield sign + re.sub(r"[^a-z0-9]+", joint, name).strip(joint)
    yield re.sub(r"(?<=\d)(?=[a-z])", " ", text)  # 7days: 7 days
    yield re.sub(r"\b(\d{1,2})(?=-|$)", r"\1:00", text.replace(" ", "")).rjust(11, "0")  # 10-12
    yield re.sub(r"(?<!\d)(?=\d:)", "0", text.replace(" ", ""))  # 8:00 - 10:00: 08:00-10:00


def listed(names: Iterable[str], joint: str) -> str:
    """Names in backticks, the last one after the joint: `a`, `b` and `c`."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {joint} {quoted[-1]}"
