"""The simulation in small: `make experiment-simulation` runs it in full.

Few experiments say little: bounds are three standard errors wider, so that a fault in the product
shows, and chance does not. The seed is fixed.
"""

import numpy as np

from tests.experiment.simulation.figures import CLUSTERS, Figure, figures
from tests.experiment.simulation.worlds import World, count, look_on, naive


def test_all_figures_are_met() -> None:
    """False verdicts, power, clusters, faults and harm, with fifty experiments of each kind."""
    found = list(figures(50, seed=2026, slack=1))

    assert [figure for figure in found if not figure.is_met] == []
    assert len(found) >= 20


def test_a_test_of_contacts_would_be_wrong_too_often() -> None:
    """What counting accounts guards against: 5 % on paper, twice that in truth."""
    world = World((0.05, 0.05), **CLUSTERS)

    assert naive(world, 400, np.random.default_rng(1)) > 0.08


def test_units_are_counted_day_by_day() -> None:
    """The simulation itself: what is mature was assigned sixteen days before."""
    world = World((0.5, 0.5), planned=100, per_day=5)
    counts = count(world, 1, np.random.default_rng(1))
    days = [look_on(world, counts, 0, day, {}) for day in range(world.joining + world.waiting)]

    assert [look.assigned for look in days[:3]] == [5, 10, 15]
    assert sum(arm.funnel.mature for arm in days[15].arms) == 0
    assert sum(arm.funnel.mature for arm in days[16].arms) == 5
    assert [look.arms[0].at_horizon is None for look in days].count(False) == 1
    assert days[-1].arms[0].at_horizon == days[-1].arms[0].mature


def test_a_missed_bound_is_seen() -> None:
    """On either side."""
    assert not Figure("too many", 0.06, most=0.05).is_met
    assert not Figure("too few", 0.7, least=0.8).is_met
