"""Nengo's synapses, for many items and steps at once.

Nengo multiplies matrices of 2 x 2 by BLAS, where the call takes longer than the sums, and whose last bit depends on the machine.
Here compiled code that rounds in one way or the other is tried on random numbers: the first that agrees with Nengo is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from nengo.synapses import LinearFilter, Synapse
from numpy.typing import NDArray

from snnc.emulator.machine import compiled, fused, inner
from snnc.emulator.users import LIBRARIES

Array = NDArray[Any]
#: Computes outputs, (steps, n), from inputs, (steps or 1, n), and states, (order, n), and returns whether a state is invalid now.
Steps = Callable[[Array, Array, Array], bool]

#: The number of steps that compiled code is tried for.
TRIED = 64


@dataclass(frozen=True, eq=False)
class Filter:
    """A synapse for a signal, and compiled code that computes the same, if some does."""

    synapse: Synapse
    size: int
    dt: float
    dtype: Any
    order: int
    steps: Steps | None

    @classmethod
    def of(cls, synapse: Synapse, size: int, dt: float, dtype: Any, input_dtype: Any) -> Filter:
        """Return a synapse whose states and outputs have one type, and whose inputs have another or the same."""
        untried = cls(synapse, size, dt, np.dtype(dtype), 0, None)
        if type(synapse) not in LIBRARIES:
            return untried
        own = untried.own()
        if not isinstance(own, LinearFilter.Step):
            return untried
        order = len(own.A)
        x = 100 * np.random.RandomState(0).standard_normal((TRIED, size))
        x = (x > 0 if input_dtype == np.bool_ else x).astype(input_dtype)
        # Nengo 4 gives some of them one more dimension.
        expected = np.stack([np.array(own(0.0, row), dtype).reshape(size) for row in x])
        for steps in _candidates(own, untried.dtype):
            outputs = np.empty((TRIED, size), dtype)
            steps(x, np.zeros((order, size), dtype), outputs)
            if np.array_equal(outputs, expected):
                return replace(untried, order=order, steps=steps)
        return untried

    @property
    def first_order(self) -> tuple[float, float] | None:
        """The a and b of a filter in double precision whose state s becomes s a + b x, and is its output; None of any other."""
        if not isinstance(self.steps, partial) or self.steps.func is not _first_order:
            return None
        a, b = self.steps.args
        return (float(a), float(b)) if self.dtype == np.float64 else None

    def own(self) -> Any:
        """Return Nengo's own step."""
        state = self.synapse.make_state((self.size,), (self.size,), self.dt, dtype=self.dtype)
        return self.synapse.make_step((self.size,), (self.size,), self.dt, None, state)

    def started(self, n_items: int) -> Callable[[Array, Array], None]:
        """Return a function that computes outputs of some items, (steps, items * size), from inputs, that or (1, items * size)."""
        if self.steps is None:
            return partial(_item_by_item, [self.own() for _ in range(n_items)])
        return _Compiled(self.steps, np.zeros((self.order, n_items * self.size), self.dtype))


class _Compiled:
    """A compiled filter with its states, which raises a FloatingPointError where NumPy does in Nengo's step."""

    def __init__(self, steps: Steps, states: Array) -> None:
        self._steps, self._states = steps, states
        self._was_invalid: Any = np.zeros(states.shape[1], bool)

    def __call__(self, x: Array, output: Array) -> None:
        # An invalid state stays so.
        if self._steps(x, self._states, output):
            self._raise_for_new(x)

    def _raise_for_new(self, x: Array) -> None:
        before, self._was_invalid = self._was_invalid, np.isnan(self._states).any(axis=0)
        if np.any(self._was_invalid & ~before & ~np.isnan(x).any(axis=0)):
            raise FloatingPointError("invalid value encountered in a step of a synapse")


def _item_by_item(steps: list[Any], x: Array, output: Array) -> None:
    """Call Nengo's own steps, one for each item."""
    for step, out in enumerate(output.reshape(len(output), len(steps), -1)):
        now = x[step if len(x) > 1 else 0].reshape(len(steps), -1)
        for item, own in enumerate(steps):
            out[item] = own(0.0, now[item])


def _candidates(own: Any, dtype: np.dtype[Any]) -> Iterator[Steps]:
    """Yield compiled code that may compute the same as one of Nengo's steps."""
    if isinstance(own, LinearFilter.OneX):
        for kind in (dtype.type, np.float64):
            yield partial(_first_order, kind(own.a), kind(own.b))
    elif isinstance(own, LinearFilter.NoD | LinearFilter.General):
        b, d, lags = own.B.ravel(), float(own.D.item()), isinstance(own, LinearFilter.General)
        for fuses_states, fuses_outputs in product((True, False), repeat=2):
            yield partial(_higher_order, own.A, b, own.C, d, lags, fuses_states, fuses_outputs)


@inner
def _is_any_invalid(states: Array) -> bool:
    invalid = np.uint8(0)
    for k in range(states.shape[0]):
        for i in range(states.shape[1]):
            invalid |= np.uint8(states[k, i] != states[k, i])
    return bool(invalid)


@compiled
def _first_order(a: Any, b: Any, x: Array, states: Array, output: Array) -> bool:
    for step in range(len(output)):
        now = x[step if len(x) > 1 else 0]
        for i in range(states.shape[1]):
            states[0, i] = states[0, i] * a + b * now[i]
            output[step, i] = states[0, i]
    return _is_any_invalid(states)


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
    states: Array,
    output: Array,
) -> bool:
    """Compute states A x + B u and outputs C x + D u: of the new states, or of the ones before if a filter lags."""
    order, n = states.shape
    total, following = np.empty(n), np.empty((order, n))
    for step in range(len(output)):
        now = x[step if len(x) > 1 else 0]
        if lags:
            _multiply(c, 0, states, fuses_outputs, total)
            for i in range(n):
                output[step, i] = total[i] + d * now[i]
        _update_states(a, b, now, fuses_states, states, total, following)
        if not lags:
            _multiply(c, 0, states, fuses_outputs, total)
            for i in range(n):
                output[step, i] = total[i]
    return _is_any_invalid(states)


@inner
def _update_states(
    a: Array, b: Array, now: Array, fuses: bool, states: Array, total: Array, following: Array
) -> None:
    order, n = states.shape
    for k in range(order):
        _multiply(a, k, states, fuses, total)
        for i in range(n):
            following[k, i] = total[i] + b[k] * now[i]
    # Number by number: to assign arrays to each other takes two seconds to compile.
    for k in range(order):
        for i in range(n):
            states[k, i] = following[k, i]


@inner
def _multiply(weights: Array, row: int, states: Array, fuses: bool, total: Array) -> None:
    """Multiply a row of weights by the states."""
    for i in range(len(total)):
        total[i] = weights[row, 0] * states[0, i]
    for k in range(1, len(states)):
        weight = weights[row, k]
        if fuses:
            for i in range(len(total)):
                total[i] = fused(weight, np.float64(states[k, i]), total[i])
        else:
            for i in range(len(total)):
                total[i] += weight * states[k, i]
