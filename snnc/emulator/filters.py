"""Nengo's synapses, for many items and steps at once.

Nengo multiplies matrices of 2 x 2 by BLAS, which takes longer to be called than to compute, and whose last bit depends on
the machine. Compiled code that rounds in one way or the other is tried on random numbers: what agrees with Nengo is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from nengo.synapses import LinearFilter, Synapse
from numpy.typing import NDArray

from snnc.emulator.machine import compiled, fused

Array = NDArray[Any]
#: Computes outputs, (steps, items, size), from inputs, (steps or 1, items, size), and a state, (order, items, size).
Filter = Callable[[Array, Array, Array], None]

#: So many steps are tried.
TRIED = 64


def filter_of(
    synapse: Synapse, shape: tuple[int, int], dt: float, dtype: Any, given: Any
) -> Callable[[Array, Array], None]:
    """Return a synapse for values of some items, (items, size), with zeros before: it computes outputs from inputs.

    Its state has one type, the inputs have another or the same. Outputs are (steps, items, size), inputs that or (1, items, size).
    """
    n_items, size = shape
    own = _own(synapse, (size,), dt, dtype)
    if isinstance(own, LinearFilter.Step):
        x = np.random.RandomState(0).standard_normal((TRIED, 1, size))
        x = (x > 0 if given == np.bool_ else 100 * x).astype(given)
        expected = np.stack([np.array(own(0.0, row[0]), dtype) for row in x])
        order = len(own.A)
        for candidate in _candidates(own, np.dtype(dtype)):
            found = np.empty((TRIED, 1, size), dtype)
            candidate(x, np.zeros((order, 1, size), dtype), found)
            if np.array_equal(found[:, 0], expected):
                return partial(_run, candidate, np.zeros((order, n_items, size), dtype))
    return _one_after_the_other([_own(synapse, (size,), dt, dtype) for _ in range(n_items)])


def _run(candidate: Filter, state: Array, x: Array, output: Array) -> None:
    candidate(x, state, output)


def _candidates(own: Any, dtype: np.dtype[Any]) -> Iterator[Filter]:
    """Yield what may compute the same as one of Nengo's steps."""
    if isinstance(own, LinearFilter.OneX):
        for kind in (dtype.type, np.float64):
            yield partial(_first_order, kind(own.a), kind(own.b))
    elif isinstance(own, LinearFilter.NoD | LinearFilter.General):
        b, c, d = own.B.ravel(), own.C.ravel(), float(own.D.item())
        lags = isinstance(own, LinearFilter.General)
        for fuses in product((True, False), repeat=2):
            yield partial(_higher_order, own.A, b, c, d, lags, *fuses)


def _one_after_the_other(steps: list[Any]) -> Callable[[Array, Array], None]:
    """Return Nengo's own steps of each item."""

    def run(x: Array, output: Array) -> None:
        for step, out in enumerate(output):
            now = x[step if len(x) > 1 else 0]
            for item, own in enumerate(steps):
                out[item] = own(0.0, now[item])

    return run


def _own(synapse: Synapse, shape: tuple[int, ...], dt: float, dtype: Any) -> Any:
    """Return Nengo's own step of a synapse."""
    state = synapse.make_state(shape, shape, dt, dtype=dtype)
    return synapse.make_step(shape, shape, dt, None, state)


@compiled
def _first_order(a: Any, b: Any, x: Array, state: Array, output: Array) -> None:
    for step in range(len(output)):
        now = x[step if len(x) > 1 else 0]
        for item in range(state.shape[1]):
            for i in range(state.shape[2]):
                state[0, item, i] = state[0, item, i] * a + b * now[item, i]
                output[step, item, i] = state[0, item, i]


@compiled
def _higher_order(
    a: Array,
    b: Array,
    c: Array,
    d: float,
    lags: bool,
    fuses_states: bool,
    fuses_outputs: bool,
    x: Array,
    state: Array,
    output: Array,
) -> None:
    """Compute the states A x + B u, and from these, or those before if it lags, the outputs C x + D u."""
    order = len(a)
    following = np.empty(order)
    for step in range(len(output)):
        now = x[step if len(x) > 1 else 0]
        for item in range(state.shape[1]):
            for i in range(state.shape[2]):
                if lags:
                    output[step, item, i] = (
                        _summed(c, state, item, i, fuses_outputs) + d * now[item, i]
                    )
                for row in range(order):
                    following[row] = (
                        _summed(a[row], state, item, i, fuses_states) + b[row] * now[item, i]
                    )
                for row in range(order):
                    state[row, item, i] = following[row]
                if not lags:
                    output[step, item, i] = _summed(c, state, item, i, fuses_outputs)


@compiled
def _summed(weights: Array, state: Array, item: int, i: int, fuses: bool) -> float:
    total = weights[0] * state[0, item, i]
    for k in range(1, len(weights)):
        if fuses:
            total = fused(weights[k], np.float64(state[k, item, i]), total)
        else:
            total += weights[k] * state[k, item, i]
    return float(total)
