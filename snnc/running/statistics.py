"""How sure a number is."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

#: For 95 %.
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
    n, p = len(correct), float(np.mean(correct))
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = sqrt(p * (1 - p) * Z**2 / n + (Z**2 / (2 * n)) ** 2) / (1 + Z**2 / n)
    # At the ends of the scale the interval ends there too, whatever is left of rounding.
    return Interval(p, centre - half if p > 0 else 0.0, centre + half if p < 1 else 1.0, n)


def paired_difference(correct: NDArray[np.bool_], reference: NDArray[np.bool_]) -> Interval:
    """Return by how much more is correct than in the reference, on the same items.

    The interval is the adjusted Wald interval for paired shares (Bonett and Price 2012).
    """
    n = len(correct)
    gained = int(np.sum(correct & ~reference))
    lost = int(np.sum(~correct & reference))
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    half = Z * sqrt((up + down - (up - down) ** 2) / (n + 2))
    low, high = max(up - down - half, -1.0), min(up - down + half, 1.0)
    return Interval((gained - lost) / n, low, high, n)
