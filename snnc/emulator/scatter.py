"""Products of a matrix, or a kernel, with signals that are mostly zeros: each spike adds its weights to the sums that it reaches.

Zeros change no sum, so that these are equal to those of BLAS if terms are added up in the same order. Which one that is, is found by
experiment (`sums.py`); the result is compared with Nengo's own step on random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from nengo.builder.operator import DotInc
from nengo.builder.transforms import ConvInc
from numpy.typing import NDArray

from snnc.emulator.machine import compiled, fused, inner
from snnc.emulator.sums import Order, cancelling, order_of

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

#: How many random signals sums are tried on: two ways to round give the same in about every second one.
TRIED = 64
#: Inputs are looked at in groups of this size, most of which have no spike.
GROUP = 16
#: Sums of more terms take too long to be looked into.
MOST_TERMS = 1 << 13


class Entries(NamedTuple):
    """What a value that isn't 0 adds to: for each input, from `first[i]` to `first[i + 1]`, parts of the sums and of the weights."""

    first: Ints
    #: The places in the sums, and in the weights, where an entry begins, and how long it is.
    target: Ints
    weight: Ints
    length: Ints
    #: Whether a product and a sum are rounded once.
    fuses: NDArray[np.bool_]
    #: What is added up at the end, (n, 3): the places in the sums of a part and of what is added to it, and their length.
    merges: Ints


@dataclass(frozen=True, eq=False)
class Scatter:
    """An operator whose product compiled code computes spike by spike."""

    #: The order in which the inputs are looked at.
    inputs: Ints
    #: Runs of sums side by side, (n, 3): the first one, its place in the output, and how many there are.
    runs: Ints
    entries: Entries
    weights: Array
    #: The sums of all lanes.
    n_sums: int

    @classmethod
    def of(cls, operator: Any) -> Scatter | None:
        """Return compiled code that agrees with an operator, if some does."""
        window = _Window.of(operator)
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
    def _of(cls, window: _Window, blocks: Sequence[_Block]) -> Scatter:
        """Return compiled code that adds up blocks of sums."""
        inputs, terms = window.inputs_in_order(), window.terms()
        position = np.empty(window.n_inputs, np.int64)
        position[inputs] = np.arange(window.n_inputs)
        parts, merges, sums = [], [], []
        begin = n_weights = 0
        for block in blocks:
            n_rows, size = len(block.rows), block.size
            place, term = np.nonzero(terms[block.places] >= 0)
            parts.append(
                np.column_stack(
                    [
                        position[terms[block.places][place, term]],
                        begin + block.order.lanes[term] * size + place * n_rows,
                        n_weights + term * n_rows,
                        np.full(len(term), n_rows),
                        np.full(len(term), block.fuses),
                    ]
                )
            )
            lanes = begin + block.order.merges * size
            merges.append(np.column_stack([lanes, np.full(len(lanes), size)]))
            outputs = window.outputs()[np.ix_(block.places, block.rows)].ravel()
            sums.append(np.column_stack([begin + np.arange(size), outputs]))
            begin += block.order.n_lanes * size
            n_weights += window.n_terms * n_rows
        rows = np.concatenate(parts)
        at, target, weight, length, fuses = rows[np.lexsort((rows[:, 1], rows[:, 0]))].T.copy()
        first = np.searchsorted(at, np.arange(window.n_inputs + 1))
        return cls(
            inputs,
            _runs(np.concatenate(sums)),
            Entries(first, target, weight, length, fuses.astype(bool), np.concatenate(merges)),
            np.concatenate([window.weights[:, block.rows].ravel() for block in blocks]),
            begin,
        )

    def add(self, x: Array, y: Array) -> None:
        """Add products, (steps, items, size), to y; x is that or (1, items, size)."""
        if not np.array_equal(self.inputs, np.arange(len(self.inputs))):
            x = np.ascontiguousarray(x[:, :, self.inputs])
        _add(x, self.runs, self.entries, self.weights, self.n_sums, y)

    def _agrees(self, window: _Window) -> NDArray[np.bool_]:
        """Return for each output whether it is the operator's, on random inputs."""
        chance = np.random.RandomState(0)
        agrees = np.ones(window.n_outputs, bool)
        for density in np.linspace(1.0, 0.1, TRIED):
            x = chance.normal(size=window.n_inputs)
            x[chance.uniform(size=window.n_inputs) > density] = 0
            y = np.zeros((1, 1, window.n_outputs))
            self.add(x[None, None], y)
            agrees &= y[0, 0] == window.product(window.weights, x)
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


def _runs(pairs: Ints) -> Ints:
    """Return the runs in which both numbers of pairs, (n, 2), grow by one: the first pair of each, and its length."""
    begins = np.flatnonzero(np.any(np.diff(pairs, axis=0, prepend=-2) != 1, axis=1))
    return np.column_stack([pairs[begins], np.diff(np.append(begins, len(pairs)))])


def _blocks(chosen: NDArray[np.int64], kinds: Sequence[tuple[Order, bool]]) -> Iterator[_Block]:
    """Yield blocks of sums whose kind, (places, rows), is the same: BLAS may take the last places, or rows, otherwise than the others."""
    patterns, group = np.unique(chosen, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        places = np.flatnonzero(group.ravel() == number)
        for kind in np.unique(pattern):
            yield _Block(places, np.flatnonzero(pattern == kind), *kinds[kind])


@dataclass(frozen=True, eq=False)
class _Window:
    """A product that has, at each of some places, a row of sums over the same terms, whose weights are (terms, rows)."""

    weights: Array
    n_inputs: int
    n_outputs: int
    #: Computes outputs from weights, (terms, rows), and inputs, as Nengo's step.
    product: Callable[[Array, Array], Array]
    #: Whether the places of a row's sums lie side by side in the output, or the sums of a place.
    rows_first: bool
    #: How many channels of the input lie one after the other; their pixels are together among the terms.
    n_channels: int

    @classmethod
    def of(cls, operator: Any) -> _Window | None:
        kind = type(operator)
        if kind is ConvInc and operator.conv.dimensions <= 2:
            matrix, x, y = operator.W, operator.X, operator.Y
            n_terms, rows_first = matrix.size // matrix.shape[-1], not operator.conv.channels_last
        elif kind is DotInc and operator.X.ndim == operator.Y.ndim == 1:
            matrix, x, y = operator.A, operator.X, operator.Y
            if matrix.ndim != 2:
                return None
            n_terms, rows_first = x.size, False
        else:
            return None
        is_plain = all(s.dtype == np.float64 for s in (matrix, x, y))
        if not is_plain or n_terms > MOST_TERMS or not n_terms:
            return None
        is_kernel = kind is ConvInc
        n_channels = operator.conv.input_shape.n_channels if rows_first else 1

        def product(weights: Array, inputs: Array) -> Array:
            values = weights if is_kernel else np.ascontiguousarray(weights.T)
            signals = {matrix: values.reshape(matrix.shape), x: inputs, y: np.zeros(y.shape)}
            operator.make_step(signals, 0.001, None)()
            return np.asarray(signals[y])

        weights = np.asarray(matrix.initial_value)
        weights = weights.reshape(n_terms, -1) if is_kernel else weights.reshape(-1, n_terms).T
        return cls(np.ascontiguousarray(weights), x.size, y.size, product, rows_first, n_channels)

    @property
    def n_terms(self) -> int:
        return len(self.weights)

    @property
    def n_rows(self) -> int:
        return int(self.weights.shape[1])

    @property
    def n_places(self) -> int:
        return self.n_outputs // self.n_rows

    @property
    def places(self) -> Ints:
        return np.arange(self.n_places)

    def outputs(self) -> Ints:
        """Return the place in the output of each sum, (places, rows)."""
        numbers = np.arange(self.n_outputs)
        if self.rows_first:
            return np.asarray(numbers.reshape(self.n_rows, self.n_places).T)
        return np.asarray(numbers.reshape(self.n_places, self.n_rows))

    def terms(self) -> Ints:
        """Return the input of each term at each place, (places, terms), or -1 where there is none: beyond the edge."""
        numbers = np.arange(1, self.n_inputs + 1).astype(np.float64)
        found = np.empty((self.n_places, self.n_terms), np.int64)
        for begin in range(0, self.n_terms, self.n_rows):
            # Sums of a single term.
            one = np.eye(self.n_terms, self.n_rows, -begin)
            n = min(self.n_rows, self.n_terms - begin)
            sums = self.product(one, numbers)[self.outputs()]
            found[:, begin : begin + n] = sums[:, :n]
        return found - 1

    def inputs_in_order(self) -> Ints:
        """Return the inputs in an order in which, at every place, they are in the order of the terms."""
        return np.asarray(np.arange(self.n_inputs).reshape(self.n_channels, -1).T.ravel())

    def orders(self) -> list[Order]:
        """Return the orders in which sums are added up: at the first place and the last one with all terms, by row."""
        whole = np.flatnonzero((self.terms() >= 0).all(axis=1))
        found = {}
        for place in {*whole[:1], *whole[-1:]}:
            for order in self._orders_at(self.outputs()[place]):
                found[order.lanes.tobytes(), order.merges.tobytes()] = order
        return list(found.values())

    def _orders_at(self, outputs: Ints) -> Iterator[Order]:
        """Yield the orders of the sums in these outputs: rows of which the first terms meet the others alike have one."""
        ones = np.ones(self.n_inputs)
        rows = cancelling(self.n_terms, 0, np.arange(1, self.n_terms))
        same = np.ones((1, self.n_rows))
        met = [self.product(row[:, None] * same, ones)[outputs] for row in rows]
        _, group = np.unique(np.array(met).reshape(-1, self.n_rows), axis=1, return_inverse=True)
        for number in range(group.max() + 1):
            its = np.flatnonzero(group.ravel() == number)
            yield order_of(partial(self._sums, its, outputs), self.n_terms)

    def _sums(self, rows: Ints, outputs: Ints, tried: Array) -> Array:
        """Return the sums of tried weights, (n, terms), in some of the rows: as many at once as there are."""
        found = [np.zeros(0)]
        for begin in range(0, len(tried), len(rows)):
            now = tried[begin : begin + len(rows)]
            weights = np.ones((self.n_terms, self.n_rows))
            weights[:, rows[: len(now)]] = now.T
            sums = self.product(weights, np.ones(self.n_inputs))
            found.append(sums[outputs[rows[: len(now)]]])
        return np.concatenate(found)


@inner
def _add_one_fused(weights: Array, value: float, sums: Array) -> None:
    for k in range(len(sums)):
        sums[k] = fused(weights[k], value, sums[k])


@inner
def _add_one_rounded(weights: Array, value: float, sums: Array) -> None:
    for k in range(len(sums)):
        sums[k] += weights[k] * value


@inner
def _add_up(sums: Array, merges: Ints) -> None:
    for k in range(len(merges)):
        a, b, n = merges[k]
        into, other = sums[a : a + n], sums[b : b + n]
        for i in range(n):
            into[i] += other[i]


@inner
def _write(sums: Array, runs: Ints, y: Array) -> None:
    for k in range(len(runs)):
        begin, place, n = runs[k]
        source, target = sums[begin : begin + n], y[place : place + n]
        for i in range(n):
            target[i] += source[i]


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
def _add(x: Array, runs: Ints, entries: Entries, weights: Array, n_sums: int, y: Array) -> None:
    first, target, weight, length, fuses, merges = entries
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
                for e in range(first[at], first[at + 1]):
                    t, w, size = target[e], weight[e], length[e]
                    if fuses[e]:
                        _add_one_fused(weights[w : w + size], value, sums[t : t + size])
                    else:
                        _add_one_rounded(weights[w : w + size], value, sums[t : t + size])
            _add_up(sums, merges)
            _write(sums, runs, y[step, item])


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
