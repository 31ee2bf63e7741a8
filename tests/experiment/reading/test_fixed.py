"""Tests and intervals for one look, against published numbers; they also hold the libraries."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from service.experiment.reading.counts import Tally
from service.experiment.reading.fixed import equal_rates_p, holm, newcombe, split_p, wilson


def test_wilson() -> None:
    """R's binom.confint for 4 of 20."""
    found = wilson(Tally(20, 4), 0.05)
    assert found is not None

    assert (found.low, found.high) == pytest.approx((0.0806576625797981, 0.4160174322518935))
    assert wilson(Tally(0, 0), 0.05) is None


@pytest.mark.parametrize(
    ("arm", "control", "low", "high"),
    [
        ((70, 56), (80, 48), 0.0524, 0.3339),  # Newcombe 1998, examples a and d
        ((10, 9), (10, 3), 0.1705, 0.8090),
        ((34, 7), (34, 1), 0.019, 0.340),  # Fagerland 2015
        ((500, 45), (500, 25), 0.00830, 0.07247),
        ((1000, 80), (1000, 50), 0.00839, 0.05195),
    ],
)
def test_newcombe(arm: tuple[int, int], control: tuple[int, int], low: float, high: float) -> None:
    """Published examples, and two of the worked comparisons."""
    found = newcombe(Tally(*control), Tally(*arm), 0.05)

    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-4 if low == 0.019 else 6e-5)


@pytest.mark.parametrize(
    ("arm", "control", "p"),
    [
        ((500, 45), (500, 25), 0.01318),
        ((1000, 80), (1000, 50), 0.00651),
        ((200, 20), (200, 10), 0.05765),
    ],
)
def test_equal_rates(arm: tuple[int, int], control: tuple[int, int], p: float) -> None:
    """The score test, as R's prop.test without continuity correction."""
    assert equal_rates_p(Tally(*control), Tally(*arm)) == pytest.approx(p, abs=6e-6)
    there = proportions_ztest([arm[1], control[1]], [arm[0], control[0]])
    assert equal_rates_p(Tally(*control), Tally(*arm)) == pytest.approx(there[1])


def test_few_events_are_tested_exactly() -> None:
    """Fisher's tea tasting, three of four cups right: 0.4857, two-sided."""
    assert equal_rates_p(Tally(4, 1), Tally(4, 3)) == pytest.approx(34 / 70)


def test_no_events_are_no_difference() -> None:
    """As in the first weeks."""
    assert equal_rates_p(Tally(400, 0), Tally(400, 0)) == 1


def test_holm() -> None:
    """GrowthBook's table."""
    found = holm([0.01, 0.04, 0.03, 0.005, 0.55, 0.6])

    assert found == pytest.approx([0.05, 0.12, 0.12, 0.03, 1, 1])


@settings(max_examples=4)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    """Which is not used only because it collects garbage each time."""
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))


@pytest.mark.parametrize(
    ("counts", "shares", "p"),
    [
        ([1000, 1200], [0.5, 0.5], 0.000020079),  # GrowthBook's tests of its back end
        ([135, 115], [0.5, 0.5], 0.205903211),
        ([310, 98], [0.75, 0.25], 0.647434186),
        ([500, 500, 600], [0.34, 0.33, 0.33], 0.000592638),
        ([0, 10, 10], [0.34, 0.33, 0.33], 0.005790624),
        ([1000, 1200, 900], [0.5, 0.5, 0], 0.000020079),
        ([1000], [0.5], 1),
        ([0, 0, 0], [0.34, 0.33, 0.33], 1),
        ([821_588, 815_482], [0.5, 0.5], 1.82e-6),  # Kohavi, Tang and Xu
        ([5000, 4950], [0.5, 0.5], 0.6162),  # Bucketeer
        ([7000, 3000], [0.7, 0.3], 1),
    ],
)
def test_split(counts: list[int], shares: list[float], p: float) -> None:
    """The chi-square test of a split."""
    assert split_p(counts, shares) == pytest.approx(p, rel=3e-3, abs=1e-9)
