"""Numbers for one look that was fixed beforehand: from statsmodels and scipy.

They are loaded when a report is asked for: a service that only decides never pays for them.
"""

from collections.abc import Sequence

from service.experiment.reading.counts import Interval, Tally

#: Cochran's rule: with fewer expected in a cell, the chi-square distribution is no good.
LEAST_EXPECTED = 5


def wilson(tally: Tally, alpha: float) -> Interval | None:
    """The interval for one rate (Wilson 1927); None without units."""
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415

    if not tally.units:
        return None
    low, high = proportion_confint(tally.converted, tally.units, alpha=alpha, method="wilson")
    return Interval(float(low), float(high))


def newcombe(control: Tally, arm: Tally, alpha: float) -> Interval:
    """The interval for the arm's rate minus the control's (Newcombe 1998, method 10)."""
    from statsmodels.stats.proportion import confint_proportions_2indep  # noqa: PLC0415

    low, high = confint_proportions_2indep(
        arm.converted,
        arm.units,
        control.converted,
        control.units,
        method="newcomb",
        compare="diff",
        alpha=alpha,
    )
    return Interval(float(low), float(high))


def equal_rates_p(control: Tally, arm: Tally) -> float:
    """The p value of "both rates are equal": the score test, or Fisher's where counts are small."""
    from scipy.stats import fisher_exact  # noqa: PLC0415
    from statsmodels.stats.proportion import test_proportions_2indep  # noqa: PLC0415

    converted = control.converted + arm.converted
    units = control.units + arm.units
    fewer = min(converted, units - converted) * min(control.units, arm.units) / units
    if fewer < LEAST_EXPECTED:
        table = [[tally.converted, tally.units - tally.converted] for tally in (control, arm)]
        return float(fisher_exact(table).pvalue)
    found = test_proportions_2indep(
        arm.converted,
        arm.units,
        control.converted,
        control.units,
        method="score",
        compare="diff",
        correction=False,
    )
    return float(found.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values corrected for their number (Holm 1979), in the same order.

    In order of size, the k-th of m is multiplied by m - k + 1, and is no less than those before
    it. Ours, because statsmodels collects the garbage of the whole process each time.
    """
    corrected, least = [0.0] * len(p_values), 0.0
    for rank, (p, place) in enumerate(sorted((p, place) for place, p in enumerate(p_values))):
        least = max(least, min(1.0, p * (len(p_values) - rank)))
        corrected[place] = least
    return corrected


def split_p(counts: Sequence[int], shares: Sequence[float]) -> float:
    """The p value of "units fall to the arms by these shares": Pearson's chi-square test.

    Arms with a share of 0 are left out, and the others' shares are scaled to 1.
    """
    from scipy.stats import chisquare  # noqa: PLC0415

    kept = [(count, share) for count, share in zip(counts, shares, strict=True) if share > 0]
    total, whole = sum(count for count, _ in kept), sum(share for _, share in kept)
    if not total or len(kept) == 1:
        return 1.0
    expected = [total * share / whole for _, share in kept]
    return float(chisquare([count for count, _ in kept], expected).pvalue)
