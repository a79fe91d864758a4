"""Products of a matrix, or a kernel, with signals that are mostly zeros: each spike adds its weights to the sums that it reaches.

Zeros change no sum, so that these are equal to those of BLAS if terms are added up in the same order. Which one that is, is found by
experiment (`sums.py`); the result is compared with Nengo's own step on random numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from nengo.builder.operator import DotInc
from nengo.builder.transforms import ConvInc
from numpy.typing import NDArray

from snnc.emulator.entries import Entries, add
from snnc.emulator.lanes import add_rounded
from snnc.emulator.machine import compiled, inner
from snnc.emulator.sums import Order
from snnc.emulator.windows import Window

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

#: How many random signals sums are tried on: two ways to round give the same in about every second one.
TRIED = 64
#: Inputs are looked at in groups of this size, most of which have no spike.
GROUP = 16


@dataclass(frozen=True, eq=False)
class Scatter:
    """An operator whose product compiled code computes spike by spike."""

    #: The order in which the inputs are looked at.
    inputs: Ints
    n_outputs: int
    entries: Entries
    weights: Array
    #: The sums of all lanes: first the outputs, which are those of lane 0.
    n_sums: int

    @classmethod
    def of(cls, operator: Any) -> Scatter | None:
        """Return compiled code that agrees with an operator, if some does."""
        window = Window.of(operator)
        if window is None or not np.all(np.isfinite(window.weights)):
            return None
        kinds = [(order, fuses) for order in window.orders() for fuses in (True, False)]
        everywhere = (window.places, np.arange(window.n_rows))
        agree = [cls._of(window, [_Block(*everywhere, *kind)])._agrees(window) for kind in kinds]
        if not agree or not np.all(np.any(agree, axis=0)):
            return None
        chosen = np.argmax(agree, axis=0)[window.outputs()]
        return cls._of(window, list(_blocks(chosen, kinds)))

    @classmethod
    def _of(cls, window: Window, blocks: Sequence[_Block]) -> Scatter:
        """Return compiled code that adds up blocks of sums."""
        inputs, terms, outputs = window.inputs_in_order(), window.terms, window.outputs()
        position = np.empty(window.n_inputs, np.int64)
        position[inputs] = np.arange(window.n_inputs)
        parts, runs, merges, n_sums = [], [], [], window.n_outputs
        # Where the weights of rows begin: those of blocks that differ in their places are the same.
        of_rows: dict[bytes, int] = {}
        weights = np.zeros(0)
        for block in blocks:
            n_rows = len(block.rows)
            its_weights = of_rows.setdefault(block.rows.tobytes(), len(weights))
            if its_weights == len(weights):
                weights = np.append(weights, window.weights[:, block.rows])
            lanes = block.sums(outputs, n_sums)
            place, term = np.nonzero(terms[block.places] >= 0)
            for begin, length in _neighbours(lanes[0, 0]):
                parts.append(
                    np.column_stack(
                        [
                            position[terms[block.places][place, term]],
                            lanes[block.order.lanes[term], place, begin],
                            its_weights + term * n_rows + begin,
                        ]
                    )
                )
                every = lanes[:, :, begin].ravel()
                of_each = np.array([length, block.fuses])
                runs.append(np.column_stack([every, np.tile(of_each, (len(every), 1))]))
            for into, other in block.order.merges:
                merges.append(_runs(np.column_stack([lanes[into].ravel(), lanes[other].ravel()])))
            n_sums += (block.order.n_lanes - 1) * block.size
        rows = np.concatenate(parts)
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        first = np.searchsorted(rows[:, 0], np.arange(window.n_inputs + 1))
        added = np.concatenate([np.zeros((0, 3), np.int64), *merges])
        return cls(
            inputs,
            window.n_outputs,
            Entries.of(first, rows[:, 1], rows[:, 2], np.concatenate(runs), added),
            weights,
            n_sums,
        )

    @property
    def in_order(self) -> bool:
        """Whether inputs are looked at one after the other."""
        return np.array_equal(self.inputs, np.arange(len(self.inputs)))

    def add(self, x: Array, y: Array) -> None:
        """Add products, (steps, items, size), to y; x is that or (1, items, size)."""
        if not self.in_order:
            x = np.ascontiguousarray(x[:, :, self.inputs])
        _add(x, self.entries, self.weights, self.n_sums, y)

    def _agrees(self, window: Window) -> NDArray[np.bool_]:
        """Return for each output whether it is the operator's, on random inputs."""
        chance = np.random.RandomState(0)
        agrees = np.ones(window.n_outputs, bool)
        weights = window.laid_out(window.weights)
        for density in np.linspace(1.0, 0.1, TRIED):
            x = chance.normal(size=window.n_inputs)
            x[chance.uniform(size=window.n_inputs) > density] = 0
            y = np.zeros((1, 1, window.n_outputs))
            self.add(x[None, None], y)
            agrees &= y[0, 0] == window.product(weights, x)
        return agrees


class _Block(NamedTuple):
    """The sums of some rows at some places, which are added up and rounded alike."""

    places: Ints
    rows: Ints
    order: Order
    fuses: bool

    @property
    def size(self) -> int:
        return len(self.places) * len(self.rows)

    def sums(self, outputs: Ints, begin: int) -> Ints:
        """Return the place of each lane's sums, (lanes, places, rows): lane 0 has its outputs', the others follow from `begin` on."""
        own = outputs[np.ix_(self.places, self.rows)]
        others = begin + np.arange((self.order.n_lanes - 1) * self.size)
        return np.concatenate([own[None], others.reshape(-1, *own.shape)])


def _runs(pairs: Ints) -> Ints:
    """Return the runs in which both numbers of pairs, (n, 2), grow by one: the first pair of each, and its length."""
    begins = np.flatnonzero(np.any(np.diff(pairs, axis=0, prepend=-2) != 1, axis=1))
    return np.column_stack([pairs[begins], np.diff(np.append(begins, len(pairs)))])


def _neighbours(numbers: Ints) -> Iterator[tuple[int, int]]:
    """Yield where runs of numbers begin that grow by one, and their lengths."""
    begins = np.flatnonzero(np.diff(numbers, prepend=-2) != 1)
    yield from zip(begins, np.diff(np.append(begins, len(numbers))), strict=True)


def _blocks(chosen: NDArray[np.int64], kinds: Sequence[tuple[Order, bool]]) -> Iterator[_Block]:
    """Yield blocks of sums whose kind, (places, rows), is the same: BLAS may take the last places, or rows, otherwise than the others."""
    patterns, group = np.unique(chosen, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        places = np.flatnonzero(group.ravel() == number)
        for kind in np.unique(pattern):
            yield _Block(places, np.flatnonzero(pattern == kind), *kinds[kind])


@inner
def _nonzero(x: Array, found: Ints) -> int:
    """Write the places of the values that aren't 0, and return how many there are."""
    n = 0
    words = x.view(np.int64)
    n_groups = len(x) // GROUP
    for group in range(n_groups):
        bits = np.int64(0)
        for k in range(GROUP):
            bits |= words[group * GROUP + k]
        if bits:
            for k in range(group * GROUP, (group + 1) * GROUP):
                found[n] = k
                n += words[k] != 0
    for k in range(n_groups * GROUP, len(x)):
        found[n] = k
        n += words[k] != 0
    return n


@compiled
def _add(x: Array, entries: Entries, weights: Array, n_sums: int, y: Array) -> None:
    first, merges = entries.first, entries.merges
    sums, found = np.empty(n_sums), np.empty(x.shape[2] + 1, np.int64)
    for step in range(y.shape[0]):
        for item in range(y.shape[1]):
            now = x[step if len(x) > 1 else 0, item]
            n = _nonzero(now, found)
            if n == 0:
                continue
            sums[:] = 0.0
            for at in found[:n]:
                value = now[at]
                for number in range(first[at], first[at + 1]):
                    add(entries.runs, entries.word[number], value, weights, sums, 0)
            for k in range(len(merges)):
                add_rounded(sums, merges[k, 0], sums, merges[k, 1], 1.0, merges[k, 2])
            for i in range(y.shape[2]):
                y[step, item, i] += sums[i]


def scatters(operators: Iterable[Any], per_item: set[Any]) -> Mapping[Any, Scatter]:
    """Return those operators whose products compiled code computes: of signals that items have, with weights that are all items'."""
    found = {}
    for operator in operators:
        if isinstance(operator, DotInc | ConvInc):
            matrix = operator.reads[0]
            if matrix.base not in per_item and not matrix.sparse and operator.X.base in per_item:
                scatter = Scatter.of(operator)
                if scatter is not None:
                    found[operator] = scatter
    return found
