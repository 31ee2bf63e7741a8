"""Playbook texts are read strictly, with every value's place, and never make the reader raise."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from service.playbook.diagnostics import Place, has_errors
from service.playbook.text import document as document_module
from service.playbook.text import refusals
from service.playbook.text.document import Document, read
from service.playbook.text.source import MAX_BYTES, MAX_DIAGNOSTICS

CORPUS = Path(__file__).parents[1] / "corpus"
CODES = (
    *("not-utf8", "too-large", "empty-playbook", "yaml-syntax", "duplicate-key", "anchor"),
    *("alias", "merge-key", "tag", "many-documents", "too-deep", "too-many-nodes"),
    *("value-too-long", "number-too-large", "not-a-number", "key-not-text"),
    *("control-character", "not-a-mapping"),
)
#: Too long to be worth a file; the tests below make them.
MADE_HERE = {"too-large", "too-many-nodes", "value-too-long"}


def code_of(path: Path) -> str:
    """The code that a case is about: its name is the code, or the code and a variant."""
    name = path.name.split(".")[0]
    return max((code for code in CODES if f"{name}-".startswith(f"{code}-")), key=len, default="")


CASES = [path for path in sorted((CORPUS / "invalid").glob("*.yaml")) if code_of(path)]
TEXTS = [
    path.read_text("utf-8")
    for path in sorted(CORPUS.glob("*/**/*.yaml"))
    if not path.name.startswith("not-utf8")
]


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's parsers, the one in C and the one in Python."""
    monkeypatch.setattr(document_module, "_LOADER", getattr(yaml, request.param))


def sound(text: str) -> Document:
    """The document of a text that has nothing wrong with it."""
    document, diagnostics = read(text)
    assert diagnostics == ()
    assert document
    return document


def codes(text: str | bytes) -> list[str]:
    """The codes of all that is wrong with a text."""
    return [diagnostic.code for diagnostic in read(text)[1]]


# ---- what is wrong ------------------------------------------------------------------


def test_every_code_has_a_case() -> None:
    """Every code of the reader has a file in the corpus, or is made here."""
    covered = {code_of(path) for path in CASES} | MADE_HERE

    assert covered == set(CODES)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_mistakes_are_shown_in_plain_words_at_their_place(path: Path) -> None:
    """Both parsers' complaints become the diagnostics that stand beside the case."""
    _, diagnostics = read(path.read_bytes())

    expected = json.loads(path.with_suffix(".diagnostics.json").read_text("utf-8"))
    assert [diagnostic.to_json() for diagnostic in diagnostics] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: " + "x" * (MAX_BYTES - 2), "too-large"),
        ("a: " + "é" * (MAX_BYTES // 2), "too-large"),
        ("a: " + "x" * (refusals.MAX_CHARACTERS + 1), "value-too-long"),
        ("a: [" + "1," * refusals.MAX_NODES + "]", "too-many-nodes"),
        ("[" * 100_000, "not-a-mapping"),
        ("{a: " * 60_000, "too-deep"),
        ("a:\n" + "".join(" " * i + "- \n" for i in range(1, 600)), "too-deep"),
        ("a: " + "9" * 5_000, "number-too-large"),
        ("a: 0x" + "f" * 8_000, "number-too-large"),
    ],
)
def test_texts_beyond_a_limit_are_refused(text: str, expected: str) -> None:
    """Whatever is too much is named, and nothing is built from it."""
    document, diagnostics = read(text)

    assert [diagnostic.code for diagnostic in diagnostics] == [expected]
    assert document is None


@pytest.mark.parametrize(
    "text",
    [
        "a: b\n#" + "x" * (MAX_BYTES - 6),
        "a: " + "x" * refusals.MAX_CHARACTERS,
        "a: [" + "1," * (refusals.MAX_NODES - 3) + "]",
        "a: " + "[" * (refusals.MAX_DEPTH - 1) + "]" * (refusals.MAX_DEPTH - 1),
        f"a: {2**53}",
        f"a: -{2**53}",
        "\ufeffa: b",
        "%YAML 1.2\n---\na: b\n...\n",
    ],
)
def test_texts_at_a_limit_are_read(text: str) -> None:
    """A limit is the largest that is allowed."""
    document = sound(text)

    assert list(document.data) == ["a"]


def test_mistakes_are_collected() -> None:
    """Duplicates, anchors and tags are all shown at once, with the syntax error after them."""
    found = codes('a: 1\na: 2\nb: &x 1\nc: !t 1\nd: "open\n')

    assert found == ["duplicate-key", "anchor", "tag", "yaml-syntax"]


def test_harmless_mistakes_keep_the_document() -> None:
    """A duplicate name is an error, and the first of the two stays for further checks."""
    document, diagnostics = read("a: 1\nb: {c: 2, c: 3}\na: 4\n")

    assert [diagnostic.code for diagnostic in diagnostics] == ["duplicate-key"] * 2
    assert document
    assert document.data == {"a": 1, "b": {"c": 2}}


def test_diagnostics_are_bounded() -> None:
    """A hostile text makes no more diagnostics than anybody could read."""
    _, duplicates = read("a: 1\n" * 5_000)
    _, invisible = read("\x00" * 5_000)

    assert [len(duplicates), len(invisible)] == [MAX_DIAGNOSTICS] * 2


# ---- values -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *(("true", True), ("False", False), ("null", None), ("~", None), ("", None)),
        *(("no", "no"), ("on", "on"), ("y", "y"), ("tRue", "tRue")),
        *(("7", 7), ("-7", -7), ("+7", 7), ("010", 10), ("0x1F", 31), ("0o17", 15)),
        *(("1.5", 1.5), (".5", 0.5), ("2.", 2.0), ("1e3", 1000.0), ("3.10", 3.1)),
        *(("1_000", "1_000"), ("0b11", "0b11"), ("10:30", "10:30"), ("08:00-10:00",) * 2),
        *(("2026-11-20", "2026-11-20"), ("2026-11-20T15:00:00-05:00",) * 2),
        *(("7 days", "7 days"), ("$patience", "$patience"), ("١٢", "١٢"), ("=", "=")),
        *(('"7"', "7"), ("'true'", "true"), ('""', ""), ("<<", "<<")),
        *(("[a, [], {}]", ["a", [], {}]), ("{b: }", {"b": None}), ("|\n  x\n", "x\n")),
    ],
)
@pytest.mark.usefixtures("parser")
def test_values_are_those_of_yaml_1_2(written: str, expected: object) -> None:
    """Words keep the meaning they have in YAML 1.2, and no other."""
    value = sound(f"a: {written}\n").data["a"]

    assert (type(value), value) == (type(expected), expected)


@given(
    st.dictionaries(
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**53), 2**53)
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=20),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
            ),
            max_leaves=12,
        ),
        max_size=5,
    )
)
def test_json_reads_as_itself(data: dict[str, object]) -> None:
    """JSON is YAML: what it holds comes back unchanged."""
    document = sound(json.dumps(data, ensure_ascii=False))

    assert document.data == data


# ---- places -------------------------------------------------------------------------

PLACED = """\
title: déjà 😀 vu
plays:
  - rule: a
    do: {action: stop, "wait": [1, two]}
"""


@pytest.mark.parametrize(
    ("path", "place", "key_place"),
    [
        ((), Place(1, 1), Place(1, 1)),
        (("title",), Place(1, 8), Place(1, 1)),
        (("plays",), Place(3, 3), Place(2, 1)),
        (("plays", 0), Place(3, 5), Place(3, 5)),
        (("plays", 0, "do"), Place(4, 9), Place(4, 5)),
        (("plays", 0, "do", "wait"), Place(4, 32), Place(4, 24)),
        (("plays", 0, "do", "wait", 1), Place(4, 36), Place(4, 36)),
        (("plays", 0, "do", "wait", 7, "x"), Place(4, 32), Place(4, 32)),
        (("nowhere", 1), Place(1, 1), Place(1, 1)),
    ],
)
@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_every_value_has_a_place(
    path: tuple[str | int, ...], place: Place, key_place: Place, line_break: str
) -> None:
    """Places are lines and characters from 1; an unknown path has the nearest one's place."""
    document = sound(PLACED.replace("\n", line_break))

    assert (document.place(path), document.key_place(path)) == (place, key_place)


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  first\n\n    deeper\n  {{ x }} last\n",
        "a: |2-\n    first\n\n  {{ x }} last",
        "b:\n    - a:  |+  # why\n\n\n             é😀 {{ x }} last\n\n",
        "a: plain {{ x }} last\n",
        "a: '{{ x }} last'\n",
        'a: ["é😀 {{ x }} last"]\n',
    ],
)
@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_places_inside_texts_are_exact(text: str, line_break: str) -> None:
    """What stands inside a `|` block or a plain text is found where it was written."""
    document = sound(text.replace("\n", line_break))
    path, value = next(texts_in(document))

    place = document.inner_place(path, value.index("{{"))

    line = text.split("\n")[place.line - 1]
    assert line[place.column - 1 :].startswith("{{ x }} last")


def texts_in(document: Document) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text of a document with its path."""
    for path in document.nodes:
        value: object = document.data
        for step in path:
            value = value[step]  # type: ignore[index]
        if isinstance(value, str):
            yield path, value


@pytest.mark.parametrize("text", ["a: >\n  folded\n  {{ x }}\n", 'a: "tab\\t{{ x }}"\n'])
def test_places_inside_other_texts_are_their_start(text: str) -> None:
    """Where characters were folded or escaped, the start of the text has to do."""
    document = sound(text)

    assert document.inner_place(("a",), 8) == Place(1, 4)


def test_inner_places_never_raise() -> None:
    """Any path and any offset has some place."""
    document = sound("a: |\n  x\nb: 7\n")

    places = [document.inner_place(("a",), offset) for offset in (-1, 0, 1, 2, 3, 99)]

    assert {place.line for place in places} == {2, 3}
    assert document.inner_place(("b",), 3) == Place(3, 4)
    assert document.inner_place(("c", 1), 3) == Place(1, 1)


# ---- nothing makes it raise ---------------------------------------------------------

PIECES = [
    *"{}[]:,-#&*!|>'\"%@`?\t\n \\\r~<",
    *("\n  ", "- ", "<<: ", "*a", "&a ", "!!int ", '"\\u0000"', '"\\ud800"', '"\\UFFFFFFFF"'),
    *("\ud800", "\u2028", "\x85", "\ufeff", "\x00", "1e999", ".nan", "9" * 20, "---\n"),
    *("...\n", "? ", "{{ x }}", "{% if %}", "null", "true: ", "é", "😀", "%TAG ! x\n"),
]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A playbook of the corpus with pieces put in, taken out and copied about."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 8))):
        here, there = draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))
        piece = draw(st.sampled_from(PIECES) | st.just(text[there : there + 40]))
        text = text[:here] + piece + text[here + draw(st.sampled_from([0, 0, 1, 5, 10_000])) :]
    return text


@given(damaged() | st.text() | st.binary() | st.text("{}[]:,-?&*!|>'\"%\n a"))
@example("\ud800")
@example(b"\xff\xfea\x00")
@example("a: 'x\r'\r\n")
def test_any_text_gives_a_document_or_says_why_not(text: str | bytes) -> None:
    """Nothing raises; without a document there is an error; every place lies in the text."""
    document, diagnostics = read(text)

    whole = text if isinstance(text, str) else text.decode("latin-1")
    lines = len(whole.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert document or has_errors(diagnostics)
    assert all(1 <= found.place.line <= lines + 1 for found in diagnostics)
    assert all(found.place.column >= 1 and found.message for found in diagnostics)


@given(damaged())
def test_the_parser_in_python_gives_a_document_too(text: str) -> None:
    """A PyYAML without its C part neither raises where the other one does not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document_module, "_LOADER", yaml.SafeLoader)
        document, diagnostics = read(text)

    assert document or has_errors(diagnostics)
