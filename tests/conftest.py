"""What all tests share."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ["tests.databases"]

# No deadline: two busy cores say nothing about the code. In CI the same cases every time.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

#: What a golden file must hold.
Golden = Callable[[Path, object], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --update-golden` writes the golden files anew; `git diff` then shows what changed."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares a value with the JSON in a file; with `--update-golden`, writes it there."""
    updating = bool(request.config.getoption("--update-golden"))

    def compare(path: Path, value: object) -> None:
        if updating:
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(value, indent=2, ensure_ascii=False)
            path.write_text(text + "\n", encoding="utf-8")
        expected = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        assert value == expected, f"{path.name} differs: if you meant it, run --update-golden"

    return compare
