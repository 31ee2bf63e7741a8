"""`load` takes any text, and says what is wrong with it in a form that people can use."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.playbook import load
from tests.playbook.mutations import SOURCES, WORDS, faults, mutated

HEAD = {"playbook": "a", "title": "b", "about": "c"}
SECTIONS = (
    *("playbook", "title", "about", "claims", "parameters", "facts", "actions", "windows"),
    *("conclude", "tables", "exits", "plays", "otherwise", "templates", "never_say", "examples"),
)
KEYS = (
    *SECTIONS,
    *("rule", "sequence", "table", "when", "then", "do", "because", "steps", "wait", "for"),
    *("after", "until", "channel", "template", "action", "inputs", "output", "rows", "hit", "any"),
    *("all", "not", "done", "is", "in", "at_least", "known", "contains", "seniority", "touches"),
    *("value", "unit", "type", "values", "default", "body", "subject", "phrases", "hours", "days"),
    *("sum", "product", "patience", "hello", "repeat", "priority", "facts", "example", "expect"),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(("email", "stop", "any", "vp", "$patience", "$touches", "7 days", "C3. So.")),
    st.sampled_from(WORDS),
    st.text(max_size=12),
)
TREES = st.recursive(
    SCALARS,
    lambda part: (
        st.lists(part, max_size=4) | st.dictionaries(st.sampled_from(KEYS), part, max_size=5)
    ),
    max_leaves=25,
)


@given(st.binary(max_size=400) | st.text(max_size=400))
def test_any_bytes_are_answered(text: str | bytes) -> None:
    """Whatever the bytes, there is an answer that points into them."""
    assert list(faults(text)) == []


@given(st.dictionaries(st.sampled_from(SECTIONS), TREES, max_size=8))
def test_any_tree_is_answered(tree: dict[str, object]) -> None:
    """Whatever stands under the words of the language, there is an answer."""
    assert list(faults(json.dumps({**HEAD, **tree}, indent=1))) == []


@given(st.integers(0, 2**32))
@settings(max_examples=150)
def test_any_edit_is_answered(seed: int) -> None:
    """Whatever an edit breaks, there is an answer, the same each time, in plain words."""
    chance = random.Random(seed)  # noqa: S311 - not a secret

    assert list(faults(mutated(chance.choice(SOURCES), chance))) == []


def part(body: str) -> str:
    """A playbook with this in it."""
    return f"playbook: a\ntitle: b\nabout: c\n{body}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("plays: 3\n", ["wrong-type"]),
        ("plays: [3]\n", ["wrong-type"]),
        ("templates: [3]\notherwise: {action: wait, because: x}\n", ["wrong-type"]),
        ("windows: [{a: 1}]\notherwise: {action: wait, because: x}\n", ["wrong-type"]),
        ("actions: [{a: 1}]\notherwise: {action: wait, because: x}\n", ["wrong-type"]),
        ("conclude: {a: 1}\notherwise: {action: wait, because: x}\n", ["wrong-type"]),
        ("never_say: word\notherwise: {action: wait, because: x}\n", ["wrong-type"]),
    ],
)
def test_a_section_of_the_wrong_shape_hides_nothing_else(body: str, expected: list[str]) -> None:
    """A section that is no list or group is told, and nothing fails over it."""
    assert [diagnostic.code for diagnostic in load(part(body)).diagnostics] == expected


def test_what_a_broken_part_names_is_not_unknown() -> None:
    """A rule, a parameter and a fact with a mistake in them are told, not those who use them."""
    text = part("""parameters:
  patience: {value: x, title: How long to wait}
facts:
  mood: {type: choise, title: How they feel}
conclude:
  - rule: silent
    when: {silent_days: {at_least: $patience}}
    then: {silent: true}
plays:
  - rule: reopen
    when: {silent: true, mood: good, touches: {at_most: $patience}}
    do: {action: reopen, channel: email}
    because: They have gone silent.
otherwise: {action: wait, because: Nothing fits.}
""")

    found = [(diagnostic.place.line, diagnostic.code) for diagnostic in load(text).diagnostics]

    assert found == [(5, "wrong-type"), (7, "not-allowed"), (9, "missing-key")]


def test_a_misspelt_section_is_told_once() -> None:
    """Where a whole section cannot be found, nobody who uses it is told off."""
    text = part("""paramters:
  patience: {value: 7, unit: days, title: How long to wait}
plays:
  - rule: reopen
    do: {action: reopen, channel: email, wait: $patience}
    because: They have gone silent.
""")

    assert [diagnostic.code for diagnostic in load(text).diagnostics] == ["unknown-key"]


def test_what_is_missing_at_the_top_hides_nothing_else() -> None:
    """A playbook without a title is told its other mistakes too."""
    text = "playbook: a\nabout: c\notherwise: {action: wate, because: x}\n"

    found = [diagnostic.code for diagnostic in load(text).diagnostics]

    assert found == ["missing-key", "unknown-action"]


def test_warnings_wait_for_the_errors() -> None:
    """A misspelt use leaves the right name unused: that is one mistake, not two."""
    text = part("""parameters:
  patience: {value: 7, unit: days, title: How long to wait}
otherwise: {action: wait, wait: $patince, because: x}
""")

    assert [diagnostic.code for diagnostic in load(text).diagnostics] == ["unknown-parameter"]
    assert load(text.replace("patince", "patience")).diagnostics == ()


def test_a_hopeless_playbook_is_answered_briefly() -> None:
    """Of thousands of unknown names a hundred are told, and how many more there are."""
    plays = "".join(
        f"  - {{rule: r{n}, when: {{fact{n}: 1, other{n}: 2}}, do: stop, because: x}}\n"
        for n in range(200)
    )

    found = load(part(f"plays:\n{plays}")).diagnostics

    assert [diagnostic.code for diagnostic in found] == [
        *["unknown-fact"] * 100,
        "too-many-mistakes",
    ]
    assert found[-1].message == "there are 300 more mistakes from here on"


def test_a_hundred_warnings_are_no_error() -> None:
    """However many parameters nothing reads, the playbook can be used."""
    parameters = "".join(f"  p{n}: {{value: 1, title: One}}\n" for n in range(150))
    text = part(f"parameters:\n{parameters}otherwise: {{action: wait, because: x}}\n")

    assert {d.code for d in load(text).diagnostics} == {"unused-parameter"}
    assert load(text).ruleset


def test_no_more_is_told_than_can_be_mended() -> None:
    """Of many plays that never win a hundred are told, and of warnings none before them."""
    parameters = "".join(f"  p{n}: {{value: 1, title: One}}\n" for n in range(50))
    plays = "".join(f"  - {{rule: r{n}, do: stop, because: x}}\n" for n in range(131))

    found = load(part(f"parameters:\n{parameters}plays:\n{plays}")).diagnostics

    assert [diagnostic.code for diagnostic in found] == [
        *["play-never-wins"] * 100,
        "too-many-mistakes",
    ]


def test_many_warnings_after_a_hundred_are_no_error() -> None:
    """Where only warnings are left out, the notice is a warning too."""
    parameters = "".join(f"  p{n}: {{value: 1, title: One}}\n" for n in range(99))
    conclude = "".join(f"  - {{rule: r{n}, then: {{c{n}: 1}}, because: x}}\n" for n in range(50))
    otherwise = "otherwise: {action: wait, because: x}\n"

    loaded = load(part(f"parameters:\n{parameters}conclude:\n{conclude}{otherwise}"))

    assert len(loaded.diagnostics) == 101
    assert {diagnostic.severity for diagnostic in loaded.diagnostics} == {"warning"}
    assert loaded.ruleset
