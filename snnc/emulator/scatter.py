"""Products of a matrix, or a kernel, with signals that are mostly zeros: each spike adds its weights to the sums that it reaches.

Zeros change no sum, so that these are equal to those of BLAS if terms are added up in the same order. Which one that is, is found by
experiment (`sums.py`); the result is compared with Nengo's own step on random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from nengo.builder.operator import BsrDotInc, DotInc
from nengo.builder.transforms import ConvInc
from numpy.typing import NDArray

from snnc.emulator.machine import compiled, fused, inner
from snnc.emulator.sums import Order, cancelling, order_of

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

#: How many of a random signal's values aren't 0, in the trials.
DENSITIES = (0.02, 0.1, 0.3, 1.0)
#: Sums of more terms take too long to be looked into.
MOST_TERMS = 1 << 13


class Entries(NamedTuple):
    """What a value that isn't 0 adds to: for each input, from `first[i]` to `first[i + 1]`, parts of the sums and of the weights."""

    first: Ints
    #: The places in the sums, and in the weights, where an entry begins, and how long it is.
    target: Ints
    weight: Ints
    length: Ints
    #: What is added up at the end, (n, 3): the places in the sums of a part and of what is added to it, and their length.
    merges: Ints


@dataclass(frozen=True, eq=False)
class Scatter:
    """An operator whose product compiled code computes spike by spike."""

    #: The order in which the inputs are looked at.
    inputs: Ints
    #: For each sum, its place in the output.
    outputs: Ints
    entries: Entries
    weights: Array
    n_sums: int
    fuses: bool

    @classmethod
    def of(cls, operator: Any) -> Scatter | None:
        """Return compiled code that agrees with an operator, if some does."""
        window = _Window.of(operator)
        if window is None or not np.all(np.isfinite(window.weights)):
            return None
        inputs = window.inputs_in_order()
        found = _entries(window, inputs)
        if found is None:
            return None
        outputs, entries, weights, n_sums = found
        for fuses in (True, False):
            scatter = cls(inputs, outputs, entries, weights, n_sums, fuses)
            if scatter._agrees(window):
                return scatter
        return None

    def add(self, x: Array, y: Array) -> None:
        """Add products, (steps, items, size), to y; x is that or (1, items, size)."""
        add = _add_fused if self.fuses else _add_rounded
        add(x, self.inputs, self.outputs, self.entries, self.weights, self.n_sums, y)

    def _agrees(self, window: _Window) -> bool:
        chance = np.random.RandomState(0)
        for density in DENSITIES:
            for values in (np.full(window.n_inputs, 1000.0), chance.normal(size=window.n_inputs)):
                x = values * (chance.uniform(size=window.n_inputs) < density)
                y = np.zeros((1, 1, window.n_outputs))
                self.add(x[None, None], y)
                if not np.array_equal(y[0, 0], window.product(window.weights, x)):
                    return False
        return True


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
        elif kind in (DotInc, BsrDotInc) and operator.X.ndim == operator.Y.ndim == 1:
            matrix, x, y = operator.A, operator.X, operator.Y
            if matrix.ndim != (3 if kind is BsrDotInc else 2) or matrix.size != x.size * y.size:
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
            return signals[y]

        weights = np.asarray(matrix.initial_value)
        weights = weights.reshape(n_terms, -1) if is_kernel else weights.reshape(-1, n_terms).T
        return cls(np.ascontiguousarray(weights), x.size, y.size, product, rows_first, n_channels)

    @property
    def n_terms(self) -> int:
        return len(self.weights)

    @property
    def n_rows(self) -> int:
        return self.weights.shape[1]

    @property
    def n_places(self) -> int:
        return self.n_outputs // self.n_rows

    def outputs(self) -> Ints:
        """Return the place in the output of each sum, (places, rows)."""
        numbers = np.arange(self.n_outputs)
        if self.rows_first:
            return numbers.reshape(self.n_rows, self.n_places).T
        return numbers.reshape(self.n_places, self.n_rows)

    def terms(self) -> Ints:
        """Return the input of each term at each place, (places, terms), or -1 where there is none: beyond the edge."""
        numbers = np.arange(1.0, self.n_inputs + 1)
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
        numbers = np.arange(self.n_inputs)
        return numbers.reshape(self.n_channels, -1).T.ravel()

    def orders(self) -> list[tuple[Ints, Order]]:
        """Return the rows that are added up in the same order, and this order; the rows' place among others may decide it."""
        ones = np.ones(self.n_inputs)
        middle = int(np.argmax((self.terms() >= 0).sum(axis=1)))
        if (self.terms()[middle] < 0).any():
            return []
        places = self.outputs()[middle]

        def sums(weights: Array) -> Array:
            return self.product(weights, ones)[places]

        rows = cancelling(self.n_terms, 0, np.arange(1, self.n_terms))
        seen = [sums(np.repeat(row[:, None], self.n_rows, axis=1)) for row in rows]
        signatures = np.array(seen).reshape(-1, self.n_rows)
        _, group = np.unique(signatures, axis=1, return_inverse=True)
        members = [np.flatnonzero(group.ravel() == number) for number in range(group.max() + 1)]
        return [
            (its, order_of(lambda tried, its=its: self._sums_of(its, sums, tried), self.n_terms))  # type: ignore[misc]
            for its in members
        ]

    def _sums_of(self, rows: Ints, sums: Callable[[Array], Array], tried: Array) -> Array:
        """Return the sums of tried weights, (n, terms), in some of the rows, as many at once as there are."""
        found = []
        for begin in range(0, len(tried), len(rows)):
            now = tried[begin : begin + len(rows)]
            weights = np.ones((self.n_terms, self.n_rows))
            weights[:, rows[: len(now)]] = now.T
            found.append(sums(weights)[rows[: len(now)]])
        return np.concatenate(found) if found else np.zeros(0)


def _entries(window: _Window, inputs: Ints) -> tuple[Ints, Entries, Array, int] | None:
    """Return the places of all sums in the output, what each input adds to, the weights, and how many sums there are."""
    orders = window.orders()
    if not orders:
        return None
    terms = window.terms()
    n_lanes = max(order.n_lanes for _, order in orders)
    places, term = np.nonzero(terms >= 0)
    position = np.empty(window.n_inputs, np.int64)
    position[inputs] = np.arange(window.n_inputs)
    at = position[terms[places, term]]
    columns: dict[str, list[Any]] = {"at": [], "target": [], "weight": [], "length": []}
    merges, outputs, weights = [], [], []
    begin = n_weights = 0
    for rows, order in orders:
        n_rows, size = len(rows), len(rows) * window.n_places
        columns["at"].append(at)
        columns["target"].append(order.lanes[term] * window.n_outputs + begin + places * n_rows)
        columns["weight"].append(n_weights + term * n_rows)
        columns["length"].append(np.full(len(at), n_rows))
        lanes = order.merges * window.n_outputs + begin
        merges.append(np.column_stack([lanes, np.full(len(lanes), size)]))
        outputs.append(window.outputs()[:, rows].ravel())
        weights.append(window.weights[:, rows].ravel())
        begin, n_weights = begin + size, n_weights + weights[-1].size
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    by_input = np.lexsort((joined["target"], joined["at"]))
    first = np.searchsorted(joined["at"][by_input], np.arange(window.n_inputs + 1))
    target, weight, length = (joined[name][by_input] for name in ("target", "weight", "length"))
    entries = Entries(first, target, weight, length, np.concatenate(merges))
    return np.concatenate(outputs), entries, np.concatenate(weights), n_lanes * window.n_outputs


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
def _write(sums: Array, outputs: Ints, y: Array) -> None:
    for k in range(len(outputs)):
        y[outputs[k]] += sums[k]


@inner
def _nonzero(x: Array, inputs: Ints, found: Ints) -> int:
    """Write the places in `inputs` of the values that aren't 0, and return how many there are."""
    n = 0
    for k in range(len(inputs)):
        found[n] = k
        n += x[inputs[k]] != 0
    return n


@compiled
def _add_fused(
    x: Array,
    inputs: Ints,
    outputs: Ints,
    entries: Entries,
    weights: Array,
    n_sums: int,
    y: Array,
) -> None:
    first, target, weight, length, merges = entries
    sums, found = np.empty(n_sums), np.empty(len(inputs) + 1, np.int64)
    for step in range(y.shape[0]):
        for item in range(y.shape[1]):
            now = x[step if len(x) > 1 else 0, item]
            n = _nonzero(now, inputs, found)
            if n == 0:
                continue
            sums[:] = 0.0
            for at in found[:n]:
                value = now[inputs[at]]
                for e in range(first[at], first[at + 1]):
                    t, w, size = target[e], weight[e], length[e]
                    _add_one_fused(weights[w : w + size], value, sums[t : t + size])
            _add_up(sums, merges)
            _write(sums, outputs, y[step, item])


@compiled
def _add_rounded(
    x: Array,
    inputs: Ints,
    outputs: Ints,
    entries: Entries,
    weights: Array,
    n_sums: int,
    y: Array,
) -> None:
    first, target, weight, length, merges = entries
    sums, found = np.empty(n_sums), np.empty(len(inputs) + 1, np.int64)
    for step in range(y.shape[0]):
        for item in range(y.shape[1]):
            now = x[step if len(x) > 1 else 0, item]
            n = _nonzero(now, inputs, found)
            if n == 0:
                continue
            sums[:] = 0.0
            for at in found[:n]:
                value = now[inputs[at]]
                for e in range(first[at], first[at + 1]):
                    t, w, size = target[e], weight[e], length[e]
                    _add_one_rounded(weights[w : w + size], value, sums[t : t + size])
            _add_up(sums, merges)
            _write(sums, outputs, y[step, item])


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
