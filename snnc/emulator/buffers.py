"""The values of signals on the host, for many items and steps at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from nengo.transforms import SparseMatrix
from numpy.typing import NDArray

from snnc.emulator.signals import Signals
from snnc.emulator.spikes import Spikes

Array = NDArray[Any]

#: The bytes of all items' steps that are buffered: they are written and read again while they are in a cache.
BYTES = 1 << 21


class Buffers:
    """An array for each signal that has a value for each item: (steps, items, ...), or (1, items, ...) if no step changes it.

    A signal that is updated at the end of a step has one step more: operators of step k read its value at k, and write the
    next one at k + 1. So has a signal that is kept: its value at k is what the step before left, at k + 1 that of step k.
    """

    def __init__(self, signals: Signals, n_items: int) -> None:
        self.n_items = n_items
        self.n_steps = max(BYTES // (n_items * max(signals.bytes_of_step, 1)), 1)
        #: The spikes of layers.
        self.spikes = Spikes.room(self.n_steps, n_items, signals.n_words)
        self._counts = {base: np.zeros((n_items, *base.shape)) for base in signals.counted}
        self._updated, self._kept = signals.updated, signals.kept
        carried = self._updated | self._kept
        self._spikes_only = signals.spikes_only
        self._arrays = {
            base: self._new(base, self.n_steps + (base in carried))
            if base in signals.per_step
            else self._new(base, 1)
            for base in signals.per_item
        }

    def clear(self) -> None:
        """Give signals that a step leaves to the next one their initial values."""
        for base in self._updated | self._kept:
            self._arrays[base][0] = base.initial_value

    def outputs(self, signal: Any) -> Array:
        """Return the outputs of neurons, (steps, items, n), without steps if only their spikes are held."""
        if self.is_per_item(signal):
            return self.current(signal)
        return np.empty((0, self.n_items, signal.size))

    def counts(self, signal: Any) -> Array:
        """Return how often neurons have fired, (items, n), without items if that isn't counted."""
        return self._counts.get(signal.base, np.zeros((0, signal.size)))

    def carry_over(self, n_steps: int) -> None:
        """Let the first step follow the last one of those that were just run."""
        for base in self._updated | self._kept:
            self._arrays[base][0] = self._arrays[base][n_steps]

    def is_per_item(self, signal: Any) -> bool:
        return not signal.sparse and signal.base in self._arrays

    def current(self, signal: Any) -> Array:
        """Return a signal in each step, before it is updated: (steps or 1, items, ...), or (...) if it is the same for all."""
        if not self.is_per_item(signal):
            return _allocated(signal) if signal.sparse else np.asarray(signal.initial_value)
        array = self._arrays[signal.base]
        if signal.base in self._updated:
            array = array[:-1]
        elif signal.base in self._kept:
            array = array[1:]
        return _view(array, signal)

    def before(self, signal: Any) -> Array:
        """Return what the step before each step left of a signal that is kept: (steps, items, ...)."""
        return _view(self._arrays[signal.base][:-1], signal)

    def following(self, signal: Any) -> Array:
        """Return a signal's values after the update of each step: (steps, items, ...)."""
        return _view(self._arrays[signal.base][1:], signal)

    def at_end_of_step(self, signal: Any) -> Array:
        """Return a signal as a probe sees it: (steps or 1, items, ...)."""
        if not self.is_per_item(signal):
            values = self.current(signal)
            return np.broadcast_to(values, (1, self.n_items, *values.shape))
        return (self.following if signal.base in self._updated else self.current)(signal)

    def aligned(self, signal: Any, ndim: int) -> Array:
        """Return a signal as `current` does, but so that it broadcasts with another one of `ndim` dimensions."""
        values = self.current(signal)
        if not self.is_per_item(signal):
            return values
        return values.reshape(*values.shape[:2], *(1,) * (ndim - signal.ndim), *signal.shape)

    def state_of(self, base: Any) -> Array:
        """Return room for a state that an operator holds itself, with its initial values: (items, ...)."""
        return self._new(base)

    def _new(self, base: Any, *n_steps: int) -> Array:
        dtype = np.uint8 if base in self._spikes_only else base.dtype
        array: Array = np.empty((*n_steps, self.n_items, *base.shape), dtype)
        array[...] = base.initial_value
        return array


def _allocated(signal: Any) -> Any:
    """Return a sparse matrix as Nengo multiplies by it: its own kind is there for people without SciPy."""
    matrix = signal.initial_value
    return matrix.allocate() if isinstance(matrix, SparseMatrix) else matrix


def _view(array: Array, signal: Any) -> Array:
    """Return the part of its base's array that a signal is: (steps or 1, items, ...)."""
    # Spikes that are held as bytes: such a signal is all of its base.
    if array.dtype != signal.dtype:
        return array
    shape, strides = (*array.shape[:2], *signal.shape), (*array.strides[:2], *signal.strides)
    view: Array = np.ndarray(shape, signal.dtype, array, signal.offset, strides)
    return view


def steps_of(values: Array, begin: int, end: int) -> Array:
    """Return some steps of values, (steps or 1, items, ...): those that no step changes are there once."""
    return values[begin:end] if len(values) > 1 else values
