"""Confidence intervals."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

#: Standard deviations on each side of a mean that 95 % of a normal distribution lie within.
Z = 1.96


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % confidence interval, from n items."""

    value: float
    low: float
    high: float
    n: int


def accuracy(correct: NDArray[np.bool_]) -> Interval:
    """Return the share of correct answers with Wilson's interval (Wilson 1927)."""
    # It takes half a second to import: only whoever has answers waits for it.
    from scipy.stats import binomtest

    n = len(correct)
    right = int(np.sum(correct))
    bounds = binomtest(right, n).proportion_ci(erf(Z / sqrt(2)), method="wilson")
    return Interval(right / n, float(bounds.low), float(bounds.high), n)


def paired_difference(correct: NDArray[np.bool_], reference: NDArray[np.bool_]) -> Interval:
    """Return the difference of two shares of correct answers, on the same items.

    The interval is the adjusted Wald interval for paired shares (Bonett and Price 2012).
    """
    n = len(correct)
    gained = int(np.sum(correct & ~reference))
    lost = int(np.sum(~correct & reference))
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    half = Z * sqrt((up + down - (up - down) ** 2) / (n + 2))
    low, high = max(up - down - half, -1.0), min(up - down + half, 1.0)
    return Interval((gained - lost) / n, low, high, n)
