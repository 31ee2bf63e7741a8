"""Playbooks that are right: one for each power of the language, with examples that show it.

`tests/corpus/valid/*.yaml` and the shipped playbooks. Each loads without a word, passes its
own examples, and compiles to the ruleset in `tests/corpus/compiled/`, whose name it shares.
`pytest --update-golden` writes the rulesets anew.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from service.decision import make_ready
from service.decision.examples import run_examples
from service.playbook import load
from service.playbook.ruleset import Ruleset
from tests.policies import SHIPPED as SHIPPED_POLICY
from tests.policies import UNGUARDED

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "corpus"
OWN = sorted((CORPUS / "valid").glob("*.yaml"))
SHIPPED = sorted((ROOT / "playbooks").glob("*.yaml"))
COMPILED = CORPUS / "compiled"
COMPILED_SHIPPED = COMPILED / "shipped"

DIGESTS = """
import sys
from pathlib import Path
from service.playbook import load
for path in sys.argv[1:]:
    print(load(Path(path).read_bytes()).ruleset.digest)
"""


def ruleset(text: str | bytes) -> Ruleset:
    """The ruleset of a text that is right."""
    found = load(text).ruleset
    assert found is not None
    return found


def names(paths: list[Path]) -> list[str]:
    """What the cases are called in a test report."""
    return [f"{path.parent.name}-{path.stem}" for path in paths]


ALL = [*OWN, *SHIPPED]
every_playbook = pytest.mark.parametrize("path", ALL, ids=names(ALL))


def test_there_are_playbooks() -> None:
    """Both folders were found."""
    assert len(OWN) >= 15
    assert SHIPPED


@every_playbook
def test_nothing_is_said_about_it(path: Path) -> None:
    """A playbook that is right has neither errors nor warnings."""
    assert load(path.read_bytes()).diagnostics == ()


@every_playbook
def test_its_examples_pass_and_reach_everything(path: Path) -> None:
    """Every example passes, and every rule, table, step and end is reached by one.

    Shipped playbooks are held to the policy that ships with them; the corpus is about what the
    language can say, so there only the guards that nobody can switch off stand.
    """
    loaded = load(path.read_bytes())
    assert loaded.playbook
    assert loaded.playbook.examples

    ready = make_ready(ruleset(path.read_bytes()))
    guards = SHIPPED_POLICY if path in SHIPPED else UNGUARDED
    report = run_examples(ready, guards, loaded.playbook.examples)

    assert [(result.example, result) for result in report.results if not result.passed] == []
    assert report.unreached == ()


@pytest.mark.parametrize("path", OWN, ids=names(OWN))
def test_it_compiles_to_the_same_ruleset(
    path: Path, golden: Callable[[Path, object], None]
) -> None:
    """Loading a text gives the ruleset that it gave when it was last looked at."""
    golden(COMPILED / f"{path.stem}.json", ruleset(path.read_bytes()).to_json())


@pytest.mark.parametrize("path", SHIPPED, ids=names(SHIPPED))
def test_a_shipped_one_compiles_to_the_same_ruleset(
    path: Path, golden: Callable[[Path, object], None]
) -> None:
    """So do the shipped playbooks."""
    golden(COMPILED_SHIPPED / f"{path.stem}.json", ruleset(path.read_bytes()).to_json())


def test_no_ruleset_is_left_over() -> None:
    """Every compiled form belongs to a playbook."""
    names_here = {path.stem for path in COMPILED.glob("*.json")}
    shipped = {path.stem for path in COMPILED_SHIPPED.glob("*.json")}

    assert names_here == {path.stem for path in OWN}
    assert shipped in ({path.stem for path in SHIPPED}, set())


def test_no_name_stands_twice() -> None:
    """A playbook's name is its file's."""
    assert [ruleset(path.read_bytes()).name for path in ALL] == [path.stem for path in ALL]


@pytest.mark.parametrize("seed", ["1", "20261120"])
def test_the_digest_is_the_same_everywhere(seed: str) -> None:
    """Another process, with other hash values, gives the same digests."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}

    printed = subprocess.run(
        [sys.executable, "-c", DIGESTS, *map(str, ALL)],
        capture_output=True,
        check=True,
        env=environment,
        text=True,
    ).stdout

    assert printed.split() == [ruleset(path.read_bytes()).digest for path in ALL]


@pytest.mark.parametrize("path", OWN[:3], ids=names(OWN[:3]))
def test_what_means_nothing_changes_nothing(path: Path) -> None:
    """Comments and blank lines at the end, line ends and a byte order mark leave the digest."""
    text = path.read_text("utf-8")
    expected = ruleset(text).digest

    assert ruleset(text + "\n\n# The end.\n").digest == expected
    assert ruleset(text.replace("\n", "\r\n")).digest == expected
    assert ruleset(b"\xef\xbb\xbf" + text.encode()).digest == expected


def test_what_means_something_changes_the_digest() -> None:
    """Another number is another ruleset."""
    text = (CORPUS / "valid" / "waits.yaml").read_text("utf-8")

    assert ruleset(text).digest != ruleset(text.replace("value: 6", "value: 8")).digest
