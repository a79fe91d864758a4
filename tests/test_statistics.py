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


@pytest.mark.parametrize(
    ("seeds", "items", "of_seeds", "of_items"),
    [(5, 360, 0.1, 0.3), (3, 360, 0.2, 0.2), (5, 2000, 0.1, 0.3), (10, 500, 0.05, 0.8)],
)
def test_differences_over_seeds_hold_for_other_seeds_and_items(
    seeds: int, items: int, of_seeds: float, of_items: float
) -> None:
    """In 95 of 100 experiments the interval holds the true difference (here at least 92.5, of 800).

    Experiments draw both seeds and items. To pool all answers, as if each were of its own, takes too little for chance.
    """
    from snnc.running.statistics import paired_difference, paired_over_seeds

    rng = np.random.default_rng(1)

    def drawn(seeds: int, items: int) -> tuple[np.ndarray, np.ndarray]:
        hard = rng.normal(1.5, 1.2, items)

        def right(shift: float, of_items: float) -> np.ndarray:
            chance = rng.normal(0, of_items, items) + rng.normal(0, of_seeds, (seeds, 1))
            return hard + shift + chance + rng.normal(0, 0.5, (seeds, items)) > 0

        return right(0.0, 0.0), right(0.1, of_items)

    truth = np.mean([a.mean() - b.mean() for a, b in (drawn(400, 2000) for _ in range(10))])
    held = pooled = 0
    for _ in range(800):
        a, b = drawn(seeds, items)
        found, alike = paired_over_seeds(a, b), paired_difference(a.ravel(), b.ravel())
        held += found.low <= truth <= found.high
        pooled += alike.low <= truth <= alike.high
    assert held / 800 >= 0.925
    assert pooled / 800 < 0.8


def test_a_single_seed_has_the_interval_of_its_items() -> None:
    from snnc.running.statistics import paired_difference, paired_over_seeds

    rng = np.random.RandomState(0)
    a, b = rng.uniform(size=(2, 50)) < 0.8
    assert paired_over_seeds(a[None], b[None]) == paired_difference(a, b)


def test_seeds_that_all_agree_leave_a_doubt() -> None:
    from snnc.running.statistics import paired_over_seeds

    right = np.ones((5, 100), bool)
    found = paired_over_seeds(right, right)
    assert found.value == 0
    assert found.low < 0 < found.high


def test_the_order_of_seeds_and_items_doesnt_matter() -> None:
    from snnc.running.statistics import paired_over_seeds

    rng = np.random.default_rng(0)
    a, b = rng.uniform(size=(2, 5, 80)) < 0.7
    seeds, items = rng.permutation(5), rng.permutation(80)
    one, other = paired_over_seeds(a, b), paired_over_seeds(a[seeds][:, items], b[seeds][:, items])
    assert (other.low, other.high) == pytest.approx((one.low, one.high))
