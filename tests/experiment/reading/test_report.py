"""The whole reading, as a page would show it and as a program would."""

import json
import subprocess
import sys

from service.experiment.reading import read
from tests.experiment.reading.counted import LIMIT, MARGIN, Registered, arm, at_the_end, look

PLAN = Registered(guardrails=(MARGIN, LIMIT))
COUNTED = look(
    at_the_end(arm("A", 1000, 50, harm={"opted_out": 4})),
    at_the_end(arm("B", 1000, 80, harm={"opted_out": 5, "complained": 1})),
    days=120,
)


def test_a_report_has_everything() -> None:
    """Counts with their intervals, both readings, health, guardrails, and one verdict."""
    report = read(PLAN, COUNTED)

    control, other = report.arms
    assert (control.rate, other.rate) == (0.05, 0.08)
    assert other.interval is not None
    assert other.interval.low < 0.08 < other.interval.high
    (comparison,) = report.comparisons
    assert comparison.now is not None
    assert comparison.final is not None
    # The final look is sure enough; looking whenever one likes would not yet be.
    assert comparison.final.p < 0.04 < comparison.now.p
    assert report.health.verdict == "ok"
    assert [(each.outcome, each.arm) for each in report.guardrails] == [
        ("opted_out", "B"),
        ("complained", "A"),
        ("complained", "B"),
    ]
    assert report.verdict == comparison.verdict


def test_a_report_is_json() -> None:
    """Names for everything, dates as text, nothing that JSON has not."""
    told = read(PLAN, COUNTED).to_json()

    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["as_of"] == "2027-05-04T09:00:00+00:00"
    assert told["verdict"]["code"] == "winner_guardrail_open"
    assert told["arms"][1]["funnel"]["mature"] == 1000
    assert set(told["comparisons"][0]["final"]) == {"control", "arm", "interval", "p"}
    assert set(told["comparisons"][0]["now"]["interval"]) == {"low", "high"}


def test_nothing_counted_is_a_report_too() -> None:
    """On the first morning."""
    told = read(PLAN, look(arm("A", 0, 0), arm("B", 0, 0), days=0)).to_json()

    assert json.dumps(told, allow_nan=False)
    assert told["verdict"]["code"] == "collecting"
    assert told["verdict"]["earliest"] is None
    assert told["arms"][0]["rate"] is None


def test_statistics_are_loaded_when_a_report_is_asked_for() -> None:
    """A service that only decides never pays for them."""
    asked = (
        "import sys, service.experiment.reading; "
        "sys.exit(bool({'scipy', 'statsmodels', 'numpy', 'pandas'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
