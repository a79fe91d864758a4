"""Confidence intervals."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

#: Standard deviations on each side of a mean that 95 % of a normal distribution lie within.
Z = 1.96
#: The share of intervals that hold the truth.
LEVEL = erf(Z / sqrt(2))


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
    bounds = binomtest(right, n).proportion_ci(LEVEL, method="wilson")
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


def paired_over_seeds(correct: NDArray[np.bool_], reference: NDArray[np.bool_]) -> Interval:
    """Return the mean difference of two shares of correct answers, (seeds, items) each, on the same items with the same seeds.

    The interval is for other seeds and for other items. It is that of a two-way layout without replications whose seeds and
    items are both random, as readers and cases are where radiologists are compared (Dorfman, Berbaum and Metz 1992), with the
    degrees of freedom of Hillis (2007). As in `paired_difference`, which it is for a single seed, an item that was gained and
    one that was lost are added (Bonett and Price 2012): without them, seeds that all agree would leave no doubt.
    """
    seeds, n = correct.shape
    if seeds == 1:
        return paired_difference(correct[0], reference[0])
    from scipy.stats import t

    difference: NDArray[np.float64] = correct.astype(float) - reference
    gained_and_lost = np.tile([1.0, -1.0], (seeds, 1))
    table = np.hstack([difference, gained_and_lost])
    mean, of_seeds, of_items = table.mean(), table.mean(axis=1), table.mean(axis=0)
    rest = table - of_seeds[:, None] - of_items + mean
    items = n + 2
    # Mean squares.
    by_seed = items * np.sum((of_seeds - mean) ** 2) / (seeds - 1)
    by_item = seeds * np.sum((of_items - mean) ** 2) / (items - 1)
    by_both = np.sum(rest**2) / ((seeds - 1) * (items - 1))
    spread = by_seed + max(by_item - by_both, 0.0)
    freedom = (seeds - 1) * (spread / by_seed) ** 2 if by_seed else np.inf
    half = float(t.ppf((1 + LEVEL) / 2, freedom)) * sqrt(spread / (seeds * items))
    low, high = max(float(mean) - half, -1.0), min(float(mean) + half, 1.0)
    return Interval(float(difference.mean()), low, high, n)
