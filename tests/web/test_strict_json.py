"""Strict JSON: what Python's own reader takes for granted, and what more is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.web.strict_json import (
    MAX_DEPTH,
    MAX_NODES,
    MalformedBody,
    _judged,
    parse_json,
    pointer,
)

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(_VALUES, st.booleans())
def test_every_value_survives(value: object, ascii_only: bool) -> None:
    """What Python writes as JSON, and JSON can hold, is read as what it was."""
    text = json.dumps(value, ensure_ascii=ascii_only)

    assert value == parse_json(text.encode())


@given(st.text(st.sampled_from('[]{}",:\\ud8dc0019eE+-. \nNatrufls'), max_size=40))
def test_no_text_does_harm(text: str) -> None:
    """Any text is a value that Python reads alike, or a mistake with a sentence."""
    try:
        value = parse_json(text.encode())
    except MalformedBody:
        return

    assert repr(json.loads(text)) == repr(value)


@given(_VALUES, st.integers(0, 2**64))
def test_a_fault_is_found_wherever_it_is(value: object, seed: int) -> None:
    """A number that is too large is refused at its place, however much stands around it."""
    path, text = _planted(value, seed)

    with pytest.raises(MalformedBody) as raised:
        parse_json(text.encode())

    assert pointer(path) == raised.value.path


def _planted(value: object, seed: int) -> tuple[list[str | int], str]:
    """A value in whose every level one more entry leads to a number beyond all bounds."""
    path: list[str | int] = []
    tree: Any = 2**64
    for bit in range(seed % MAX_DEPTH):
        in_list = seed >> bit & 1
        tree = [value, tree] if in_list else {"before": value, "in": tree}
        path.insert(0, 1 if in_list else "in")
    return path, json.dumps(tree)


#: Few pieces, so that names come twice, quotation marks and backslashes meet, halves too.
_PIECES = ["a", '"', r"\\", r"\"", r"\u0061", r"\u005c", r"\ud83d", r"\ude00", "é", ":", ","]
_NUMBERS = [
    *("0", "-0", "-0.0", "1e5", "1E-400", "1e400", "9007199254740992", "9007199254740993"),
    *("-9007199254740993", "18446744073709551616", "1" * 25, "9007199254740993.0", "1e300"),
    *("01", "+1", "1.", "NaN", "-Infinity", "null", "true"),
]


def _list_text(parts: list[str]) -> str:
    return f"[{','.join(parts)}]"


def _object_text(pairs: list[tuple[str, str]]) -> str:
    return "{" + " ,".join(f"{name} : {part}" for name, part in pairs) + "}"


_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=3).map(lambda parts: f'"{"".join(parts)}"')
_BODIES = st.recursive(
    st.sampled_from(_NUMBERS) | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4).map(_list_text)
        | st.lists(st.tuples(_TEXTS, inner), max_size=4).map(_object_text)
    ),
    max_leaves=12,
)


@settings(max_examples=500)
@given(_BODIES)
@example(r'{"a": 1, "a": 2, "b\\": "c\\"}')  # as many texts lost as marks wrongly taken for escaped
def test_the_fast_way_is_the_slow_way(text: str) -> None:
    """What is read at once is what the way that looks at everything reads, and no more."""

    def outcome(read: Callable[[bytes], object]) -> tuple[str, ...]:
        try:
            return (repr(read(text.encode())),)
        except MalformedBody as error:
            return error.message, error.path

    assert outcome(_judged) == outcome(parse_json)


@pytest.mark.parametrize("shape", ["[]", '{"a":}'])
def test_depth_is_counted_exactly(shape: str) -> None:
    """As many levels as are allowed are read, and one more is not."""
    opening, closing = shape[:-1], shape[-1]
    innermost = "" if shape == "[]" else "1"

    def nested(depth: int) -> bytes:
        return (opening * depth + innermost + closing * depth).encode()

    parse_json(nested(MAX_DEPTH))
    with pytest.raises(MalformedBody, match="deeper than 32"):
        parse_json(nested(MAX_DEPTH + 1))


def test_values_are_counted_exactly() -> None:
    """As many values as are allowed are read, and one more is not; the list counts too."""
    parse_json(json.dumps([100] * (MAX_NODES - 1)).encode())
    with pytest.raises(MalformedBody, match="more than 20,000 values"):
        parse_json(json.dumps([100] * MAX_NODES).encode())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ([], ""),
        (["history", 3, "at"], "/history/3/at"),
        (["a/b", "c~d", ""], "/a~1b/c~0d/"),
        (["x" * 1000], "/" + "x" * 100),
    ],
)
def test_pointer(path: list[str | int], expected: str) -> None:
    """A pointer is that of RFC 6901, and no longer than a person reads."""
    assert expected == pointer(path)
