"""Intervals against their formula, and against simulated experiments."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

pytest.importorskip("scipy.stats", reason="scipy comes with snnc[run]")


def wilson(right: int, n: int) -> tuple[float, float]:
    """Return Wilson's interval as he gives it, for 1.96 standard deviations on each side."""
    z, p = 1.96, right / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = sqrt(p * (1 - p) * z**2 / n + (z**2 / (2 * n)) ** 2) / (1 + z**2 / n)
    return centre - half, centre + half


@pytest.mark.parametrize(
    ("right", "n"), [(0, 1), (1, 1), (0, 10), (7, 10), (10, 10), (350, 360), (9_801, 10_000)]
)
def test_accuracy_has_wilsons_interval(right: int, n: int) -> None:
    from snnc.running.statistics import accuracy

    share = accuracy(np.arange(n) < right)
    assert share.value == right / n
    assert share.n == n
    assert (share.low, share.high) == pytest.approx(wilson(right, n), abs=1e-12)
    assert share.low > 0 or (share.low == 0 and right == 0)
    assert share.high < 1 or (share.high == 1 and right == n)


@pytest.mark.parametrize(("gain", "loss"), [(0.02, 0.03), (0.1, 0.1), (0.3, 0.05)])
def test_paired_difference_covers_the_truth(gain: float, loss: float) -> None:
    """In 95 of 100 experiments the interval holds the true difference (here at least 93.5, of 2000)."""
    from snnc.running.statistics import paired_difference

    rng = np.random.RandomState(0)
    held = 0
    for _ in range(2000):
        draw = rng.uniform(size=300)
        reference = (draw < loss) | (draw > 0.5)
        correct = (draw > 0.5) | ((draw > loss) & (draw < loss + gain))
        found = paired_difference(correct, reference)
        held += found.low <= gain - loss <= found.high
    assert held / 2000 >= 0.935


def test_paired_difference_counts_items() -> None:
    from snnc.running.statistics import paired_difference

    correct = np.array([True, True, False, True])
    assert paired_difference(correct, np.array([True, False, True, False])).value == 0.25


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((-0.0004, -0.002, 0.0003), "0.0 (-0.2 to 0.0)"),
        ((0.0, -0.00051, 0.00051), "0.0 (-0.1 to +0.1)"),
        ((0.005, 0.00049, 0.01), "+0.5 (0.0 to +1.0)"),
    ],
    ids=str,
)
def test_what_is_rounded_to_zero_has_no_sign(found: tuple[float, float, float], said: str) -> None:
    from snnc.running.results import in_percent
    from snnc.running.statistics import Interval

    assert in_percent(Interval(*found, n=1000), "+") == said
