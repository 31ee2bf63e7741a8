"""Intervals and e-values for looking at any time, against published numbers and other ways."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from service.experiment.reading.anytime import (
    always_valid,
    e_value,
    log_above,
    log_excess_e,
    log_split_e,
)
from service.experiment.reading.counts import Interval, Tally

#: Counts of a control and an arm, with planned = all: difference, interval at 95 % and p of the
#: asymptotic confidence sequence; computed apart from this code.
WORKED = [
    ((25, 500), (45, 500), (-0.00883, 0.08883), 0.19201),
    ((50, 1000), (80, 1000), (-0.0034, 0.0634), 0.11024),
    ((5, 1000), (14, 1000), (-0.00415, 0.02215), 0.44031),
    ((10, 200), (20, 200), (-0.02958, 0.12958), 0.59472),
]
TALLIES = st.integers(1, 3000).flatmap(
    lambda units: st.builds(Tally, st.just(units), st.integers(0, units))
)


@pytest.mark.parametrize(("control", "arm", "interval", "p"), WORKED)
def test_interval_at_any_time(
    control: tuple[int, int], arm: tuple[int, int], interval: tuple[float, float], p: float
) -> None:
    """Four worked comparisons."""
    here, there = Tally(*reversed(arm)), Tally(*reversed(control))
    found = always_valid(there, here, alpha=0.05, planned=here.units + there.units)
    assert found is not None

    assert (found.interval.low, found.interval.high) == pytest.approx(interval, abs=6e-6)
    assert found.p == pytest.approx(p, abs=6e-6)


def test_the_boundary_is_that_of_the_normal_mixture() -> None:
    """Howard's reference: at a variance of 100, tuned for 100, the sum may reach 30.35209."""
    # Two arms of 50 units, each converting half: the sum over N = 100 units of variance 4 x 1/4.
    found = always_valid(Tally(50, 25), Tally(50, 25), alpha=0.05, planned=100)
    assert found is not None

    assert found.interval.high * 100 == pytest.approx(30.35209, abs=1e-4)
    assert found.p == 1


@given(control=TALLIES, arm=TALLIES, planned=st.integers(100, 5000))
def test_the_interval_excludes_zero_exactly_where_p_is_below_alpha(
    control: Tally, arm: Tally, planned: int
) -> None:
    """So the number and the picture never contradict each other."""
    found = always_valid(control, arm, alpha=0.01, planned=planned)

    if found and abs(found.p - 0.01) > 1e-9:
        assert found.interval.excludes_zero() == (found.p < 0.01)
        assert found.interval.low <= arm.rate - control.rate <= found.interval.high  # type: ignore[operator]


@pytest.mark.parametrize("tally", [Tally(0, 0), Tally(40, 0), Tally(40, 40)])
def test_without_spread_there_is_no_interval(tally: Tally) -> None:
    """Nobody, nobody converted, everybody did."""
    assert always_valid(tally, tally, alpha=0.01, planned=1000) is None


@pytest.mark.parametrize(
    ("counts", "shares", "prior", "log"),
    [
        ((2, 2, 1), (0.4, 0.4, 0.2), (1, 1, 1), -6.4457198193855785 + 5.27460083993072),
        ((60, 63, 32), (0.4, 0.4, 0.2), (1, 1, 1), -19.96484521090386 + 15.781031228536165),
        ((2, 1, 7), (0.1, 0.5, 0.4), (1000, 5000, 4000), math.log(1.00174961)),
        # A variant's meetings against the control's, worth 20 units of trust in the split.
        ((45, 25), (0.5, 0.5), (10, 10), math.log(4.502540)),
        ((80, 50), (0.5, 0.5), (10, 10), math.log(7.557579)),
        ((14, 5), (0.5, 0.5), (10, 10), math.log(2.086992)),
    ],
)
def test_published_bets_on_a_split(
    counts: tuple[int, ...], shares: tuple[float, ...], prior: tuple[float, ...], log: float
) -> None:
    """The tests of Optimizely's ssrm, and worked numbers."""
    assert log_split_e(counts, shares, prior) == pytest.approx(log, abs=1e-6)


@given(total=st.integers(1, 12), share=st.sampled_from([0.2, 0.5, 0.7]), trust=st.integers(2, 50))
def test_a_bet_on_a_fair_split_wins_nothing_on_average(
    total: int, share: float, trust: int
) -> None:
    """What makes it an e-value: over all that can happen, weighed by chance, it is worth 1."""
    prior = (trust * share, trust * (1 - share))
    worth = math.fsum(
        stats.binom.pmf(hits, total, share)
        * math.exp(log_split_e((hits, total - hits), (share, 1 - share), prior))
        for hits in range(total + 1)
    )

    assert worth == pytest.approx(1)


@given(
    total=st.integers(1, 12),
    share=st.sampled_from([0.003, 0.5]),
    below=st.floats(0.05, 1),
)
def test_a_bet_on_too_many_wins_nothing_where_there_are_not(
    total: int, share: float, below: float
) -> None:
    """Also where the truth is fewer than the share: then it loses."""
    worth = math.fsum(
        stats.binom.pmf(hits, total, share * below)
        * math.exp(log_excess_e(hits, total - hits, share, 20))
        for hits in range(total + 1)
    )

    assert worth <= 1 + 1e-9


@pytest.mark.parametrize(("hits", "others"), [(0, 0), (5, 0), (14, 5), (3, 30)])
def test_a_bet_on_too_many_is_an_average_over_the_shares_above(hits: int, others: int) -> None:
    """The integral itself, done by numbers."""
    prior = stats.beta(10, 10)
    above, _ = integrate.quad(
        lambda theta: prior.pdf(theta) * theta**hits * (1 - theta) ** others, 0.5, 1
    )
    expected = above / prior.sf(0.5) / Fraction(1, 2) ** (hits + others)

    assert math.exp(log_excess_e(hits, others, 0.5, 20)) == pytest.approx(float(expected))


def test_a_bet_that_is_lost_for_good_is_worth_next_to_nothing() -> None:
    """However small the number, it is one: of 100,000 none, where half would be fair."""
    # The likelihood falls as exp(-200,000 (p - 1/2)), and the prior there is 7.05 to 1.
    assert e_value(log_excess_e(0, 100_000, 0.5, 20)) == pytest.approx(7.048 / 200_000, rel=1e-3)


def test_an_e_value_is_written_down_up_to_a_limit() -> None:
    """JSON has no infinity."""
    assert e_value(5000) == pytest.approx(1e300)


@pytest.mark.parametrize(
    ("interval", "excludes"),
    [(Interval(0.01, 0.2), True), (Interval(-0.2, -0.01), True), (Interval(-0.1, 0.1), False)],
)
def test_zero_is_outside_an_interval_on_one_side(interval: Interval, excludes: bool) -> None:
    """Only where all of it is."""
    assert interval.excludes_zero() is excludes


@given(
    a=st.floats(0.5, 3000), b=st.floats(0.5, 100_000), part=st.floats(0.2, 3), spare=st.floats(0, 1)
)
def test_the_part_of_a_beta_is_that_of_scipy(a: float, b: float, part: float, spare: float) -> None:
    """Around its mean on either side, where it is asked for."""
    mean = a / (a + b)
    x = mean * part if mean * part < 1 else mean + (1 - mean) * spare * 0.9
    expected = stats.beta.logsf(x, a, b)

    if expected > -600:  # beyond, scipy has rounded it to nothing
        assert log_above(a, b, x) == pytest.approx(expected, rel=1e-8, abs=1e-9)
