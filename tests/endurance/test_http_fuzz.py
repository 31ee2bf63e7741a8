"""The contract against the service, by schemathesis. `make fuzz-http` does it at length."""

import re

import pytest

from tests.endurance.http_fuzz import fuzz

#: The whole service, or many processes: `make proof`, and CI.
pytestmark = pytest.mark.proof

BOUND = 120
"""Seconds, and then it fails; it takes about thirty."""


def test_no_answer_breaks_the_contract() -> None:
    """Of some hundreds of requests, good and bad, none gets a 500 or an undocumented answer."""
    found = fuzz(["--seed", "2026", "--max-examples", "2"], timeout=BOUND)
    counted = re.findall(r"(\d+)/(\d+)\n  Tested: (\d+)|(\d+) generated", found.stdout)

    assert found.returncode == 0, found.stdout
    [(selected, all_there_are, tested, _), (*_, requests)] = counted
    assert selected == all_there_are == tested
    assert int(requests) > 300
