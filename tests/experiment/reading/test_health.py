"""Did units fall to the arms as they should?"""

from dataclasses import replace

import pytest

from service.experiment.reading import Funnel, Look, judge
from service.experiment.reading.health import check, split_at
from tests.experiment.reading.counted import START, Registered, arm, look


@pytest.mark.parametrize(
    ("assigned", "verdict"),
    [
        ((250, 250), "ok"),
        ((270, 230), "ok"),
        ((283, 217), "ok"),  # p = 0.003
        ((288, 212), "warn"),  # p = 0.0007
        ((300, 200), "blocked"),  # 60/40, found among 500
        ((45, 3), "blocked"),  # too few for the chi-square test, not for the bet
    ],
)
def test_a_split(assigned: tuple[int, int], verdict: str) -> None:
    """From chance to a fault that no number survives."""
    counted = look(arm("A", assigned[0], 3), arm("B", assigned[1], 3))

    assert split_at(counted, "assigned").verdict == verdict
    assert check(counted).verdict == verdict
    assert (judge(Registered(), counted).verdict.code == "unhealthy") == (verdict == "blocked")


def test_shares_as_planned_are_no_fault() -> None:
    """Nine to one, as was asked for."""
    counted = look(arm("A", 900, 45, share=0.9), arm("B", 100, 5, share=0.1))

    assert [split.verdict for split in check(counted).splits] == ["ok"] * 4


def test_few_units_say_nothing_by_chi_square() -> None:
    """It takes a hundred."""
    assert split_at(look(arm("A", 50, 0), arm("B", 49, 0)), "assigned").p is None
    assert split_at(look(arm("A", 50, 0), arm("B", 50, 0)), "assigned").p == 1


@pytest.mark.parametrize("stage", ["exposed", "diverged", "mature"])
def test_units_may_get_lost_at_any_stage(stage: str) -> None:
    """What was drawn half and half, and what is left of it is not."""
    lost = replace(arm("B", 300, 9), funnel=Funnel(300, 300, 300, 300)._replace(**{stage: 180}))
    counted = look(arm("A", 300, 9), lost)

    verdict = judge(Registered(), counted).verdict
    assert verdict.code == "unhealthy"
    assert f"that are {stage} there are 300 in A, 180 in B, where 240, 240" in verdict.text


def test_an_arm_that_stopped_is_judged_by_the_time_before() -> None:
    """After that the others get more, and should."""
    together = Funnel(250, 250, 250, 250)
    going_on = replace(arm("A", 600, 30), together=together)
    stopped = replace(arm("B", 250, 12), together=together, takes_new=False)

    assert check(look(going_on, stopped)).verdict == "ok"


@pytest.mark.parametrize(("crossover", "code"), [(10, "collecting"), (11, "unhealthy")])
def test_accounts_in_both_arms(crossover: int, code: str) -> None:
    """More than one in a hundred, and the arms are not apart."""
    counted = replace(look(arm("A", 500, 25), arm("B", 500, 25)), crossover=crossover)

    assert judge(Registered(), counted).verdict.code == code


@pytest.mark.parametrize("shares", [(1.0,), (0.5, 0.4)])
def test_a_look_has_arms_and_whole_shares(shares: tuple[float, ...]) -> None:
    """Anything else was counted wrong."""
    arms = tuple(arm("A", 1, 0, share=share) for share in shares)

    with pytest.raises(ValueError, match="two or more arms, and shares that add up to 1"):
        Look(START, START, arms)
