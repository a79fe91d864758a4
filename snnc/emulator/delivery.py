"""Spikes delivered, compiled: the weights of those that fire, added up to what layers and products receive of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.machine import add_fused, add_rounded, compiled, inlined, inner, lowest_bit
from snnc.emulator.scatter import Entries
from snnc.emulator.spikes import Spikes

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Terms(NamedTuple):
    """What is added to the currents of neurons, one after the other; (terms,) each but for the gains.

    The weights of all terms are together, and so are the entries: those of a term begin at `first`.
    """

    #: The words of the spikes that a term is of, and the output of a single spike.
    word: Ints
    n_words: Ints
    spike: Array
    first: Ints
    #: Where the sums of a term begin.
    sums: Ints
    #: Whether there is a filter with a state s, which becomes a s + b x after the step.
    is_filtered: NDArray[np.bool_]
    a: Array
    b: Array
    #: (terms, neurons).
    gain: Array


@compiled
def add_spikes(
    spikes: Spikes,
    begin: int,
    end: int,
    term: Terms,
    entries: Entries,
    weights: Array,
    y: Array,
    n_sums: int,
) -> None:
    """Add the products of a population's spikes in some steps to y, (all steps, items, size)."""
    sums = np.empty((1, 1, n_sums))
    for step in range(begin, end):
        for item in range(y.shape[1]):
            sum_up(spikes, step, step + 1, item, item + 1, term, entries, weights, sums)
            for i in range(y.shape[2]):
                y[step, item, i] += sums[0, 0, i]


@inner
def sum_up(
    spikes: Spikes,
    first_step: int,
    last_step: int,
    first_item: int,
    last_item: int,
    terms: Terms,
    entries: Entries,
    weights: Array,
    sums: Array,
) -> None:
    """Compute the products of all terms with spikes, (steps, items, sums)."""
    merges, n_sums = entries.merges, sums.shape[2]
    for step in range(first_step, last_step):
        for item in range(first_item, last_item):
            begin = ((step - first_step) * sums.shape[1] + item - first_item) * n_sums
            for i in range(n_sums):
                sums[step - first_step, item - first_item, i] = 0.0
            for term in range(len(terms.spike)):
                _deliver(spikes, step, item, terms, term, entries, weights, sums, begin)
            for k in range(len(merges)):
                into, other = begin + merges[k, 0], begin + merges[k, 1]
                add_rounded(sums, into, sums, other, 1.0, merges[k, 2])


@inlined
def _deliver(
    spikes: Spikes,
    step: int,
    item: int,
    terms: Terms,
    term: int,
    entries: Entries,
    weights: Array,
    sums: Array,
    begin: int,
) -> None:
    """Add the weights of the spikes that a term is of to sums, which begin at a place in memory."""
    bits, several, outputs = spikes
    first, target, weight, length, fuses, _ = entries
    word, begin_of_term = terms.word[term], terms.first[term]
    for k in range(terms.n_words[term]):
        left = bits[step, item, word + k]
        while left:
            neuron = 64 * k + np.int64(lowest_bit(left))
            left &= left - np.uint64(1)
            value = terms.spike[term]
            if several[step, item, word + k]:
                value = outputs[step, item, 64 * word + neuron]
            at = begin_of_term + neuron
            for e in range(first[at], first[at + 1]):
                t = begin + target[e]
                if fuses[e]:
                    add_fused(sums, t, weights, weight[e], value, length[e])
                else:
                    add_rounded(sums, t, weights, weight[e], value, length[e])
