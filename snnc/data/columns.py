"""Columns of numbers that aren't what a network can learn from: codes for missing values, row numbers, the labels themselves."""

from __future__ import annotations

import re
from collections import Counter
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
#: A column has so many different values at least where a code is told from them. Codes are in so many cells, or as large as this.
DIFFERENT, FEWEST, LARGE = 5, 2, 999
#: Among values that hardly ever repeat, one that does so in this share of the items stands for something else.
OFTEN = 0.003
#: A column that tells the label has at most so many values a class, and a class so many items on average.
VALUES_A_CLASS, ITEMS_A_CLASS = 3, 8
#: So many items are looked at first.
SOME = 1000
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
    if some.dtype.kind not in "fiu":
        return
    found = [(column, far) for column in range(x.shape[1]) for far in _far(some[:, column])]
    often = Counter[Any]()
    for _, (value, count) in found:
        often[value] += count
    for column, (value, _) in found:
        if often[value] >= FEWEST or abs(float(value)) >= LARGE:
            yield Found(column, _exact(value), int(np.sum(x[:, column] == value)))


def _far(column: Array) -> Iterator[tuple[Any, int]]:
    """Yield values of a column that look like codes and are far from others, or repeat as no other does, and how often they occur."""
    values, counts = np.unique(column, return_counts=True)
    frequent = _frequent(counts)
    suspects = {0, 1, len(values) - 2, len(values) - 1, *frequent}
    suspects = {p for p in suspects if 0 <= p < len(values) and _looks_so(float(values[p]))}
    others = np.delete(np.arange(len(values)), sorted(suspects))
    if not suspects or len(others) < DIFFERENT:
        return
    # In double precision, as differences of the largest numbers overflow.
    low, high = float(values[others[0]]), float(values[others[-1]])
    quarters = np.percentile(np.repeat(values[others].astype(float), counts[others]), (25, 75))
    for place in sorted(suspects):
        outside = max(low - float(values[place]), float(values[place]) - high)
        away = outside > max(FAR * (high - low), FAR_FROM_MIDDLE * (quarters[1] - quarters[0]))
        if away or place in frequent:
            yield values[place], int(counts[place])


def _frequent(counts: Array) -> list[int]:
    """Return the places of values that repeat where hardly another one does."""
    n = counts.sum()
    if np.median(counts) > 1 or len(counts) < n / 2:
        return []
    often = (counts >= max(5, OFTEN * n)) & (counts >= np.sort(counts)[-3:].min())
    return [int(place) for place in np.flatnonzero(often)]


def _looks_so(value: float) -> bool:
    return NINES.fullmatch(number(value)) is not None or value in ENDS or abs(value) >= HUGE


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
    # Most columns are ruled out by a few items.
    some = slice(None, None, max(1, len(x) // SOME))
    columns = [c for c in range(x.shape[1]) if _tells(x[some, c], y[some])]
    return [c for c in columns if _tells(x[:, c], y)]


def _tells(values: Array, y: Labels) -> bool:
    """Whether the few values of a column say the class, or the class says its value."""
    classes, y = len(np.unique(y)), np.unique(y, return_inverse=True)[1]
    if (values == values[0]).all() or len(np.unique(values[:100])) > VALUES_A_CLASS * classes:
        return False
    different, numbers = np.unique(values, return_inverse=True)
    pairs = len(np.unique(numbers.ravel() * classes + y))
    few = classes <= len(different) <= len(y) / ITEMS_A_CLASS
    return pairs == classes or (few and pairs == len(different))


def one_hot_with(x: Array, y: Labels) -> list[int]:
    """Return the columns of items, (n, size), of which each item has a 1 in a single one, or else in its label; [] if there are none.

    One column that does so tells the label by itself.
    """
    if set(np.unique(y).tolist()) != {0, 1}:
        return []
    flags = np.isin(x, (0, 1)).all(axis=0) & x.astype(bool).any(axis=0)
    apart = np.flatnonzero(flags & ~x[y == 1].astype(bool).any(axis=0))
    is_whole = len(apart) > 1 and bool((x[:, apart].sum(axis=1) == 1 - y).all())
    return apart.tolist() if is_whole else []


def like_pixels(x: Array) -> bool:
    """Whether the columns of items, (n, size), share one scale, as pixels do: none below 0, and most reach as far as the widest."""
    if x.shape[1] < 16 or not np.isfinite(x).all() or x.min() < 0:
        return False
    low, high = x.min(axis=0), x.max(axis=0)
    reach = high[high > low]
    return bool(
        len(reach) and np.mean(low == low.min()) > 0.8 and np.median(reach) >= 0.5 * high.max()
    )
