"""The order in which somebody else's code adds up the products of a sum, found by experiment.

Adding rounds, so that the last bit of a sum depends on its order. BLAS has several sums in lanes, which it adds to each other at the
end, and other ones on other processors. The order shows in sums of ones with a huge number at one place and its negative at another one:
all ones are lost that are added to the first before the second one is there (Xie et al., FPRev, 2025).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Returns the sums of rows, (rows, n).
Sums = Callable[[Array], Array]

#: A power of two in whose presence no number of terms counts.
HUGE = 2.0**200
#: The bytes of rows that are added up at once.
ROOM = 1 << 26


class Order(NamedTuple):
    """The lane of each term, which are added up in the order of the terms, and the pairs of lanes that are added up after that.

    The second lane of a pair is added to the first one; the sum is in lane 0.
    """

    lanes: NDArray[np.int64]
    merges: NDArray[np.int64]

    @property
    def n_lanes(self) -> int:
        return int(self.lanes.max()) + 1


class _Tree(NamedTuple):
    """A term to which others are added one after the other: single terms, and sums of several."""

    term: int
    added: list[_Tree]


def order_of(sums: Sums, n: int) -> Order:
    """Return the order in which sums of n terms are added up."""
    tree = _tree(sums, n, np.arange(n))
    lanes = np.zeros(n, np.int64)
    merges: list[tuple[int, int]] = []
    _assign(tree, 0, lanes, merges)
    return Order(lanes, np.array(merges, np.int64).reshape(-1, 2))


def _tree(sums: Sums, n: int, terms: NDArray[np.int64]) -> _Tree:
    first, others = int(terms[0]), terms[1:]
    at_once = max(ROOM // (8 * n), 1)
    parts = [others[begin : begin + at_once] for begin in range(0, len(others), at_once)]
    left = [sums(cancelling(n, first, part)) for part in parts]
    sizes = n - np.concatenate([np.zeros(0), *left]).astype(np.int64)
    return _Tree(first, [_tree(sums, n, others[sizes == size]) for size in np.unique(sizes)])


def cancelling(n: int, first: int, others: NDArray[np.int64]) -> Array:
    """Return a row for each of the others, whose sum says how many terms are added after the first one has met this one."""
    rows = np.ones((len(others), n))
    rows[:, first] = HUGE
    rows[np.arange(len(others)), others] = -HUGE
    return rows


def _assign(tree: _Tree, lane: int, lanes: NDArray[np.int64], merges: list[tuple[int, int]]) -> int:
    """Give a lane to a tree and the next ones to what it has been added to, and return how many lanes there are."""
    lanes[tree.term] = lane
    n_lanes, merged = lane + 1, False
    for other in tree.added:
        if other.added or merged:
            merges_of_other: list[tuple[int, int]] = []
            own = n_lanes
            n_lanes = _assign(other, own, lanes, merges_of_other)
            merges += [*merges_of_other, (lane, own)]
            merged = True
        else:
            lanes[other.term] = lane
    return max(n_lanes, lane + 1)
