"""Playbooks that do not fit a contact policy: what is said about each, and that it is so.

The cases are `tests/corpus/fit/*.yaml`, each with what is said about it under `policy.yaml` of
that folder beside it; nothing is said about those whose name begins with `fits`.
`pytest --update-golden` writes that anew; read the difference as a sales manager would.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.decision import decide, make_ready
from service.decision.fit import check_fit, fitted
from service.decision.forward import play_forward
from service.decision.guards import make_guards
from service.playbook import Diagnostic, Loaded, load
from service.playbook.rules import Window
from service.policy import NO_POLICY, Policy, load_policy
from service.policy.policy import Cap, Gap, Hours, Row
from service.store.in_force.playbooks import open_playbooks
from tests.diagnostic_codes import FIT_SOURCE, codes_in
from tests.policies import SHIPPED
from tests.simulation import PLAYBOOKS

FOLDER = Path(__file__).parents[1] / "corpus" / "fit"
CASES = sorted(path for path in FOLDER.glob("*.yaml") if path.stem != "policy")
CODES = sorted(codes_in(FIT_SOURCE))
START = datetime(2026, 1, 5, 9, tzinfo=UTC)

every_case = pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)


def strict() -> Policy:
    """The policy of the cases."""
    loaded = load_policy((FOLDER / "policy.yaml").read_bytes(), {})
    assert loaded.diagnostics == ()
    assert loaded.policy is not None
    return loaded.policy


def sound(text: str | bytes) -> Loaded:
    """A playbook about which nothing is said where no policy is."""
    loaded = load(text)
    assert loaded.diagnostics == ()
    return loaded


def said(text: str | bytes, policy: Policy) -> tuple[Diagnostic, ...]:
    """What is said about a playbook under a policy."""
    return fitted(sound(text), policy).diagnostics


# ---- the cases ----------------------------------------------------------------------


@every_case
def test_exactly_this_is_said(path: Path, golden: Callable[[Path, object], None]) -> None:
    """A playbook that does not fit gets the diagnostics beside it; one that fits gets none."""
    found = [diagnostic.to_json() for diagnostic in said(path.read_bytes(), strict())]

    if path.stem.startswith("fits"):
        assert found == []
    else:
        golden(path.with_name(f"{path.stem}.diagnostics.json"), found)


@every_case
def test_a_case_has_one_doubt_and_is_named_after_it(path: Path) -> None:
    """It is a warning with a hint: the playbook works, and the policy slows it down."""
    for diagnostic in said(path.read_bytes(), strict()):
        assert path.stem.startswith(diagnostic.code)
        assert diagnostic.severity == "warning"
        assert diagnostic.hint


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_case(code: str) -> None:
    """Whatever can be said is shown by a case of that name, and there is no other golden."""
    assert code in {path.stem for path in CASES}
    goldens = {path.name.removesuffix(".diagnostics.json") for path in FOLDER.glob("*.json")}
    assert goldens == {path.stem for path in CASES if not path.stem.startswith("fits")}


@pytest.mark.parametrize("path", sorted(PLAYBOOKS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_playbooks_fit_the_shipped_policy(path: Path) -> None:
    """Nothing is said about them."""
    assert said(path.read_bytes(), SHIPPED.policy) == ()


@every_case
def test_without_a_policy_everything_fits(path: Path) -> None:
    """And a playbook with errors is not tried."""
    assert said(path.read_bytes(), NO_POLICY) == ()
    assert fitted(load("playbook: none\n"), strict()) == load("playbook: none\n")


def test_the_library_says_it_too() -> None:
    """Whoever looks at a playbook that is served finds it among its diagnostics."""
    playbooks = open_playbooks(FOLDER, strict())

    assert {p.diagnostics[0].code for p in playbooks.all()} <= set(CODES)
    assert playbooks.published


# ---- against a count ----------------------------------------------------------------

CHASE = """playbook: chase
title: Chase
about: For one test.
plays:
  - sequence: chase
    when: {deal_stage: proposal}
    channel: email
    window: any_time
    wait: {for: 1 hour, after: last_touch}
    repeat: true
    steps:
      - {action: follow_up}
      - {action: add_value}
    because: To see it.
otherwise: {action: wait, because: Nothing fits.}
"""


def row(demand: Cap | Gap | Hours, name: str = "row") -> Row:
    """A rule for every channel and everybody."""
    return Row(name, (), demand, "To see it.", 1)


@settings(deadline=None, max_examples=60)
@given(hours=st.integers(1, 80), at_most=st.integers(1, 6), days=st.integers(1, 6))
def test_a_steady_pace_is_told_exactly_where_it_breaks_a_cap(
    hours: int, at_most: int, days: int
) -> None:
    """A contact every few hours is as many in a stretch as begin in it."""
    playbook = sound(CHASE.replace("1 hour", f"{hours} hours"))
    policy = replace(NO_POLICY, rows=(row(Cap(at_most, timedelta(days=days))),))
    assert playbook.playbook is not None
    assert playbook.ruleset is not None

    found = check_fit(playbook.playbook, playbook.ruleset, policy)

    contacts = ceil(24 * days / hours)
    assert [d.code for d in found] == ["faster-than-policy"] * (contacts > at_most)
    if found and contacts <= at_most + 10:
        assert f" makes {contacts} e-mails in " in found[0].message


@settings(deadline=None, max_examples=40)
@given(hours=st.integers(1, 60), gap=st.integers(1, 60))
def test_a_steady_pace_is_told_exactly_where_it_breaks_a_gap(hours: int, gap: int) -> None:
    """Where the wait is shorter; once, as the steps share their wait."""
    loaded = sound(CHASE.replace("1 hour", f"{hours} hours"))
    policy = replace(NO_POLICY, rows=(row(Gap(timedelta(hours=gap))),))
    assert loaded.playbook is not None
    assert loaded.ruleset is not None

    found = check_fit(loaded.playbook, loaded.ruleset, policy)

    assert [d.code for d in found] == ["sooner-than-gap"] * (hours < gap)


HOURS = st.tuples(st.integers(0, 47), st.integers(1, 47)).map(
    lambda pair: (pair[0] * 30, (pair[0] + pair[1]) % 48 * 30)
)
WINDOWS = st.builds(
    Window,
    st.just("any_time"),
    st.lists(st.integers(1, 7), min_size=1, unique=True).map(lambda days: tuple(sorted(days))),
    st.lists(HOURS, min_size=1, max_size=2).map(tuple),
    st.just(value=False),
)


def is_open(window: Window, moment: datetime) -> bool:
    """Whether a wall clock's moment lies in a window, said as plainly as can be."""
    minute, today = moment.hour * 60 + moment.minute, moment.isoweekday()
    yesterday = 7 if today == 1 else today - 1
    for opens, closes in window.hours:
        if today in window.days and opens <= minute and (minute < closes or closes < opens):
            return True
        if yesterday in window.days and closes < opens and minute < closes:
            return True
    return False


@settings(deadline=None)
@given(window=WINDOWS, hours=st.lists(WINDOWS, min_size=1, max_size=3))
def test_a_step_is_never_allowed_exactly_where_no_minute_is_left(
    window: Window, hours: list[Window]
) -> None:
    """Counted through all half hours of a week."""
    loaded = sound(CHASE.replace("1 hour", "90 days"))
    assert loaded.playbook is not None
    assert loaded.ruleset is not None
    playbook = replace(loaded.playbook, windows={"any_time": window})
    rows = tuple(row(Hours(each), f"r{number}") for number, each in enumerate(hours))
    week = [START + timedelta(minutes=30 * number) for number in range(7 * 48)]
    left = [m for m in week if all(is_open(each, m) for each in (window, *hours))]

    found = check_fit(playbook, loaded.ruleset, replace(NO_POLICY, rows=rows))

    assert [d.code for d in found] == ["never-allowed"] * (0 if left else 2)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_rest_is_held_indeed(path: Path) -> None:
    """Played forward under the policy, whatever is told of a pace shows as held contacts."""
    codes = {diagnostic.code for diagnostic in said(path.read_bytes(), strict())}
    if not codes & {"faster-than-policy", "sooner-than-gap"}:
        return
    loaded, guards = sound(path.read_bytes()), make_guards(strict())
    assert loaded.ruleset is not None
    ready = make_ready(loaded.ruleset)
    facts = {
        "deal_stage": "proposal",
        "urgency": "critical",
        "sweet_spot": True,
        "rapport": "some" if "once" in path.stem else "strong",
        "time_zone": "America/Chicago",
        "do_not_call": False,
    }
    back = [START - timedelta(minutes=minutes) for minutes in (30, 20, 10)]
    history = [
        {"at": back[0].isoformat(), "direction": "inbound", "channel": "email"},
        *(
            {"at": at.isoformat(), "direction": "outbound", "channel": "email", "action": "revisit"}
            for at in back[1:]
        ),
    ]

    line = play_forward(
        ready,
        lambda request: decide(ready, guards, request),
        {"prospect": {"id": "p-1", **facts}, "history": [] if "gap" in path.stem else history},
        START,
        days=90,
    )

    held = {str(verdict["guard"]) for entry in line.entries for verdict in entry.held}
    named = "".join(d.message for d in said(path.read_bytes(), strict()))
    assert any(f"`{guard}`" in named for guard in held)
