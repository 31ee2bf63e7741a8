"""Whatever a playbook says, the service does: four readings of it agree."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.oracle.agreement import Trial, trial_of
from tests.oracle.cases import CORPUS
from tests.oracle.draws import random_sheet
from tests.oracle.prospects import random_body
from tests.oracle.sheets import mended

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
VALID = Path(__file__).parents[1] / "corpus" / "valid"
WRITTEN = [*sorted(PLAYBOOKS.glob("*.yaml")), *sorted(VALID.glob("*.yaml"))]
CASES = sorted(CORPUS.glob("*.json"))
REQUESTS = 8


@settings(max_examples=70, phases=[Phase.generate])
@given(st.integers(0, 2**32))
def test_random_playbooks_are_read_alike(seed: int) -> None:
    """Firings, conclusions and the choice are the same in the service and in three oracles."""
    random = Random(seed)  # noqa: S311 - a repeatable choice, not a secret
    found = mended(random_sheet(random))
    assert found is not None
    _, text, loaded = found
    assert loaded.playbook is not None
    assert loaded.ruleset is not None
    trial = Trial(text, loaded.playbook, loaded.ruleset)
    bodies = [random_body(random, text, loaded.playbook) for _ in range(REQUESTS)]

    differences = [trial.disagreement(body) for body in bodies]

    assert differences == [""] * REQUESTS


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_written_playbooks_are_read_alike(path: Path) -> None:
    """The shipped playbooks, and those that show every power, are read alike too."""
    text = path.read_text(encoding="utf-8")
    trial = trial_of(text)
    random = Random(path.stem)  # noqa: S311 - a repeatable choice, not a secret
    bodies = [random_body(random, text, trial.playbook) for _ in range(40)]

    differences = [trial.disagreement(body) for body in bodies]

    assert differences == [""] * 40


def kept(path: Path) -> Any:
    """A kept case; one that says why it is not mended yet is expected to differ still."""
    case: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    marks = [pytest.mark.xfail(reason=case["known"], strict=True)] if "known" in case else []
    return pytest.param(case, id=path.stem, marks=marks)


@pytest.mark.parametrize("case", [kept(path) for path in CASES])
def test_what_once_differed_is_read_alike(case: dict[str, Any]) -> None:
    """Every difference that a long run has found stays mended."""
    difference = trial_of("\n".join(case["playbook"])).disagreement(case["request"])

    assert difference == ""


def test_there_are_playbooks_to_read() -> None:
    """The written playbooks are found."""
    assert len(WRITTEN) >= 10
