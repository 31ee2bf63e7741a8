"""Guardrails: when an arm is paused, and what can be ruled out."""

from dataclasses import replace

import pytest

from service.experiment.reading import judge
from service.experiment.reading.harm import bounds
from tests.experiment.reading.counted import LIMIT, MARGIN, Registered, arm, look


def harms(here: int, there: int, outcome: str = "opted_out", units: int = 400) -> object:
    """A look at two arms of so many accounts, `here` being the harm in B."""
    return look(
        arm("A", units, 20, harm={outcome: there}), arm("B", units, 20, harm={outcome: here})
    )


@pytest.mark.parametrize(
    ("here", "there", "state"),
    [
        (0, 0, "within"),
        (5, 5, "not_clear"),
        (20, 5, "not_clear"),
        (22, 5, "crossed"),
        (5, 22, "within"),
    ],
)
def test_a_margin(here: int, there: int, state: str) -> None:
    """Against the control: only more of it is harm."""
    (found,) = bounds(harms(here, there), (MARGIN,))

    assert found.arm == "B"
    assert found.state == state
    assert (found.e_value >= 20) == (state == "crossed")


@pytest.mark.parametrize(
    ("here", "units", "state"),
    [(0, 400, "not_clear"), (0, 1000, "within"), (5, 400, "not_clear"), (6, 400, "crossed")],
)
def test_a_limit(here: int, units: int, state: str) -> None:
    """Whatever the control does; and the control is held to it too."""
    control, found = bounds(harms(here, here, "complained", units), (LIMIT,))

    assert (control.arm, control.e_value, control.state) == ("A", None, state)
    assert found.state == state
    assert (found.limit_e_value >= 20) == (state == "crossed")


def test_nothing_so_far_speaks_for_a_limit() -> None:
    """With a prior worth one event, the bet is worth b / (b + n) after n quiet units."""
    found = bounds(harms(0, 0, "complained"), (LIMIT,))[1]
    b = 1 / 0.003 - 1

    assert found.limit_e_value == pytest.approx(b / (b + 400))


def test_an_arm_that_harms_is_paused() -> None:
    """It is named, and people are told why."""
    judged = judge(Registered(guardrails=(MARGIN,)), harms(22, 5))

    assert judged.pause == ("B",)
    assert judged.verdict.code == "stopped_for_harm"
    assert judged.verdict.text == (
        "B is paused for new accounts: 22 opt-outs among 400 accounts, against 5 among 400 in A."
    )


def test_harm_does_not_wait_to_be_mature() -> None:
    """Nobody has had thirty days, and the alarm rings."""
    counted = harms(22, 5)
    young = [
        replace(each, funnel=each.funnel._replace(mature=0), converted=0) for each in counted.arms
    ]

    assert judge(Registered(guardrails=(MARGIN,)), look(*young, days=5)).pause == ("B",)


def test_a_paused_arm_stays_so() -> None:
    """Later counts of the arms that go on do not call it back."""
    counted = harms(6, 5)
    paused = replace(counted.arms[1], paused_by="opted_out", takes_new=False)

    judged = judge(Registered(guardrails=(MARGIN,)), look(counted.arms[0], paused))
    assert judged.verdict.code == "stopped_for_harm"
    assert judged.pause == ()


def test_the_control_is_not_paused() -> None:
    """It is what everybody gets anyway; its state says that it is over the limit."""
    counted = harms(0, 9, "complained")

    assert judge(Registered(guardrails=(LIMIT,)), counted).pause == ()
    assert [each.state for each in bounds(counted, (LIMIT,))] == ["crossed", "not_clear"]


def test_before_anything_is_mature_nothing_is_ruled_out() -> None:
    """There is no upper bound yet."""
    young = look(arm("A", 0, 0, assigned=40), arm("B", 0, 0, assigned=40))

    assert {each.upper for each in bounds(young, (MARGIN, LIMIT))} == {None}
    assert {each.state for each in bounds(young, (MARGIN, LIMIT))} == {"not_clear"}
