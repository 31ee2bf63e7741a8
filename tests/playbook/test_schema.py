"""The shape of playbooks: what the schema allows, and how it is said where it is not kept."""

import copy
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from service.playbook.diagnostics import Diagnostic, Place
from service.playbook.shape import faults
from service.playbook.shape.schema import check_shape, find_flaws
from service.playbook.text.document import Document, read
from service.playbook.text.source import MAX_DIAGNOSTICS
from service.playbook.vocabulary import (
    ACTIONS,
    CHANNELS,
    INBOUND_OUTCOMES,
    OUTBOUND_OUTCOMES,
    STANDARD_FACTS,
)
from service.shipped import shipped

CORPUS = Path(__file__).parents[1] / "corpus"
CODES = (
    *("unknown-key", "missing-key", "wrong-type", "not-allowed", "bad-format", "out-of-range"),
    *("too-many", "too-few"),
)
CASES = [
    path
    for path in sorted((CORPUS / "invalid").glob("*.yaml"))
    if any(f"{path.stem}-".startswith(f"{code}-") for code in CODES)
]
EVERY_POWER = (CORPUS / "shape" / "every-power.yaml").read_text("utf-8")
SCHEMA: dict[str, Any] = json.loads(shipped("schemas", "playbook.schema.json").read_text("utf-8"))
HEAD = "playbook: a\ntitle: b\nabout: c\n"

#: What only those know who know Python or JSON Schema.
JARGON = re.compile(
    r"None|True|False|\bnull\b|\bobject|\barray|\bstring|\binteger|\bboolean\b|\bdict|\bschema"
    r"|\binstance|\bproperty|\bproperties|\bregex|\bdoes not match|is not valid|\[\]|\{\}|\\"
)


def document(text: str) -> Document:
    """The document of a text that can be read."""
    found, diagnostics = read(text)
    assert diagnostics == ()
    assert found
    return found


def parts(schema: object, path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every subschema with its path."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from parts(item, f"{path}/{index}")
    if not isinstance(schema, dict):
        return
    yield path, schema
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            for name, part in value.items():
                yield from parts(part, f"{path}/{key}/{name}")
        elif key not in ("examples", "enum", "const", "default", "required", "dependentRequired"):
            yield from parts(value, f"{path}/{key}")


# ---- the schema itself --------------------------------------------------------------


def test_the_schema_is_a_schema() -> None:
    """The shipped file is a schema of draft 2020-12 that needs no other file."""
    Draft202012Validator.check_schema(SCHEMA)

    references = [part["$ref"] for _, part in parts(SCHEMA) if "$ref" in part]
    assert references
    assert {reference.split("/")[0] for reference in references} == {"#"}


def test_every_property_is_explained() -> None:
    """An editor can show a title and a sentence for everything that can be written."""
    properties = [
        (f"{path}/{name}", part)
        for path, schema in parts(SCHEMA)
        for name, part in schema.get("properties", {}).items()
        if path.rpartition("/")[2] not in ("if", "then", "otherwise")
    ]

    unexplained = [path for path, part in properties if not {"title", "description"} <= set(part)]
    assert len(properties) > 100
    assert unexplained == []


def test_every_group_is_closed() -> None:
    """Whatever has named properties refuses others, so that a slip is never ignored."""
    open_groups = [
        path
        for path, part in parts(SCHEMA)
        if "properties" in part and "title" in part and "additionalProperties" not in part
    ]

    # A play is closed by the rule or the sequence that it is; the others sit in an `if`.
    assert set(open_groups) <= {"#/$defs/play", "#/$defs/fact/then", "#/properties/otherwise"}


def test_every_keyword_can_be_put_into_words() -> None:
    """The schema uses no keyword whose breach nobody could explain."""
    silent = {
        *("$schema", "$id", "$defs", "$ref", "title", "description", "examples", "default"),
        *("properties", "items", "if", "then", "else", "allOf", "x-expected"),
    }
    # Only inside `if`, where nothing is reported.
    conditions = {"const", "anyOf"}

    used = {keyword for path, part in parts(SCHEMA) if "/if" not in path for keyword in part}
    assert used <= silent | set(faults._SAID)
    inside = {keyword for path, part in parts(SCHEMA) if "/if" in path for keyword in part}
    assert inside <= silent | conditions | set(faults._SAID)


def test_one_of_holds_names_only() -> None:
    """`oneOf` chooses between names that must be there, which is what its message says."""
    branches = [branch for _, part in parts(SCHEMA) for branch in part.get("oneOf", ())]

    assert branches
    assert all(set(branch) == {"required"} for branch in branches)
    assert all(len(branch["required"]) == 1 for branch in branches)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (SCHEMA["$defs"]["channel"]["enum"], [*CHANNELS]),
        (SCHEMA["$defs"]["channel_or_none"]["enum"], [*CHANNELS, None]),
        (SCHEMA["$defs"]["outcome"]["enum"], [*OUTBOUND_OUTCOMES, *INBOUND_OUTCOMES]),
        (SCHEMA["$defs"]["action"]["examples"], [*ACTIONS]),
        (SCHEMA["$defs"]["condition"]["propertyNames"]["examples"], [*STANDARD_FACTS]),
        ([key for key in SCHEMA["$defs"]["touch"]["properties"] if key in CHANNELS], [*CHANNELS]),
    ],
    ids=["channels", "channels or none", "outcomes", "actions", "facts", "touches"],
)
def test_the_schema_has_the_standard_words(found: list[str], expected: list[str]) -> None:
    """The words of the schema are those of the vocabulary."""
    assert found == expected


def test_every_standard_word_is_described() -> None:
    """An editor names every standard fact, action and outcome."""
    described = json.dumps(SCHEMA)

    words = [*STANDARD_FACTS, *ACTIONS, *OUTBOUND_OUTCOMES, *INBOUND_OUTCOMES]
    assert [word for word in words if word not in described] == []


def test_examples_of_the_schema_keep_to_it() -> None:
    """An editor that offers an example offers something allowed."""
    validator = Draft202012Validator(SCHEMA)
    wrong = [
        (path, example)
        for path, part in parts(SCHEMA)
        for example in part.get("examples", ())
        if not validator.evolve(schema={**part, "$defs": SCHEMA["$defs"]}).is_valid(example)
    ]

    assert wrong == []


# ---- what is right ------------------------------------------------------------------


def test_every_power_is_allowed() -> None:
    """A playbook with one of each thing has the right shape."""
    assert check_shape(document(EVERY_POWER)) == ()


def test_every_power_uses_every_property() -> None:
    """The playbook with one of each thing leaves nothing out that the schema knows."""
    known = {
        name
        for path, part in parts(SCHEMA)
        for name in part.get("properties", {})
        if path.rpartition("/")[2] not in ("if", "then", "otherwise")
    }
    written = {step for path in document(EVERY_POWER).nodes for step in path}

    # The channels of touches that the example does not use.
    assert known - written <= {"text", "social", "meeting", "phone", "mail"}


# ---- what is wrong ------------------------------------------------------------------


def test_every_code_has_a_case() -> None:
    """Every code of the shape has a file in the corpus."""
    covered = {code for code in CODES if any(path.stem == code for path in CASES)}

    assert covered == set(CODES)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_mistakes_are_shown_in_plain_words_at_their_place(path: Path) -> None:
    """Each case of the corpus has the diagnostics that stand beside it, and no others."""
    found = check_shape(document(path.read_text("utf-8")))

    expected = json.loads(path.with_suffix(".diagnostics.json").read_text("utf-8"))
    assert [diagnostic.to_json() for diagnostic in found] == expected


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_messages_hold_no_jargon(path: Path) -> None:
    """Nobody has to know Python or JSON Schema to understand a message."""
    for diagnostic in check_shape(document(path.read_text("utf-8"))):
        assert_plain(diagnostic)


def assert_plain(diagnostic: Diagnostic) -> None:
    """Ours are plain words, lower case, without a full stop; the user's stand in backticks."""
    ours = re.sub(r"`[^`]*`", "", f"{diagnostic.message} {diagnostic.hint}")
    assert not JARGON.search(ours), diagnostic
    assert not diagnostic.message.endswith(".")
    assert diagnostic.message[0] == "`" or diagnostic.message[0].islower()


def test_flaws_have_the_path_that_nobody_should_read() -> None:
    """A wrong value has its own path; so have a name that is missing and one that is misspelt."""
    text = HEAD + (
        "plays:\n"
        "  - {rule: a, do: stop, because: b, prioritee: 3}\n"
        "  - {rule: a, do: {action: stop, chanel: email}}\n"
        "  - {rule: a, do: stop, becuse: b}\n"
        "  - {rule: a, do: 7, because: b}\n"
    )

    paths = [flaw.path for flaw in find_flaws(document(text))]

    assert paths == [
        ("plays", 0, "prioritee"),
        ("plays", 1, "because"),
        ("plays", 1, "do", "chanel"),
        ("plays", 2, "becuse"),
        ("plays", 3, "do"),
    ]


def test_diagnostics_are_bounded() -> None:
    """More mistakes than anybody could read are one more, about the whole playbook."""
    flaws = find_flaws(document(HEAD + "".join(f"u{i}: 1\n" for i in range(5_000))))

    assert len(flaws) == MAX_DIAGNOSTICS + 1
    assert flaws[-1].path == ()
    assert flaws[-1].diagnostic.code == "too-many-mistakes"


EVERYTHING = document(EVERY_POWER).data
VALUES: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, -1, 10**6, 1.5, "", " ", "any", "$x", "$", "7 days", [], [[]], {}, {"x": 1}]
)
NAMES = st.sampled_from(["any", "not", "done", "x", "Big Name", "", "because", "rule", "é", "$x"])


@st.composite
def misshapen(draw: st.DrawFn) -> dict[str, Any]:
    """The playbook with one of each thing, with values replaced, taken away and added."""
    data = copy.deepcopy(EVERYTHING)
    for _ in range(draw(st.integers(1, 5))):
        part: Any = data
        while True:
            keys = list(part) if isinstance(part, dict) else list(range(len(part)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(part[key], dict | list) and draw(st.integers(0, 4)):
                part = part[key]
                continue
            match draw(st.integers(0, 2)):
                case 0:
                    part[key] = copy.deepcopy(draw(VALUES))
                case 1:
                    del part[key]
                case 2 if isinstance(part, dict):
                    part[draw(NAMES)] = part.pop(key)
            break
    return data


@given(misshapen())
def test_any_shape_gets_plain_diagnostics(data: dict[str, Any]) -> None:
    """Whatever a document holds, nothing raises, and all is said plainly within the text."""
    text = json.dumps(data, indent=1, ensure_ascii=False)
    lines = text.split("\n")

    for diagnostic in check_shape(document(text)):
        assert_plain(diagnostic)
        place = diagnostic.place
        assert Place(1, 1) <= place <= Place(len(lines), len(lines[-1]) + 1)


@given(misshapen())
def test_the_shape_agrees_with_the_schema(data: dict[str, Any]) -> None:
    """There is a diagnostic exactly where a plain validator finds an error."""
    data = without_whole_floats(data)
    found = check_shape(document(json.dumps(data)))

    plain = Draft202012Validator(SCHEMA).is_valid(data)
    assert (found == ()) == plain


def without_whole_floats(data: Any) -> Any:
    """The values without 7.0, which JSON Schema takes for a whole number and we do not."""
    return json.loads(json.dumps(data), parse_float=lambda text: float(text) + 0.25)


def test_a_long_playbook_is_checked_at_once() -> None:
    """Reading and checking 400 lines takes much less time than a person notices."""
    rule = (
        "  - rule: r{i}\n"
        "    when:\n"
        "      touches: {{at_least: 2}}\n"
        "      any: [{{seniority: [vp]}}, {{not: {{done: {{action: reopen}}}}}}]\n"
        "    do: {{action: reopen, channel: email, wait: {{for: 7 days, after: last_touch}}}}\n"
        "    because: C3. They have gone silent.\n"
    )
    text = HEAD + "plays:\n" + "".join(rule.format(i=i) for i in range(66))

    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        assert check_shape(document(text)) == ()
        seconds.append(time.perf_counter() - start)

    assert text.count("\n") >= 399
    assert min(seconds) < 0.15
