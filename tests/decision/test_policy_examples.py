"""Policies and packs of laws keep what their examples promise: the shipped, and odder ones.

The odder ones are `tests/corpus/policy/judged`: clocks that are changed or not known, caps and
gaps to the second, laws whose place or audience nobody knows.
"""

from pathlib import Path
from typing import Any

import pytest

from service.decision.examples import ExampleResult, ExamplesReport
from service.decision.guards.examples import run_policy_examples
from service.policy import load_laws, load_policy, policy_of_laws
from service.shipped import shipped
from service.store.in_force.packs import open_packs

POLICIES = shipped("playbooks", "policy")
JUDGED = Path(__file__).parents[1] / "corpus" / "policy" / "judged"
PACKS = open_packs(POLICIES / "laws").laws
FILES = [*sorted(POLICIES.rglob("*.yaml")), *sorted(JUDGED.glob("*.yaml"))]
HEAD = "policy: mine\ntitle: Mine\nabout: Mine.\n"
RULES = (
    "rules:\n"
    "  - {guard: late, channels: [phone], hours: 08:00-18:00, because: Families.}\n"
    "  - {guard: rest, channels: [email], gap: 4 hours, because: Let them read.}\n"
)
IN_CHICAGO = {"time_zone": "America/Chicago"}


def run(text: str | bytes) -> ExamplesReport:
    """The examples of a text about which nothing is said, run."""
    content = text.encode() if isinstance(text, str) else text
    if content.lstrip().startswith(b"#"):
        content = content[content.index(b"\n") + 1 :]
    if content.startswith(b"laws:"):
        pack = load_laws(content)
        assert pack.diagnostics == ()
        assert pack.laws
        return run_policy_examples(policy_of_laws(pack.laws), pack.examples)
    loaded = load_policy(content, PACKS)
    assert loaded.diagnostics == ()
    assert loaded.policy
    return run_policy_examples(loaded.policy, loaded.examples)


def case(by: str, expect: dict[str, Any], **more: Any) -> ExampleResult:
    """One example of the rules above, in Chicago, at six in the evening."""
    loaded = load_policy(HEAD + RULES, {})
    assert loaded.policy
    example = {
        "example": "six in the evening",
        "prospect": IN_CHICAGO,
        "as_of": "2026-11-18 18:00",
        "by": by,
        "expect": expect,
        **more,
    }
    [result] = run_policy_examples(loaded.policy, [example]).results
    return result


def test_there_are_files() -> None:
    """The shipped policy, the packs, and the odder ones were found."""
    assert len(FILES) == 1 + len(PACKS) + 3


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_example_passes_and_every_rule_is_reached(path: Path) -> None:
    """What a policy says of itself is so, and each of its rules has kept somebody back."""
    report = run(path.read_bytes())

    assert [result for result in report.results if not result.passed] == []
    assert report.results
    assert report.unreached == ()


# ---- what is compared ---------------------------------------------------------------


def test_with_a_guard_the_verdict_is_its_own() -> None:
    """Whatever the others say."""
    closed = {**IN_CHICAGO, "opted_out_channels": ["phone"]}
    held = {"verdict": "HOLD_UNTIL", "guard": "late", "until": "2026-11-19 08:00"}

    assert case("phone", held, prospect=closed).passed
    assert case("phone", {"verdict": "BAR", "guard": "channel-opt-out"}, prospect=closed).passed
    assert case("phone", {"verdict": "BAR"}, prospect=closed).passed


def test_a_guard_without_a_say_has_no_verdict() -> None:
    """Not even that it allows the contact."""
    result = case("email", {"verdict": "ALLOW", "guard": "late"})

    assert [(check.actual, check.passed) for check in result.checks] == [(None, False)]
    assert result.decision
    assert result.decision["because"] == "`late` has no say in it."


def test_without_a_guard_until_is_when_it_is_allowed() -> None:
    """When all guards are open; at once where they are."""
    away = {**IN_CHICAGO, "out_of_office_until": "2026-11-20"}
    until_then = {"verdict": "HOLD_UNTIL", "until": "2026-11-23 08:00"}

    assert case("phone", until_then, prospect=away).passed
    assert case("email", {"verdict": "ALLOW", "until": "2026-11-18 18:00"}).passed
    assert not case("phone", {"verdict": "BAR", "until": "2026-11-19"}, prospect={}).passed


@pytest.mark.parametrize(
    ("until", "passed"),
    [
        ("2026-11-19", True),
        ("2026-11-18", False),
        ("2026-11-19 08:00", True),
        ("2026-11-19 08:01", False),
        ("2026-11-19T14:00:00Z", True),
    ],
)
def test_until_is_a_day_or_a_moment(until: str, *, passed: bool) -> None:
    """On the prospect's clock, or with an offset."""
    expect = {"verdict": "HOLD_UNTIL", "guard": "late", "until": until}

    assert case("phone", expect).passed is passed


def test_what_differs_is_told_with_the_guard_that_decides() -> None:
    """The verdict that was expected beside the one that came, and why."""
    result = case("phone", {"verdict": "ALLOW"})

    assert [(check.what, check.expected, check.actual) for check in result.checks] == [
        ("verdict", "ALLOW", "HOLD_UNTIL")
    ]
    assert result.decision
    assert result.decision["because"] == "`late`: Families."


def test_slips_are_told() -> None:
    """A fact that there is not, or whose value cannot be, fails the example."""
    misspelt = case("email", {"verdict": "ALLOW"}, prospect={**IN_CHICAGO, "do_not_ring": True})
    impossible = case("email", {"verdict": "ALLOW"}, prospect={"opted_out": 3})

    assert "`do_not_ring`" in misspelt.problems[0]
    assert not misspelt.passed
    assert impossible.problems == ("prospect/opted_out must be true or false",)
    assert impossible.decision is None


def test_local_times_are_the_prospects_where_the_country_tells_their_clock() -> None:
    """No time zone need be written where there is but one."""
    held = {"verdict": "HOLD_UNTIL", "guard": "late", "until": "2026-11-19 08:00"}
    until_in_utc = {**held, "until": "2026-11-18T23:00:00Z"}

    assert case("phone", held, prospect={"country": "JP"}).passed
    assert case("phone", until_in_utc, prospect={"phone_number": "+81 3 1234 5678"}).passed


# ---- what no example reaches --------------------------------------------------------

LATE = (
    "  - {example: late, prospect: {time_zone: America/Chicago}, as_of: 2026-11-18 18:00,"
    " by: phone, expect: {verdict: HOLD_UNTIL}}\n"
)


def test_a_rule_is_reached_where_it_keeps_somebody_back() -> None:
    """To be asked and to agree is not enough; whether another guard is named does not matter."""
    allowed = LATE.replace("18:00", "10:00").replace("HOLD_UNTIL", "ALLOW")

    assert run(f"{HEAD}{RULES}examples:\n{LATE}").unreached == ("rest",)
    assert run(f"{HEAD}{RULES}examples:\n{allowed}").unreached == ("late", "rest")


def test_laws_that_are_switched_on_are_tested_in_their_pack() -> None:
    """A policy answers for its own rules; they bind in its examples all the same."""
    text = f"{HEAD}{RULES}laws: [united-kingdom]\nexamples:\n{LATE}"
    british = LATE.replace("America/Chicago", "Europe/London, country: GB")

    assert run(text).unreached == ("rest",)
    [result] = run(text.replace(LATE, british)).results
    assert [check.actual for check in result.checks] == ["NEEDS_DATA"]
