"""Faults in a playbook's shape, said for somebody who writes playbooks.

A `Fault` is one keyword of `playbook.schema.json` that some value does not keep to. The
words come from the schema where it has them: titles name the parts, `x-expected` says what a
value must be, examples serve as hints.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service.playbook.diagnostics import Diagnostic, Place, did_you_mean
from service.playbook.shape.phrases import (
    Schema,
    as_yaml,
    expected,
    for_example,
    found,
    listed,
    mended,
    subject,
    written,
)
from service.playbook.text.slips import SYNONYMS
from service.playbook.text.source import shortened
from service.playbook.text.tree import KeyPath

#: Words that YAML once took for true and false, and no longer does.
_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


@dataclass(frozen=True)
class Fault:
    """One keyword that a value does not keep to.

    `allowed` is what the schema says for the keyword. `name` is the name in question, where
    the fault is about a name: unknown, missing or misspelt. `hint` is there where the text
    around the value says how it was meant.
    """

    path: KeyPath
    place: Place
    keyword: str
    value: object
    allowed: Any
    schema: Schema
    name: str = ""
    hint: str = ""

    @property
    def part(self) -> str:
        """The kind of thing at the path, e.g. `step`."""
        return str(self.schema.get("title", "part")).lower()


@dataclass(frozen=True)
class _Words:
    code: str
    message: str
    hint: str = ""


def diagnostic(fault: Fault) -> Diagnostic:
    """The fault in plain words, with a hint how to mend it."""
    words = _SAID[fault.keyword](fault)
    return Diagnostic(words.code, words.message, fault.place, fault.hint or words.hint)


# ---- names --------------------------------------------------------------------------


def _unknown_key(fault: Fault) -> _Words:
    article = "an" if fault.part[0] in "aeiou" else "a"
    return _Words(
        "unknown-key",
        f"`{shortened(fault.name)}` is no part of {article} {fault.part}",
        _wait_beside(fault)
        or did_you_mean(fault.name, fault.schema["properties"])
        or "delete it, or look whether its line is indented as it should be",
    )


_PARTS_OF_A_WAIT = ("for", "until", "after", "roll", "at")


def _wait_beside(fault: Fault) -> str:
    """How to write `after` and the like where they stand beside a step's `wait`, not in it."""
    group = fault.value if isinstance(fault.value, dict) else {}
    if "wait" not in fault.schema["properties"] or fault.name not in _PARTS_OF_A_WAIT:
        return ""
    if fault.name == "until":
        return f"write `wait: {{until: {written(group['until'])}}}`"
    wait = group.get("for", group.get("wait"))
    length = written(wait) if isinstance(wait, str) else "$patience"
    rest = "".join(
        f", {part}: {written(group[part])}" for part in _PARTS_OF_A_WAIT[2:] if part in group
    )
    return f"write `wait: {{for: {length}{rest}}}`"


def _misspelt_word(fault: Fault) -> _Words:
    return _Words(
        "unknown-key",
        f"`{shortened(fault.name)}` is neither a fact nor a word of the language",
        f"did you mean `{SYNONYMS[fault.name]}`?"
        if fault.name in SYNONYMS
        else did_you_mean(fault.name, fault.allowed),
    )


def _missing_key(fault: Fault) -> _Words:
    examples = fault.schema.get("properties", {}).get(fault.name, {}).get("examples", ["..."])
    return _Words(
        "missing-key",
        f"{_holder(fault)} has no `{fault.name}`",
        f"add `{fault.name}: {as_yaml(examples[0])}`",
    )


def _one_of(fault: Fault) -> _Words:
    """Exactly one of several names must stand there."""
    names = [branch["required"][0] for branch in fault.allowed]
    value = fault.value if isinstance(fault.value, dict) else {}
    present = [name for name in value if name in names]
    if not present:
        return _Words(
            "missing-key",
            f"{_holder(fault)} has neither {listed(names, 'nor')}",
            "add one of them",
        )
    together = listed(present, "and")
    return _Words("not-allowed", f"{together} cannot stand together", "keep one of them")


def _bad_name(fault: Fault) -> _Words:
    hint = mended(fault.name, fault.schema) or for_example(fault.schema)
    wanted = expected(fault.schema)
    return _Words("bad-format", f"`{shortened(fault.name)}` must be {wanted}", hint)


# ---- values -------------------------------------------------------------------------


def _wrong_type(fault: Fault) -> _Words:
    wanted = expected(fault.schema)
    if fault.value is None:
        hint = f"write {wanted}" + (", or delete the line" if wanted != "a text" else "")
        return _Words("wrong-type", f"{subject(fault.path)} is empty", hint)
    message = f"{subject(fault.path)} must be {wanted}, not {found(fault.value)}"
    return _Words("wrong-type", message, _retyped(fault.value, fault.allowed, fault.schema))


def _retyped(value: object, allowed: str | list[str], schema: Schema) -> str:
    """How a value of the wrong kind may have been meant."""
    types = [allowed] if isinstance(allowed, str) else allowed
    if "boolean" in types and isinstance(value, str) and value.lower() in _TRUTHS:
        return f"did you mean `{_TRUTHS[value.lower()]}`?"
    if isinstance(value, bool | int | float) and "string" in types:
        if re.search(schema.get("pattern", ""), written(value)):
            return f'put quotes round it: "{written(value)}"'
        return for_example(schema) or _in_a_word(schema)
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?|true|false", value):
        return "leave the quotes out"
    if isinstance(value, dict) and "array" in types:
        return "begin every item with `- `"
    if isinstance(value, list) and "object" in types and "array" not in types:
        return "leave out the `- ` before it, or the brackets round it"
    if isinstance(value, str | int | float) and "array" in types:
        return f"write `[{written(value)}]`"
    if isinstance(value, float) and "integer" in types:
        return f"write `{value:.0f}`" if value.is_integer() else "round it to a whole number"
    if types == ["boolean"]:
        return "write `true` or `false`"
    return for_example(schema) or _in_a_word(schema)


def _in_a_word(schema: Schema) -> str:
    """A hint from what the schema says of the value."""
    if schema.get("type") == "object":
        return "write it in braces, or as lines of `name: value` indented below"
    said = str(schema.get("description", "")).split(". ")[0].rstrip(".")
    return f"{said[:1].lower()}{said[1:]}"


def _not_one_of(fault: Fault) -> _Words:
    words = [word for word in fault.allowed if isinstance(word, str)]
    if fault.value is None:
        hint = f"write one of {listed(words, 'or')}, or delete the line"
        return _Words("wrong-type", f"{subject(fault.path)} is empty", hint)
    hint = did_you_mean(fault.value, words) if isinstance(fault.value, str) else ""
    if "x-expected" in fault.schema and not hint.startswith("did"):
        hint = f"write {expected(fault.schema)}"
    value = (
        found(fault.value) if isinstance(fault.value, list | dict) else f"`{written(fault.value)}`"
    )
    return _Words("not-allowed", f"{subject(fault.path)} cannot be {value}", hint)


def _bad_format(fault: Fault) -> _Words:
    text = str(fault.value)
    if not text.strip():
        return _Words(
            "bad-format", f"{subject(fault.path)} is empty", f"write {expected(fault.schema)}"
        )
    message = f"{subject(fault.path)} must be {expected(fault.schema)}, not `{shortened(text)}`"
    hint = mended(text, fault.schema) or for_example(fault.schema) or _in_a_word(fault.schema)
    return _Words("bad-format", message, hint)


def _forbidden(fault: Fault) -> _Words:
    return _Words("not-allowed", str(fault.schema["description"]), "delete it")


def _twice(fault: Fault) -> _Words:
    message = f"`{written(fault.value)}` stands in this list twice"
    return _Words("not-allowed", message, "keep one of the two")


# ---- sizes --------------------------------------------------------------------------


def _out_of_range(side: str) -> Callable[[Fault], _Words]:
    def say(fault: Fault) -> _Words:
        message = f"{subject(fault.path)} must be {fault.allowed} or {side}"
        least, most = fault.schema.get("minimum"), fault.schema.get("maximum")
        bounds = "" if None in (least, most) else f" from {least} to {most}"
        hint = f"write a number{bounds}"
        return _Words("out-of-range", f"{message}, not {written(fault.value)}", hint)

    return say


def _too_long(fault: Fault) -> _Words:
    length = len(str(fault.value))
    message = f"{subject(fault.path)} may have {fault.allowed} characters, and has {length}"
    return _Words("out-of-range", message, "make it shorter")


def _number_of_parts(code: str, bound: str, unit: str) -> Callable[[Fault], _Words]:
    def say(fault: Fault) -> _Words:
        what, units = subject(fault.path), unit if fault.allowed == 1 else f"{unit}s"
        size = len(fault.value) if isinstance(fault.value, list | dict) else 0
        says_more = "x-expected" in fault.schema or "required" in fault.schema
        hint = f"write {expected(fault.schema)}" if says_more else ""
        if not size:
            return _Words(code, f"{what} is empty", hint or f"add {fault.allowed} {units} or more")
        message = f"{what} must have {bound} {fault.allowed} {units}, not {size}"
        return _Words(code, message, hint)

    return say


def _holder(fault: Fault) -> str:
    if fault.path and isinstance(fault.path[-1], str):
        return subject(fault.path)
    return f"this {fault.part}"


_SAID: dict[str, Callable[[Fault], _Words]] = {
    "additionalProperties": _unknown_key,
    "misspelt": _misspelt_word,
    "required": _missing_key,
    "dependentRequired": _missing_key,
    "oneOf": _one_of,
    "propertyNames": _bad_name,
    "type": _wrong_type,
    "enum": _not_one_of,
    "pattern": _bad_format,
    "not": _forbidden,
    "uniqueItems": _twice,
    "minimum": _out_of_range("more"),
    "maximum": _out_of_range("less"),
    "maxLength": _too_long,
    "minItems": _number_of_parts("too-few", "at least", "item"),
    "maxItems": _number_of_parts("too-many", "at most", "item"),
    "minProperties": _number_of_parts("too-few", "at least", "line"),
    "maxProperties": _number_of_parts("too-many", "at most", "line"),
}
