"""Numbers that stay good however often somebody looks. No library that we know of has them.

An e-value is the winnings of a bet against "nothing is going on" that began with 1: whoever looks
every day sees it reach 1/alpha with a chance of alpha at most (Ville's inequality). They are
given as natural logarithms, since they grow without end.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from service.experiment.reading.counts import Interval, Tally

#: An e-value is written down up to here.
_LARGEST = 1e300
#: How near to 1 the last factor of a continued fraction is.
_CLOSE = 1e-13


class AlwaysValid(NamedTuple):
    """An interval for a difference of rates, and the p value of "no difference" with it."""

    interval: Interval
    p: float


def always_valid(control: Tally, arm: Tally, *, alpha: float, planned: float) -> AlwaysValid | None:
    """The arm's rate minus the control's, at any time; None while the rates have no spread.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021,
    arXiv 2103.06476, theorem 2.2), which is Howard's normal mixture boundary with N units:

        se^2  = pA(1-pA)/nA + pB(1-pB)/nB,   N = nA + nB
        rho^2 = (-2 ln alpha + ln(1 - 2 ln alpha)) / planned
        d +- se sqrt(N) sqrt(2 (N rho^2 + 1) / (N^2 rho^2) ln(sqrt(N rho^2 + 1) / alpha))
        p = min(1, sqrt(N rho^2 + 1) exp(-rho^2 S^2 / (2 (N rho^2 + 1)))),   S^2 = d^2 N / se^2

    It holds for large samples; a verdict waits for 20 conversions. The interval excludes zero
    exactly where p < alpha.

    Args:
        control: what the arm is compared with.
        arm: the other.
        alpha: the chance of ever being wrong.
        planned: units of both arms together at which the interval is to be narrowest.
    """
    if not control.units or not arm.units:
        return None
    first, second = control.converted / control.units, arm.converted / arm.units
    variance = first * (1 - first) / control.units + second * (1 - second) / arm.units
    if not variance:
        return None
    units = control.units + arm.units
    rho2 = (-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / planned
    grown = units * rho2 + 1
    width = math.sqrt(variance * 2 * grown / (units * rho2) * math.log(math.sqrt(grown) / alpha))
    difference = second - first
    evidence = rho2 * difference**2 * units / variance / (2 * grown)
    p = min(1.0, math.sqrt(grown) * math.exp(-evidence))
    return AlwaysValid(Interval(max(-1, difference - width), min(1, difference + width)), p)


def log_split_e(counts: Sequence[int], shares: Sequence[float], prior: Sequence[float]) -> float:
    """The logarithm of the e-value against "units fall to the arms by these shares".

    The Dirichlet-multinomial bet of Lindon and Malek (2022, arXiv 2011.03567), n = sum of counts x,
    a = the prior, p = the shares:

        ln E = lnG(sum a) - lnG(sum a + n) + sum(lnG(a_i + x_i) - lnG(a_i)) - sum(x_i ln p_i)
    """
    whole, total = sum(prior), sum(counts)
    found = math.lgamma(whole) - math.lgamma(whole + total)
    for count, share, weight in zip(counts, shares, prior, strict=True):
        found += math.lgamma(weight + count) - math.lgamma(weight)
        found -= count * math.log(share)
    return found


def log_excess_e(hits: int, others: int, share: float, concentration: float) -> float:
    """The logarithm of the e-value against "at most `share` of all are hits", and no other.

    The same bet between two, with a prior Beta(a, b), a = c share, b = c (1 - share), cut off below
    the share; I is the regularised incomplete beta function, s = hits, f = others:

        ln E = lnB(a + s, b + f) - lnB(a, b) - s ln share - f ln(1 - share)
             + ln(1 - I_share(a + s, b + f)) - ln(1 - I_share(a, b))

    For harm, hits are the arm's events and others the control's: given that one happened, it was
    the arm's with the probability of its share, whatever the rates and however they drift.
    """
    a, b = concentration * share, concentration * (1 - share)
    both = log_split_e((hits, others), (share, 1 - share), (a, b))
    return both + log_above(a + hits, b + others, share) - log_above(a, b, share)


def log_above(a: float, b: float, x: float) -> float:
    """The logarithm of the part of Beta(a, b) that lies above x, 0 < x < 1.

    The continued fraction of NIST's Digital Library of Mathematical Functions, 8.17.22, on the
    side of the mean where it is quick. Ours, as a service that watches for harm beside its
    requests is not to load scipy, which is larger than all the rest of it.
    """
    if x > (a + 1) / (a + b + 2):
        return _log_below(b, a, 1 - x)
    return math.log1p(-math.exp(_log_below(a, b, x)))


def _log_below(a: float, b: float, x: float) -> float:
    """The logarithm of the part below x, which is no more than about the mean."""
    front = a * math.log(x) + b * math.log1p(-x) - math.log(a)
    front -= math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    # Lentz's method: the fraction from its front, with each two steps of it a factor nearer to 1.
    above = 1.0
    below = value = 1 / (1 - (a + b) * x / (a + 1))
    factor = m = 0.0
    while abs(factor - 1) > _CLOSE:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for part in (even, odd):
            above, below = 1 + part / above, 1 / (1 + part * below)
            factor = above * below
            value *= factor
    return front + math.log(value)


def e_value(log: float) -> float:
    """The e-value itself, for people; beyond 1e300 it is written as that."""
    return math.exp(min(log, math.log(_LARGEST)))
