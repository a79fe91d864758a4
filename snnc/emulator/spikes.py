"""The spikes of populations, as bits: what layers in compiled code hand to each other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.machine import GROUP


class Spikes(NamedTuple):
    """The neurons that fire in each step, of all populations: a population has words of its own, of 64 neurons each."""

    #: (steps, items, words).
    bits: NDArray[np.uint64]
    #: Whether a neuron of a word fires more than once in a step, (steps, items, words).
    several: NDArray[np.uint8]
    #: The outputs of the neurons of such a word, (steps, items, 64 * words). All others are never written, and take no memory.
    outputs: NDArray[np.float64]

    @classmethod
    def room(cls, n_steps: int, n_items: int, n_words: int) -> Spikes:
        shape = (n_steps, n_items, n_words)
        return cls(
            np.zeros(shape, np.uint64),
            np.zeros(shape, np.uint8),
            np.empty((n_steps, n_items, GROUP * n_words)),
        )
