"""Playbooks with mistakes: what is said about each, and that everything that can be said is.

The cases are `tests/corpus/invalid/*.yaml`, each with what `load` says about it beside it.
`pytest --update-golden` writes that anew; read the difference as a sales manager would.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.playbook import load
from service.playbook.diagnostics import Diagnostic, in_order
from tests.diagnostic_codes import diagnostic_codes

FOLDER = Path(__file__).parents[1] / "corpus" / "invalid"
SOURCE = Path(__file__).parents[2] / "service" / "playbook"
CASES = sorted(FOLDER.glob("*.yaml"))
#: They show several mistakes on purpose.
MIXED = {
    *("many-mistakes", "many-mistakes-in-a-rule", "many-mistakes-in-a-sequence"),
    *("many-mistakes-in-a-conclusion", "many-mistakes-in-a-table", "many-mistakes-and-an-example"),
    *("many-mistakes-and-a-contradiction", "merge-key-bomb"),
}

HEAD = "playbook: example\ntitle: Example\nabout: An example.\n"
MANY_TESTS = ", ".join(f"a{n}: true" for n in range(101))
#: What a hundred thousand characters are needed for, made here instead of kept in a file.
MADE_HERE = {
    "engine-limit": HEAD
    + "facts:\n"
    + "".join(f"  a{n}: {{type: boolean, title: A}}\n" for n in range(101))
    + f"plays:\n  - rule: long\n    when: {{{MANY_TESTS}}}\n    do: stop\n    because: Long.\n"
    + "otherwise: {action: wait, because: Nothing fits.}\n",
    "too-complex-to-check": HEAD
    + "facts:\n"
    + "".join(f"  a{n}: {{type: integer, title: A}}\n" for n in range(48))
    + "plays:\n  - rule: tangled\n    when:\n      all:\n"
    + "".join(
        f"        - any: [{{a{n}: $a{(n * 7 + 5) % 48}}}, {{a{(n * 11 + 3) % 48}: {n}}},"
        f" {{a{(n * 13 + 29) % 48}: {{at_least: {n}}}}}]\n"
        for n in range(32)
    )
    + "    do: stop\n    because: Tangled.\notherwise: {action: wait, because: Nothing fits.}\n",
    "too-large": HEAD + "#" * 262_144,
    "too-many-mistakes": HEAD + "plays:\n" + "  - {rule: A B}\n" * 60,
    "too-many-nodes": HEAD + "plays: [" + "[], " * 20_000 + "]\n",
    "value-too-long": HEAD + f'templates:\n  long: {{body: "{"word " * 2_000}"}}\n',
}


def said(text: str | bytes) -> list[dict[str, object]]:
    """What is said about a text, in the form of the golden files."""
    return [diagnostic.to_json() for diagnostic in load(text).diagnostics]


CODES = sorted(diagnostic_codes())


def code_of(path: Path) -> str:
    """The code that a case is named after: the longest that its name begins with."""
    fitting = [code for code in CODES if f"{path.stem}-".startswith(f"{code}-")]
    return max(fitting, key=len, default="")


# ---- the tests ----------------------------------------------------------------------


def test_there_are_cases() -> None:
    """The folder of cases was found, and so were the codes."""
    assert len(CASES) > 100
    assert {"unknown-template", "yaml-syntax", "anchor", "no-answer"} <= set(CODES)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_exactly_this_is_said(path: Path, golden: Callable[[Path, object], None]) -> None:
    """A playbook with a mistake gets the diagnostics that stand beside it, and no others."""
    golden(path.with_name(f"{path.stem}.diagnostics.json"), said(path.read_bytes()))


def test_no_golden_file_is_left_over() -> None:
    """Every list of diagnostics belongs to a case."""
    lists = {path.name.removesuffix(".diagnostics.json") for path in FOLDER.glob("*.json")}

    assert lists == {path.stem for path in CASES}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_is_named_after_its_code(path: Path) -> None:
    """A case shows the mistake that it is named after."""
    shown = {diagnostic.code for diagnostic in load(path.read_bytes()).diagnostics}

    assert path.stem in MIXED or code_of(path) in shown


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_everybody_is_told_what_to_do(path: Path) -> None:
    """Every diagnostic has a hint."""
    without = [d for d in load(path.read_bytes()).diagnostics if not d.hint]

    assert without == []


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_case(code: str) -> None:
    """Whatever can be said about a playbook is shown by a case of that name."""
    assert code in MADE_HERE or code in {code_of(path) for path in CASES}


@pytest.mark.parametrize("code", MADE_HERE)
def test_what_needs_a_large_text_is_said(code: str) -> None:
    """The mistakes that only large playbooks can have are told too."""
    assert code in {diagnostic["code"] for diagnostic in said(MADE_HERE[code])}


def test_many_mistakes_are_shown_at_once() -> None:
    """Seven different mistakes of one playbook are told together, from top to bottom."""
    found = load((FOLDER / "many-mistakes.yaml").read_bytes()).diagnostics

    assert len({diagnostic.code for diagnostic in found}) == 7
    assert list(found) == sorted(found, key=lambda diagnostic: diagnostic.place)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_has_one_mistake(path: Path) -> None:
    """One mistake is told once: nothing that only follows from it is told as well."""
    found = {diagnostic.code for diagnostic in load(path.read_bytes()).diagnostics}

    assert path.stem in MIXED or found == {code_of(path)}


def test_diagnostics_stand_in_order_once_each() -> None:
    """Diagnostics are sorted by place, then code, then message, and none comes twice."""
    later, sooner = Diagnostic("b", "two"), Diagnostic("a", "one")

    assert in_order([later, sooner, later]) == (sooner, later)
