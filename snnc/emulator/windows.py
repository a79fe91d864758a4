"""A product of Nengo's, looked at: which inputs each of its sums is over, and the order in which BLAS adds them up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from nengo.builder.operator import DotInc
from nengo.builder.transforms import ConvInc
from numpy.typing import NDArray

from snnc.emulator.sums import Order, order_of

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Sums of more terms take too long to be looked into; those of a kernel are looked into place by place.
MOST_TERMS, MOST_OF_A_KERNEL = 20_000, 1 << 13
#: Rows whose sums are the same for so many rows of weights are added up alike.
ALIKE = 32


@dataclass(frozen=True, eq=False)
class Window:
    """A product that has, at each of some places, a row of sums over the same terms, whose weights are (terms, rows)."""

    weights: Array
    n_inputs: int
    n_outputs: int
    #: Computes outputs from weights, (terms, rows), and inputs, as Nengo's step.
    product: Callable[[Array, Array], Array]
    #: Whether the places of a row's sums lie side by side in the output, or the sums of a place.
    rows_first: bool
    #: Whether weights are those of a kernel, or of a matrix.
    is_kernel: bool
    #: How many channels of the input lie one after the other; their pixels are together among the terms.
    n_channels: int

    @classmethod
    def of(cls, operator: Any) -> Window | None:
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
        is_kernel = kind is ConvInc
        is_plain = all(s.dtype == np.float64 for s in (matrix, x, y))
        most = MOST_OF_A_KERNEL if is_kernel else MOST_TERMS
        if not is_plain or not 0 < n_terms <= most:
            return None
        n_channels = operator.conv.input_shape.n_channels if rows_first else 1

        def product(weights: Array, inputs: Array) -> Array:
            values = weights if is_kernel else np.ascontiguousarray(weights.T)
            signals = {matrix: values.reshape(matrix.shape), x: inputs, y: np.zeros(y.shape)}
            operator.make_step(signals, 0.001, None)()
            return np.asarray(signals[y])

        weights = np.asarray(matrix.initial_value)
        weights = weights.reshape(n_terms, -1) if is_kernel else weights.reshape(-1, n_terms).T
        return cls(
            np.ascontiguousarray(weights),
            x.size,
            y.size,
            product,
            rows_first,
            is_kernel,
            n_channels,
        )

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

    @cached_property
    def terms(self) -> Ints:
        """Return the input of each term at each place, (places, terms), or -1 where there is none: beyond the edge."""
        if not self.is_kernel:
            return np.arange(self.n_terms)[None]
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
        whole = np.flatnonzero((self.terms >= 0).all(axis=1))
        found = {}
        for place in {*whole[:1], *whole[-1:]}:
            for order in self._orders_at(self.outputs()[place]):
                found[order.lanes.tobytes(), order.merges.tobytes()] = order
        return list(found.values())

    def _orders_at(self, outputs: Ints) -> Iterator[Order]:
        """Yield the orders of the sums in these outputs: rows that add up the same weights to the same sums have one."""
        chance = np.random.RandomState(0)
        met = [
            self.product(self.laid_out(row[:, None]), np.ones(self.n_inputs))[outputs]
            for row in chance.normal(size=(ALIKE, self.n_terms))
        ]
        _, group = np.unique(np.array(met), axis=1, return_inverse=True)
        for number in range(group.max() + 1):
            its = np.flatnonzero(group.ravel() == number)
            yield order_of(partial(self._sums, its, outputs), self.n_terms)

    def _sums(self, rows: Ints, outputs: Ints, tried: Array) -> Array:
        """Return the sums of tried weights, (n, terms), in some of the rows: as many at once as there are."""
        found = [np.zeros(0)]
        weights, ones = self.laid_out(np.ones((1, 1))), np.ones(self.n_inputs)
        for begin in range(0, len(tried), len(rows)):
            now = tried[begin : begin + len(rows)]
            weights.T[rows[: len(now)]] = now
            sums = self.product(weights, ones)
            found.append(sums[outputs[rows[: len(now)]]])
        return np.concatenate(found)

    def laid_out(self, weights: Array) -> Array:
        """Return weights in all rows, (terms, rows), as they lie in memory for the product: a matrix has its rows side by side."""
        order: Any = "C" if self.is_kernel else "F"
        filled = np.empty((self.n_terms, self.n_rows), order=order)
        filled[...] = weights
        return filled
