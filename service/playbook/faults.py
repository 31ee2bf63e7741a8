"""Faults in a playbook's shape, said for somebody who writes playbooks.

A `Fault` is one keyword of `playbook.schema.json` that some value does not keep to. The
words come from the schema where it has them: titles name the parts, `x-expected` says what a
value must be, examples serve as hints.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from service.playbook.diagnostics import Diagnostic, Place, did_you_mean
from service.playbook.source import shortened
from service.playbook.tree import KeyPath

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Fault:
    """One keyword that a value does not keep to.

    `allowed` is what the schema says for the keyword. `name` is the name in question, where
    the fault is about a name: unknown, missing or misspelt.
    """

    path: KeyPath
    place: Place
    keyword: str
    value: object
    allowed: Any
    schema: Schema
    name: str = ""

    @property
    def part(self) -> str:
        """The kind of thing at the path, e.g. `step`."""
        return str(self.schema.get("title", "part")).lower()


@dataclass(frozen=True)
class _Words:
    code: str
    message: str
    hint: str = ""


_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of `name: value` lines",
}


def diagnostic(fault: Fault) -> Diagnostic:
    """The fault in plain words, with a hint how to mend it."""
    words = _SAID[fault.keyword](fault)
    return Diagnostic(words.code, words.message, fault.place, words.hint)


def can_say(keyword: str) -> bool:
    """Whether a fault of this schema keyword can be put into words."""
    return keyword in _SAID


# ---- names --------------------------------------------------------------------------


def _unknown_key(fault: Fault) -> _Words:
    article = "an" if fault.part[0] in "aeiou" else "a"
    return _Words(
        "unknown-key",
        f"`{shortened(fault.name)}` is no part of {article} {fault.part}",
        did_you_mean(fault.name, fault.schema["properties"])
        or "delete it, or look whether its line is indented as it should be",
    )


def _misspelt_word(fault: Fault) -> _Words:
    return _Words(
        "unknown-key",
        f"`{shortened(fault.name)}` is neither a fact nor a word of the language",
        did_you_mean(fault.name, fault.allowed),
    )


def _missing_key(fault: Fault) -> _Words:
    examples = fault.schema.get("properties", {}).get(fault.name, {}).get("examples", ["..."])
    return _Words(
        "missing-key",
        f"{_holder(fault)} has no `{fault.name}`",
        f"add `{fault.name}: {_yaml(examples[0])}`",
    )


def _one_of(fault: Fault) -> _Words:
    """Exactly one of several names must stand there."""
    names = [branch["required"][0] for branch in fault.allowed]
    value = fault.value if isinstance(fault.value, dict) else {}
    present = [name for name in value if name in names]
    if not present:
        return _Words(
            "missing-key",
            f"{_holder(fault)} has neither {_listed(names, 'nor')}",
            "add one of them",
        )
    together = _listed(present, "and")
    return _Words("not-allowed", f"{together} cannot stand together", "keep one of them")


def _bad_name(fault: Fault) -> _Words:
    hint = _mended(fault.name, fault.schema) or _examples(fault.schema)
    expected = _expected(fault.schema)
    return _Words("bad-format", f"`{shortened(fault.name)}` must be {expected}", hint)


# ---- values -------------------------------------------------------------------------


def _wrong_type(fault: Fault) -> _Words:
    expected = _expected(fault.schema)
    if fault.value is None:
        hint = f"write {expected}, or delete the line"
        return _Words("wrong-type", f"{_subject(fault.path)} is empty", hint)
    message = f"{_subject(fault.path)} must be {expected}, not {_found(fault.value)}"
    return _Words("wrong-type", message, _retyped(fault.value, fault.allowed, fault.schema))


def _retyped(value: object, allowed: str | list[str], schema: Schema) -> str:
    """How a value of the wrong kind may have been meant."""
    types = [allowed] if isinstance(allowed, str) else allowed
    if isinstance(value, bool | int | float) and "string" in types:
        if re.search(schema.get("pattern", ""), _written(value)):
            return f'put quotes round it: "{_written(value)}"'
        return _examples(schema)
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?|true|false", value):
        return "leave the quotes out"
    if isinstance(value, dict) and "array" in types:
        return "begin every item with `- `"
    if isinstance(value, list) and "object" in types and "array" not in types:
        return "leave out the `- ` before it, or the brackets round it"
    if isinstance(value, str | int | float) and "array" in types:
        return f"write `[{_written(value)}]`"
    return ""


def _not_one_of(fault: Fault) -> _Words:
    words = [word for word in fault.allowed if isinstance(word, str)]
    if fault.value is None:
        hint = f"write one of {_listed(words, 'or')}, or delete the line"
        return _Words("wrong-type", f"{_subject(fault.path)} is empty", hint)
    hint = did_you_mean(fault.value, words) if isinstance(fault.value, str) else ""
    if "x-expected" in fault.schema and not hint.startswith("did"):
        hint = f"write {_expected(fault.schema)}"
    found = f"`{_written(fault.value)}`" if _is_scalar(fault.value) else _found(fault.value)
    return _Words("not-allowed", f"{_subject(fault.path)} cannot be {found}", hint)


def _bad_format(fault: Fault) -> _Words:
    text = str(fault.value)
    if not text.strip():
        return _Words("bad-format", f"{_subject(fault.path)} is empty", _write(fault.schema))
    message = f"{_subject(fault.path)} must be {_expected(fault.schema)}, not `{shortened(text)}`"
    hint = _mended(text, fault.schema) or _examples(fault.schema)
    return _Words("bad-format", message, hint)


def _forbidden(fault: Fault) -> _Words:
    return _Words("not-allowed", str(fault.schema["description"]), "delete it")


def _twice(fault: Fault) -> _Words:
    message = f"`{_written(fault.value)}` stands in this list twice"
    return _Words("not-allowed", message, "keep one of the two")


# ---- sizes --------------------------------------------------------------------------


def _out_of_range(side: str) -> Callable[[Fault], _Words]:
    def say(fault: Fault) -> _Words:
        message = f"{_subject(fault.path)} must be {fault.allowed} or {side}"
        return _Words("out-of-range", f"{message}, not {_written(fault.value)}")

    return say


def _too_long(fault: Fault) -> _Words:
    length = len(str(fault.value))
    message = f"{_subject(fault.path)} may have {fault.allowed} characters, and has {length}"
    return _Words("out-of-range", message, "make it shorter")


def _number_of_parts(code: str, bound: str, unit: str) -> Callable[[Fault], _Words]:
    def say(fault: Fault) -> _Words:
        size = len(fault.value) if isinstance(fault.value, list | dict) else 0
        subject = _subject(fault.path)
        if not size:
            return _Words(code, f"{subject} is empty", _write(fault.schema))
        units = unit if fault.allowed == 1 else f"{unit}s"
        return _Words(code, f"{subject} must have {bound} {fault.allowed} {units}, not {size}")

    return say


# ---- phrases ------------------------------------------------------------------------


def _subject(path: KeyPath) -> str:
    if not path:
        return "the playbook"
    *outer, last = path
    if isinstance(last, str):
        return f"`{shortened(last)}`"
    return f"item {last + 1} of {_subject(tuple(outer))}"


def _holder(fault: Fault) -> str:
    if fault.path and isinstance(fault.path[-1], str):
        return _subject(fault.path)
    return f"this {fault.part}"


def _yaml(example: object) -> str:
    """An example of the schema as it would stand in a playbook; short ones only."""
    if isinstance(example, list) and all(isinstance(item, str) for item in example):
        return f"[{', '.join(example)}]"
    return "..." if isinstance(example, list | dict) else _written(example)


def _expected(schema: Schema) -> str:
    if "x-expected" in schema:
        return str(schema["x-expected"])
    if "required" in schema:
        return "a group with " + _listed(schema["required"], "and")
    types = schema.get("type", "string")
    names = [types] if isinstance(types, str) else types
    return " or ".join(_TYPES[name] for name in names if name in _TYPES)


def _write(schema: Schema) -> str:
    return f"write {_expected(schema)}"


def _examples(schema: Schema) -> str:
    examples = [f"`{word}`" for word in schema.get("examples", ()) if isinstance(word, str)]
    return "for example " + ", ".join(examples[:3]) if examples else ""


def _mended(text: str, schema: Schema) -> str:
    """The text with its commonest slips mended, if that makes it fit."""
    lower = text.strip().lower()
    name = lower.removeprefix("$")
    tries = [
        *(
            lower[: len(lower) - len(name)] + re.sub(r"[^a-z0-9]+", joint, name).strip(joint)
            for joint in "-_"
        ),
        re.sub(r"(?<=\d)(?=[a-z])", " ", lower),
        re.sub(r"(?<!\d)(?=\d:)", "0", lower.replace(" ", "")),
    ]
    pattern, most = schema.get("pattern", ""), schema.get("maxLength", len(text) + 1)
    fitting = (word for word in tries if re.search(pattern, word) and len(word) <= most)
    mended = next(fitting, "")
    return f"did you mean `{shortened(mended)}`?" if mended else ""


def _found(value: object) -> str:
    if isinstance(value, dict):
        return "a group"
    if isinstance(value, list):
        return "a list"
    kind = "the text " if isinstance(value, str) else ""
    kind = "the number " if isinstance(value, int | float) and type(value) is not bool else kind
    return f"{kind}`{_written(value)}`"


def _is_scalar(value: object) -> bool:
    return not isinstance(value, list | dict)


def _written(value: object) -> str:
    return shortened(str(value).lower() if isinstance(value, bool) else str(value))


def _listed(names: Iterable[str], last: str) -> str:
    quoted = [f"`{name}`" for name in names]
    if len(quoted) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


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
