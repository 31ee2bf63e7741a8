"""What a checkout is set up from: the pins, the Makefile, the wheel."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[1]
PINS = ("requirements-build.txt", "requirements.txt", "requirements-dev.txt")

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pinned(file: str) -> dict[str, str]:
    """Names and versions in a pins file."""
    text = (ROOT / file).read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    """The packages that requirements ask for."""
    return {re.split(r"[<>=!~\[; ]", requirement)[0] for requirement in requirements}


@pytest.mark.parametrize("file", PINS)
def test_pins_name_no_registry(file: str) -> None:
    """Where packages come from is the machine's business: no address, no option."""
    lines = (ROOT / file).read_text().splitlines()

    assert [line for line in lines if "://" in line or line.startswith("-")] == []


@pytest.mark.parametrize("file", PINS)
def test_every_pin_has_a_hash(file: str) -> None:
    """Each package is one version of it, and the very files of that version."""
    lines = (ROOT / file).read_text().replace("\\\n", "").splitlines()
    pins = [line for line in lines if line and not line.lstrip().startswith("#")]

    assert len(pins) >= 5
    assert [pin for pin in pins if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:", pin)] == []


def test_pins_hold_what_the_project_asks_for() -> None:
    """A dependency in pyproject.toml is in the pins; `make pins` puts it there."""
    run, dev = pinned("requirements.txt"), pinned("requirements-dev.txt")

    assert names(_PROJECT["dependencies"]) - set(run) == set()
    assert names(_PROJECT["optional-dependencies"]["dev"]) - set(dev) == set()
    assert run.items() <= dev.items()


def test_make_help_knows_every_target() -> None:
    """Every target that is no file explains itself."""
    makefile = (ROOT / "Makefile").read_text()
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    said = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert [line.split()[1] for line in said.splitlines()] == phony.split()


def test_wheel_carries_what_ships(tmp_path: Path) -> None:
    """A wheel holds the schemas, the playbooks, the policies and openapi.yaml, and finds them."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")

    program = (
        "from service.shipped import shipped; "
        "print(shipped('openapi.yaml'), *sorted(shipped('schemas').iterdir()), "
        "*shipped('playbooks').rglob('*.yaml'), sep='\\n')"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path / "site",
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    carried = {Path(line).relative_to(tmp_path / "site/service/shipped_files") for line in found}
    schemas = {path.relative_to(ROOT) for path in (ROOT / "schemas").iterdir()}
    playbooks = {path.relative_to(ROOT) for path in (ROOT / "playbooks").rglob("*.yaml")}
    assert Path("playbooks/policy/default.yaml") in playbooks
    assert carried == schemas | playbooks | {Path("openapi.yaml")}
