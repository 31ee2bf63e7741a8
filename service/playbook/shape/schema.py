"""The shape of a document, held against its schema: of a playbook, a policy, a pack of laws.

The schemas tell their alternatives apart with `if`, never with `anyOf`, so every error is
about the one thing that was meant. This is the only module that knows `jsonschema`.
"""

import difflib
import functools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from service.playbook.diagnostics import Diagnostic, in_order
from service.playbook.shape.faults import Fault, diagnostic
from service.playbook.text.document import Document
from service.playbook.text.slips import SYNONYMS, cut_off, reference
from service.playbook.text.source import MAX_DIAGNOSTICS
from service.playbook.text.tree import KeyPath
from service.playbook.vocabulary import STANDARD_FACTS
from service.shipped import shipped

#: The words of conditions that stand where a fact's name could.
CONDITION_WORDS = ("all", "any", "done", "not")

_ABOUT_NAMES = frozenset(
    {"additionalProperties", "misspelt", "required", "dependentRequired", "oneOf", "propertyNames"}
)
#: Of several faults of one value the first of these is told; the others follow from it.
_RANKS = {"type": 0, "not": 0, "enum": 1, "pattern": 2}
#: A text with more is hostile, or no playbook at all.
_MOST_FAULTS = 1_000
#: How like each other two words must be; the same as in `did_you_mean`.
_NEAR = 0.6


@dataclass(frozen=True)
class Flaw:
    """A diagnostic, and the path of the value that nobody should try to understand.

    That is a wrong value, an unknown name, or the place of a name that is missing.
    """

    path: KeyPath
    diagnostic: Diagnostic


def check_shape(document: Document) -> tuple[Diagnostic, ...]:
    """Everything wrong with the shape of a playbook, in plain words."""
    return in_order(flaw.diagnostic for flaw in find_flaws(document))


def find_flaws(document: Document, schema: str = "playbook.schema.json") -> tuple[Flaw, ...]:
    """What is wrong with a shape, each with its path; in the order of their places.

    `schema` is the name of the file that the document keeps to. Beyond `MAX_DIAGNOSTICS` the
    rest is one flaw of the whole document.
    """
    errors = _validator(schema).iter_errors(document.data)
    found = (fault for error in errors for fault in _faults(error, document))
    faults = _settled(islice(found, _MOST_FAULTS))
    faults.sort(key=lambda fault: (fault.place, fault.keyword, fault.name))
    flaws = [Flaw(_gap(fault), diagnostic(fault)) for fault in faults[:MAX_DIAGNOSTICS]]
    if len(faults) > MAX_DIAGNOSTICS or next(found, None):
        place = flaws[-1].diagnostic.place
        hint = "mend those above first, and check again"
        more = Diagnostic("too-many-mistakes", "there are more mistakes than these", place, hint)
        flaws.append(Flaw((), more))
    return tuple(flaws)


def _gap(fault: Fault) -> KeyPath:
    """The path of what a fault leaves unsaid."""
    is_missing = fault.keyword in ("required", "dependentRequired")
    return (*fault.path, fault.name) if is_missing else fault.path


@functools.cache
def _validator(name: str) -> Validator:
    schema = json.loads(shipped("schemas", name).read_text("utf-8"))
    checker = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
    strict: type[Validator] = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"uniqueItems": _unique_items}, type_checker=checker
    )
    return strict(schema)


def _is_integer(_checker: object, value: object) -> bool:
    # JSON Schema takes 7.0 for an integer; whoever wrote 7.0 did not mean a count.
    return isinstance(value, int) and not isinstance(value, bool)


def _unique_items(
    _validator: Validator,
    _unique: object,
    items: object,
    schema: Any,  # noqa: ANN401
) -> Iterator[ValidationError]:
    """One error for each repeated text, at the text; linear, where jsonschema's is not."""
    seen = set()
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, str) and item in seen:
            yield ValidationError(
                "", validator="uniqueItems", path=[index], instance=item, schema=schema
            )
        elif isinstance(item, str):
            seen.add(item)


# ---- from errors to faults ----------------------------------------------------------


def _faults(error: ValidationError, document: Document) -> Iterator[Fault]:
    """The faults in one error: one for each name it is about, or one for its value."""
    path = tuple(error.absolute_path)
    instance: Any = error.instance
    schema = error.schema if isinstance(error.schema, dict) else {}
    keyword = str(error.validator)
    place = document.place(path)
    fault = Fault(path, place, keyword, instance, error.validator_value, schema)
    if _is_about_a_name(error):
        path = (*path, str(instance))
        yield replace(
            fault,
            path=path,
            place=document.key_place(path),
            keyword="propertyNames",
            name=str(instance),
            hint=_cut_off(path, document),
        )
    elif keyword == "additionalProperties":
        for name in instance:
            if name not in schema["properties"]:
                where = (*path, name)
                unknown = replace(fault, path=where, place=document.key_place(where), name=name)
                unknown = replace(unknown, hint=_cut_off(where, document))
                yield _misspelt(unknown, where[:-1], document) or unknown
    elif keyword in ("required", "dependentRequired"):
        for name in _missing(fault):
            yield replace(fault, place=document.key_place(path), name=name)
    elif keyword == "oneOf":
        if isinstance(instance, dict):  # its type is wrong otherwise, which is said
            yield _one_of(fault, list(instance), document)
    else:
        if fault.value is None or keyword == "not":
            fault = replace(fault, place=document.key_place(path))
        fault = replace(fault, hint=_meant(fault, document))
        inside_list = isinstance(fault.value, dict) and keyword == "type"
        yield (_misspelt(fault, path[:-1], document) if inside_list else None) or fault


def _cut_off(path: KeyPath, document: Document) -> str:
    """A hint, where the name at `path` is what a comma cut off a text without quotes."""
    node, group = document.nodes.get(path), document.value(path[:-1])
    if node is None or not isinstance(group, dict) or group.get(str(path[-1])) is not None:
        return ""
    has_colon = document.text[: node.start].rstrip().endswith(":") or node.end > node.start
    return "" if has_colon else cut_off([*group], [*group.values()], str(path[-1]))


def _meant(fault: Fault, document: Document) -> str:
    """A hint, where a `$` was left out or a comma cut a text."""
    if fault.value is None:
        return _cut_off(fault.path, document)
    declared = [document.data.get(section) for section in ("parameters", "facts")]
    names = {name for part in declared if isinstance(part, dict) for name in part}
    is_anchor = fault.keyword == "enum" and fault.path[-1:] == ("after",)
    is_reference = fault.keyword == "pattern" and re.search(fault.allowed, f"${fault.value}")
    return reference(fault.value, {*STANDARD_FACTS, *names}) if is_anchor or is_reference else ""


def _is_about_a_name(error: ValidationError) -> bool:
    steps = list(error.absolute_schema_path)
    return steps[-2:-1] == ["propertyNames"]


def _missing(fault: Fault) -> Iterable[str]:
    value = fault.value if isinstance(fault.value, dict) else {}
    if fault.keyword == "required":
        wanted = list(fault.allowed)
    else:
        wanted = [name for key in value for name in fault.allowed.get(key, ())]
    return (name for name in dict.fromkeys(wanted) if name not in value)


def _one_of(fault: Fault, written: list[str], document: Document) -> Fault:
    names = {branch["required"][0] for branch in fault.allowed}
    present = [name for name in written if name in names]
    where = (*fault.path, present[1]) if present else fault.path
    return replace(fault, place=document.key_place(where))


def _misspelt(fault: Fault, path: KeyPath, document: Document) -> Fault | None:
    """The fault as a misspelt word of the language, where the name at `path` is nearly one.

    `anny: [...]` has the shape of `any` and would be judged as a test of the fact `anny`.
    """
    name = path[-1] if path else None
    declared = document.data.get("facts")
    known = {*STANDARD_FACTS, *(declared if isinstance(declared, dict) else ())}
    if not isinstance(name, str) or name in (*known, *CONDITION_WORDS):
        return None
    if fault.schema.get("title") not in ("Test", "Value"):
        return None
    if name not in SYNONYMS and not _nearly(name, CONDITION_WORDS):
        return None
    return replace(
        fault,
        path=path,
        place=document.key_place(path),
        keyword="misspelt",
        allowed=CONDITION_WORDS,
        name=name,
        hint="",
    )


# ---- which faults to tell -----------------------------------------------------------


def _settled(faults: Iterable[Fault]) -> list[Fault]:
    """The faults worth telling: each once, without those that only follow from another."""
    about_names: dict[tuple[object, ...], Fault] = {}
    about_values: dict[KeyPath, Fault] = {}
    for fault in faults:
        if fault.keyword in _ABOUT_NAMES:
            about_names.setdefault((fault.path, fault.place, fault.keyword, fault.name), fault)
        elif _rank(fault) < _rank(about_values.get(fault.path)):
            about_values[fault.path] = fault
    named = _without_misspelt(list(about_names.values()))
    return named + _without_consequences(list(about_values.values()), named)


def _rank(fault: Fault | None) -> int:
    if fault is None:
        return len(_RANKS) + 1
    return _RANKS.get(fault.keyword, len(_RANKS))


def _without_misspelt(faults: list[Fault]) -> list[Fault]:
    """The faults without the missing names that do stand there, misspelt.

    That is one mistake; it is told at the misspelt name.
    """
    unknown: dict[KeyPath, list[Fault]] = {}
    for fault in faults:
        if fault.keyword == "additionalProperties":
            unknown.setdefault(fault.path[:-1], []).append(fault)
    needed = {f.path for f in faults if f.keyword == "dependentRequired"}
    return [
        fault
        for fault in faults
        if not any(_nearly(f.name, _wanted(fault)) for f in unknown.get(fault.path, ()))
        and not (fault.keyword == "oneOf" and fault.path in needed)
    ]


def _wanted(fault: Fault) -> list[str]:
    """The names of which one is missing."""
    if fault.keyword == "oneOf":
        return [branch["required"][0] for branch in fault.allowed]
    return [fault.name] if fault.keyword == "required" else []


def _nearly(name: str, words: Iterable[str]) -> bool:
    return bool(difflib.get_close_matches(name, list(words), 1, _NEAR))


def _without_consequences(faults: list[Fault], named: list[Fault]) -> list[Fault]:
    misspelt = {fault.path for fault in named if fault.keyword == "misspelt"}
    lacking = {fault.path for fault in named if fault.keyword in ("required", "oneOf")}
    return [
        fault
        for fault in faults
        if not any(fault.path[: len(path)] == path for path in misspelt)
        and not (fault.keyword == "minProperties" and fault.path in lacking)
    ]
