"""Policies and laws with mistakes: what is said about each, and that everything that can be is.

The cases are `tests/corpus/policy/invalid/*.yaml`, each with what is said about it beside it.
`pytest --update-golden` writes that anew; read the difference as a sales manager would.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from service.playbook import Diagnostic
from service.policy import load_laws, load_policy
from service.store.in_force.packs import open_packs
from tests.diagnostic_codes import POLICY_SOURCE, codes_in

FOLDER = Path(__file__).parents[1] / "corpus" / "policy"
INVALID = FOLDER / "invalid"
CASES = sorted(INVALID.glob("*.yaml"))
PACKS = open_packs(FOLDER / "packs").laws
CODES = sorted(codes_in(POLICY_SOURCE))
#: It shows several mistakes on purpose.
MIXED = {"many-mistakes"}
#: What only those know who know Python or JSON Schema.
JARGON = re.compile(
    r"None|True|False|\bnull\b|\bobject|\barray|\bstring|\binteger|\bdict|\bschema|\binstance"
    r"|\bproperty|\bregex|is not valid|\[\]|\{\}|\\|playbook"
)

every_case = pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)


def diagnostics(path: Path) -> tuple[Diagnostic, ...]:
    """What is said about a file, as the kind of document that its first word says."""
    text = path.read_bytes()
    loaded = load_laws(text) if text.startswith(b"laws:") else load_policy(text, PACKS)
    return loaded.diagnostics


def test_there_are_cases() -> None:
    """The folder of cases was found, and so were the packs and the codes."""
    assert len(CASES) > 40
    assert set(PACKS) == {"far", "near"}
    assert {"unknown-law", "never-open", "row-never-holds"} <= set(CODES)


@every_case
def test_exactly_this_is_said(path: Path, golden: Callable[[Path, object], None]) -> None:
    """A document with a mistake gets the diagnostics that stand beside it, and no others."""
    said = [diagnostic.to_json() for diagnostic in diagnostics(path)]

    assert said
    golden(path.with_name(f"{path.stem}.diagnostics.json"), said)


@every_case
def test_a_case_has_one_mistake_and_is_named_after_it(path: Path) -> None:
    """One mistake is told once: nothing that only follows from it is told as well."""
    found = {diagnostic.code for diagnostic in diagnostics(path)}

    assert path.stem in MIXED or len(found) == 1
    assert path.stem in MIXED or f"{path.stem}-".startswith(f"{found.pop()}-")


@every_case
def test_everybody_is_told_what_to_do_in_plain_words(path: Path) -> None:
    """Every diagnostic has a hint, and nobody has to be a programmer."""
    for diagnostic in diagnostics(path):
        assert diagnostic.hint, diagnostic
        ours = re.sub(r"`[^`]*`", "", f"{diagnostic.message} {diagnostic.hint}")
        assert not JARGON.search(ours), diagnostic
        assert not diagnostic.message.endswith(".")


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_case(code: str) -> None:
    """Whatever only policies can have wrong is shown by a case of that name."""
    assert code in {path.stem for path in CASES}


def test_no_golden_file_is_left_over() -> None:
    """Every list of diagnostics belongs to a case."""
    lists = {path.name.removesuffix(".diagnostics.json") for path in INVALID.glob("*.json")}

    assert lists == {path.stem for path in CASES}


def test_many_mistakes_are_shown_at_once() -> None:
    """Different mistakes of one policy are told together, from top to bottom."""
    found = diagnostics(INVALID / "many-mistakes.yaml")

    assert len({diagnostic.code for diagnostic in found}) >= 6
    assert list(found) == sorted(found, key=lambda diagnostic: diagnostic.place)
