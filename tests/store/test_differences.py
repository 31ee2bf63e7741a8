"""What changed from one version to another, rule by rule, in a manager's words."""

import json
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.playbook import Playbook, load
from service.shipped import shipped
from service.store.documents.differences import Change, Unreadable, align, compare_texts, playbook
from tests.oracle.draws import random_sheet
from tests.oracle.sheets import Sheet, mended, text_of
from tests.store.library_texts import PACKS, POLICY

HOUSE = shipped("playbooks", "house.yaml").read_text()
CORPUS = Path(__file__).parents[1] / "corpus"
EXPERIMENT = (CORPUS / "experiments" / "valid" / "every-word.yaml").read_text()
#: What is written in the house playbook, what it becomes, and what is told of it.
CASES: list[dict[str, Any]] = json.loads((CORPUS / "differences" / "house.json").read_text())
#: The same of an experiment.
OF_EXPERIMENTS: list[dict[str, Any]] = json.loads(
    (CORPUS / "differences" / "experiment.json").read_text()
)
SPACING = next(line for line in HOUSE.splitlines(keepends=True) if line.startswith("  spacing:"))


def sentences(changes: tuple[Change, ...]) -> list[str]:
    """The changes in words."""
    return [change.sentence for change in changes]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_a_change_is_told_in_a_managers_words(case: dict[str, Any]) -> None:
    """One change of the text, and all that is told of it."""
    assert case["before"] in HOUSE

    after = HOUSE.replace(case["before"], case["after"], 1)

    assert sentences(compare_texts("playbook", HOUSE, after, PACKS)) == case["told"]


@pytest.mark.parametrize("case", OF_EXPERIMENTS, ids=lambda case: str(case["case"]))
def test_experiments_are_told_too(case: dict[str, Any]) -> None:
    """Arms, who takes part, and what is counted."""
    assert case["before"] in EXPERIMENT

    after = EXPERIMENT.replace(case["before"], case["after"], 1)

    assert sentences(compare_texts("experiment", EXPERIMENT, after, PACKS)) == case["told"]


def test_an_arm_has_its_line() -> None:
    """In both texts."""
    after = EXPERIMENT.replace("arms:\n", "arms:\n\n").replace("version: 3", "version: 4")
    (change,) = compare_texts("experiment", EXPERIMENT, after, PACKS)

    assert (change.kind, change.part, change.name) == ("changed", "arm", "break-up")
    assert (change.line_before, change.line_after) == (6, 7)


def test_the_order_of_what_has_no_order_is_no_change() -> None:
    """Parameters may stand anywhere; plays may not."""
    elsewhere = HOUSE.replace(SPACING, "").replace("\nfacts:\n", f"{SPACING}\nfacts:\n", 1)
    assert compare_texts("playbook", HOUSE, elsewhere, PACKS) == ()

    start, end = HOUSE.index("  - rule: first-hello"), HOUSE.index("  - sequence: voicemail-when")
    play = HOUSE[start:end]
    first = HOUSE.replace(play, "").replace("\nplays:\n", f"\nplays:\n{play}", 1)
    (change,) = compare_texts("playbook", HOUSE, first, PACKS)
    assert (change.kind, change.part, change.name) == ("moved", "play", "first-hello")
    assert change.sentence == (
        "play `first-hello` now stands after `move-on`, not after `nothing-on-record`"
    )


def test_a_change_is_data_too() -> None:
    """Whole values, and the lines of both texts."""
    after = HOUSE.replace("worry_after: {value: 7", "\n  worry_after: {value: 9")
    change = compare_texts("playbook", HOUSE, after, PACKS)[0]

    assert change.to_json() == {
        "kind": "changed",
        "part": "parameter",
        "name": "worry_after",
        "what": "is",
        "before": "7 days",
        "after": "9 days",
        "line_before": 48,
        "line_after": 49,
        "sentence": "parameter `worry_after` is 7 days → 9 days",
    }


def test_policies_are_told_rule_by_rule() -> None:
    """And so are the laws that they switch on."""
    after = POLICY.replace("09:00-17:00", "09:00-18:00").replace(
        "rules:\n", "rules:\n  - {guard: cap, at_most: 3, within: 24 hours, because: Enough.}\n"
    )
    assert sentences(compare_texts("policy", POLICY, after, PACKS)) == [
        "rule `cap` is new",
        "rule `office-hours` demands 09:00-17:00 on every day → 09:00-18:00 on every day",
    ]
    law = next(iter(PACKS.values())).rows[0].name
    assert sentences(compare_texts("policy", POLICY, f"{POLICY}laws: [{law}]\n", PACKS)) == [
        f"law `{law}` is new"
    ]


def test_texts_with_mistakes_cannot_be_compared() -> None:
    """Which of the two is told."""
    with pytest.raises(Unreadable, match="second") as told:
        compare_texts("playbook", HOUSE, "playbook: house", PACKS)
    assert told.value.which == "second"
    with pytest.raises(Unreadable, match="first"):
        compare_texts("policy", "policy: default", POLICY, PACKS)


# ---- random playbooks ---------------------------------------------------------------


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_every_mutation_is_told_and_its_rule_named(random: Random) -> None:
    """Nothing changes without being told; and where nothing has, nothing is."""
    drawn = mended(random_sheet(random))
    if drawn is None or drawn[2].playbook is None:
        return
    sheet, before = drawn[0], drawn[2].playbook
    assert told_of(before, before) == []
    mutations = _mutations(sheet)
    for name, other in random.sample(mutations, min(6, len(mutations))):
        after = load(text_of(other)).playbook
        if after is None:
            continue  # the mutation took away what something else needs
        told, back = told_of(before, after), told_of(after, before)
        assert any(name in sentence for sentence in told), (name, told)
        assert any(name in sentence for sentence in back), (name, back)


def told_of(before: Playbook, after: Playbook) -> list[str]:
    """As `compare_texts`, of playbooks that have been loaded."""
    return sentences(align.changes(playbook.sections(before), playbook.sections(after)))


def _mutations(sheet: Sheet) -> list[tuple[str, Sheet]]:
    """Sheets that differ in one rule, table or play, each with the name of that."""
    found: list[tuple[str, Sheet]] = []
    for section in ("conclude", "tables", "exits", "plays"):
        for number, item in enumerate(sheet.get(section) or []):
            name = next(item[key] for key in ("rule", "table", "sequence") if key in item)
            for change in (_without, _with_another_reason, _with_another_value):
                other = deepcopy(sheet)
                if change(other[section], number):
                    found.append((name, other))
    return found


def _without(items: list[Any], number: int) -> bool:
    del items[number]
    return True


def _with_another_reason(items: list[Any], number: int) -> bool:
    items[number]["because"] = "Somebody thought again."
    return True


def _with_another_value(items: list[Any], number: int) -> bool:
    """Another number, wherever the first one stands that is not a place in a list."""
    return _change_first_number(items[number])


def _change_first_number(part: Any) -> bool:
    keys = list(part) if isinstance(part, dict) else range(len(part))
    for key in keys:
        value = part[key]
        if type(value) is int:
            part[key] = value + 1
            return True
        if isinstance(value, dict | list) and _change_first_number(value):
            return True
    return False
