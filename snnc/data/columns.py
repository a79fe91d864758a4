"""Columns of numbers that aren't what a network can learn from: codes for missing values, row numbers, the labels themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.wording import number

Array = NDArray[Any]
Labels = NDArray[np.int64]

#: Codes for missing values are looked for in this many items.
ITEMS = 20_000
#: Nines alone, the ends of integers and of what is stored in 16 or 32 bits, and numbers that no one measures.
NINES = re.compile(r"-?9{2,}(\.9+)?")
ENDS = (-(2.0**15), 2.0**15 - 1, -(2.0**31), 2.0**31 - 1)
HUGE = 1e30
#: A code is so many times as far from the other values as these are wide, or as the middle half of them is.
FAR, FAR_FROM_MIDDLE = 1.0, 4.0
#: A column has so many different values at least where a code is told from them, and a code so many items.
DIFFERENT, FEWEST = 5, 2
#: Among values that hardly ever repeat, one that does so in this share of the items stands for something else.
OFTEN = 0.003
#: A column that tells the label has at most so many values a class, and a class so many items on average.
VALUES_A_CLASS, ITEMS_A_CLASS = 3, 8
#: Row numbers take so many of the numbers that they could at least: some rows may be gone.
DENSE, FEWEST_ROWS = 0.6, 20


@dataclass(frozen=True)
class Found:
    """A code for missing values: its column, and how many items hold it."""

    column: int
    value: float
    count: int


def codes(x: Array) -> Iterator[Found]:
    """Yield what stands for missing values among those of items, (n, size)."""
    some = x[:: max(1, -(-len(x) // ITEMS))]
    for column in range(some.shape[1]) if some.dtype.kind in "fiu" else ():
        values, counts = np.unique(some[:, column], return_counts=True)
        for place in _codes_among(values.astype(float), counts):
            value = values[place]
            yield Found(column, _exact(value), int(np.sum(x[:, column] == value)))


def _codes_among(values: Array, counts: Array) -> Iterator[int]:
    """Yield the places of codes among sorted values with their counts."""
    if len(values) <= DIFFERENT:
        return
    suspects = [
        place for place in {0, 1, len(values) - 2, len(values) - 1} if _looks_so(values[place])
    ]
    suspects += [p for p in _frequent(values, counts) if p not in suspects and _looks_so(values[p])]
    others = np.delete(np.arange(len(values)), suspects)
    if len(others) < DIFFERENT:
        return
    low, high = values[others[0]], values[others[-1]]
    middle = np.repeat(values[others], counts[others])
    quarter, three = np.percentile(middle, (25, 75))
    frequent = set(_frequent(values, counts))
    for place in sorted(suspects):
        value = values[place]
        outside = max(low - value, value - high)
        far = outside > FAR * (high - low) and outside > FAR_FROM_MIDDLE * (three - quarter)
        if (far and (counts[place] >= FEWEST or abs(value) >= HUGE)) or place in frequent:
            yield place


def _frequent(values: Array, counts: Array) -> list[int]:
    """Return the places of values that repeat where hardly another one does."""
    n = counts.sum()
    if np.median(counts) > 1 or len(values) < 0.5 * n:
        return []
    others = np.sort(counts)[-3] if len(counts) > 2 else 1
    often = (counts >= max(5, OFTEN * n)) & (counts >= others)
    return [int(place) for place in np.flatnonzero(often)]


def _looks_so(value: float) -> bool:
    return NINES.fullmatch(number(float(value))) is not None or value in ENDS or abs(value) >= HUGE


def _exact(value: Any) -> float:
    """Return a number as it is written: 0.1 for one of 32 bits that is nearest to it."""
    return float(str(value))


def never_vary(x: Array) -> list[int]:
    """Return the columns of items, (n, size), that hold one value alone."""
    return [int(column) for column in np.flatnonzero((x == x[0]).all(axis=0))]


def row_numbers(x: Array) -> list[int]:
    """Return the columns of items, (n, size), that count them."""
    n = len(x)
    if n < FEWEST_ROWS:
        return []
    low, high = x.min(axis=0).astype(float), x.max(axis=0).astype(float)
    whole = (x == np.floor(x)).all(axis=0) & (high - low >= n - 1) & (high - low + 1 <= n / DENSE)
    return [c for c in np.flatnonzero(whole).tolist() if len(np.unique(x[:, c])) == n]


def tell_labels(x: Array, y: Labels) -> list[int]:
    """Return the columns of items, (n, size), of which each value belongs to one class, or each class to one value."""
    classes = len(np.unique(y))
    if classes < 2 or len(y) < ITEMS_A_CLASS * classes:
        return []
    lows = np.array([x[y == c].min(axis=0) for c in np.unique(y)])
    highs = np.array([x[y == c].max(axis=0) for c in np.unique(y)])
    of_label = (lows == highs).all(axis=0) & (lows != lows[0]).any(axis=0)
    few = [c for c in range(x.shape[1]) if not of_label[c] and _tells(x[:, c], y, classes)]
    return sorted([*np.flatnonzero(of_label).tolist(), *few])


def _tells(values: Array, y: Labels, classes: int) -> bool:
    """Whether the few values of a column say the class."""
    if len(np.unique(values[:100])) > VALUES_A_CLASS * classes:
        return False
    different, numbers = np.unique(values, return_inverse=True)
    if not classes <= len(different) <= min(VALUES_A_CLASS * classes, len(y) / ITEMS_A_CLASS):
        return False
    pairs = np.unique(np.stack([numbers.ravel(), y], axis=1), axis=0)
    return len(pairs) == len(different)


def like_pixels(x: Array) -> bool:
    """Whether the columns of items, (n, size), share one scale, as pixels do: none below 0, and most reach as far as the widest."""
    if x.shape[1] < 16 or not np.isfinite(x).all() or x.min() < 0:
        return False
    low, high = x.min(axis=0), x.max(axis=0)
    reach = high[high > low]
    return bool(
        len(reach) and np.mean(low == low.min()) > 0.8 and np.median(reach) >= 0.5 * high.max()
    )
