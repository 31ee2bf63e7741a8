"""How large an experiment has to be: known sizes, and the plan's words."""

from datetime import timedelta

import pytest
from statsmodels.stats.proportion import power_proportions_2indep

from service.experiment.reading import effect_within, weeks_for
from service.experiment.reading.planning import findable, units_per_arm

WINDOW = timedelta(days=33)
#: The rate to be reached (power 80 %, alpha 4 %), by the control's and the units of each arm.
TO_REACH = {
    0.01: {200: 0.065, 500: 0.038, 1000: 0.028, 2000: 0.021, 5000: 0.017},
    0.02: {200: 0.084, 500: 0.055, 1000: 0.043, 2000: 0.035, 5000: 0.029},
    0.05: {200: 0.133, 500: 0.098, 1000: 0.082, 2000: 0.072, 5000: 0.063},
    0.10: {200: 0.204, 500: 0.162, 1000: 0.142, 2000: 0.129, 5000: 0.118},
    0.20: {200: 0.327, 500: 0.278, 1000: 0.254, 2000: 0.238, 5000: 0.224},
}


@pytest.mark.parametrize("rate", TO_REACH)
def test_what_can_be_found(rate: float) -> None:
    """The table of the formula, in points of one decimal."""
    found = {units: rate + (findable(units, units, rate) or 0) for units in TO_REACH[rate]}

    assert found == pytest.approx(TO_REACH[rate], abs=5.1e-4)


def test_the_library_is_that_of_r() -> None:
    """power.prop.test(n = 50, p1 = .5, p2 = .75) has a power of 0.740."""
    power = power_proportions_2indep(0.25, 0.5, 50, alpha=0.05, return_results=False)

    assert power == pytest.approx(0.740, abs=5e-4)


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.2])
@pytest.mark.parametrize("comparisons", [1, 2])
def test_sizes_and_effects_agree(rate: float, comparisons: int) -> None:
    """What so many units find needs so many units."""
    effect = findable(1500, 1500, rate, comparisons)
    assert effect is not None

    assert units_per_arm(rate, effect, comparisons) == pytest.approx(1500, rel=1e-3)


def test_weeks_give_an_effect() -> None:
    """Eight weeks of 250 accounts: 1,000 in each arm."""
    found = effect_within(weeks=8, units_per_week=250, rate=0.05, window=WINDOW)

    assert found.units == 2000
    assert found.effect == pytest.approx(TO_REACH[0.05][1000] - 0.05, abs=5.1e-4)
    assert found.answer_after == timedelta(days=8 * 7 + 33)
    assert found.text("account") == (
        "2,000 accounts in 8 weeks, and a fair answer 89 days after the start. It would show, four "
        "times in five, that 8.21 of 100 convert instead of 5."
    )


def test_an_effect_gives_weeks() -> None:
    """The reverse; half of the audience takes part, so it takes twice as long."""
    found = weeks_for(effect=0.03215, units_per_week=250, rate=0.05, window=WINDOW, coverage=0.5)

    assert found.weeks == 16
    assert found.units == pytest.approx(2000, abs=20)


def test_it_takes_two_full_weeks_at_least() -> None:
    """Whatever the numbers."""
    short = weeks_for(effect=0.2, units_per_week=10_000, rate=0.2, window=WINDOW)

    assert short.weeks == 2
    assert effect_within(weeks=1, units_per_week=100, rate=0.05, window=WINDOW).units == 200


def test_more_arms_need_more() -> None:
    """Of units, and of evidence in each."""
    two = weeks_for(effect=0.03, units_per_week=250, rate=0.05, window=WINDOW)
    three = weeks_for(effect=0.03, units_per_week=250, rate=0.05, window=WINDOW, arms=3)

    assert three.units > two.units * 1.5


def test_a_hopeless_plan_is_told_so() -> None:
    """Who has to double the rate is told to test something else."""
    found = effect_within(weeks=4, units_per_week=25, rate=0.02, window=WINDOW)
    assert found.effect is not None
    assert found.effect > 0.02
    assert found.text("account").endswith(
        "No follow-up is likely to do that much: take longer, count an outcome that is more "
        "frequent, or test a bolder change."
    )

    none = effect_within(weeks=2, units_per_week=1, rate=0.9, window=WINDOW)
    assert none.effect is None
    assert "too few to find any difference" in none.text("prospect")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"units_per_week": 0}, "no units join"),
        ({"coverage": 0}, "no units join"),
        ({"effect": 0}, "leads to no other rate"),
        ({"effect": 0.97}, "leads to no other rate"),
    ],
)
def test_what_cannot_be_planned(change: dict[str, float], says: str) -> None:
    """And what is wrong with it."""
    asked = {"effect": 0.03, "units_per_week": 250, "rate": 0.05, **change}

    with pytest.raises(ValueError, match=says):
        weeks_for(window=WINDOW, **asked)
