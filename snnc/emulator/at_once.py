"""Layers as most of a network are, compiled: their neurons take many steps at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.charging import charge_filtered, charge_steadily
from snnc.emulator.delivery import Terms
from snnc.emulator.machine import inlined, inner
from snnc.emulator.neurons import LOIHI_RELU, SPIKING_RELU, Constants
from snnc.emulator.spikes import Spikes

Array = NDArray[np.float64]

#: Below one spike a step, whatever is rounded.
ONCE = 0.99


class State(NamedTuple):
    """What a layer carries on from step to step: (items * neurons,), or (terms, items * neurons)."""

    voltage: Array
    refractory_time: Array
    filtered: Array


class Written(NamedTuple):
    """Where the spikes of a layer go."""

    #: The first of its words.
    word: int
    #: Its outputs, (steps, items, neurons), or no steps.
    outputs: Array
    #: How often its neurons have fired, (items, neurons), or no items.
    counts: Array


@inlined
def _is_plain(base: Array, written: Written) -> bool:
    """Whether what is added to the terms stays the same, and nothing reads outputs."""
    return len(base) == 1 and len(written.outputs) == 0


@inlined
def is_filtered(terms: Terms, base: Array, constants: Constants, written: Written) -> bool:
    """Whether a plain layer is as most on the chip are: with one filter for all spikes."""
    one_filter = len(terms.a) == 1 and terms.is_filtered[0]
    return constants.kind == LOIHI_RELU and one_filter and _is_plain(base, written)


@inlined
def _fires_once(dt: float, currents: Array, voltage: Array) -> bool:
    """Whether no neuron fires twice in a step, as long as its current stays the same."""
    once = np.uint8(1)
    for i in range(len(voltage)):
        once &= np.uint8(currents[i] * dt <= ONCE) & np.uint8(0 <= voltage[i] < 1)
    return bool(once)


@inner
def charge_at_once(
    spikes: Spikes,
    place: tuple[int, int, int, int, int, int],
    terms: Terms,
    sums: tuple[Array, int, int],
    base: Array,
    constants: Constants,
    state: State,
    written: Written,
    uncounted: Array,
) -> bool:
    """Let some neurons of some items take some steps, and return whether they could: others do so step by step.

    The place is the first step, item and neuron, each before the one after the last. The sums are all in one row; after them stands
    how many there are of a step, and of an item.
    """
    step, last_step, item, last_item, neuron, last_neuron = place
    n, n_items = last_neuron - neuron, last_item - item
    all_sums, of_step, of_item = sums
    of_layer, at = terms.gain.shape[1], item * terms.gain.shape[1] + neuron
    filtered = is_filtered(terms, base, constants, written)
    if not filtered:
        is_steady = len(terms.a) == 0 and _is_plain(base, written)
        every = slice(at, at + n * n_items)
        if constants.kind != SPIKING_RELU or not is_steady:
            return False
        if not _fires_once(constants.dt, base[0, every], state.voltage[every]):
            return False
    n_all_words = spikes.bits.shape[1] * spikes.bits.shape[2]
    for k in range(n_items):
        own = slice(at + k * of_layer, at + k * of_layer + n)
        word = written.word + neuron // 64
        first = (step * spikes.bits.shape[1] + item + k) * spikes.bits.shape[2] + word
        counts = uncounted[:n]
        if len(written.counts):
            counts = written.counts[item + k, neuron:last_neuron]
        if filtered:
            charge_filtered(
                base[0, own],
                terms.gain[0, neuron:last_neuron],
                state.filtered[0, own],
                state.voltage[own],
                counts,
                all_sums[k * of_item + neuron :],
                of_step,
                spikes.bits,
                8 * first,
                n_all_words,
                last_step - step,
                terms.a[0],
                terms.b[0],
                constants.dt,
            )
        else:
            charge_steadily(
                base[0, own],
                state.voltage[own],
                counts,
                spikes.bits,
                8 * first,
                n_all_words,
                last_step - step,
                constants.dt,
            )
            for now in range(step, last_step):
                spikes.several[now, item + k, word : word + (n + 63) // 64] = False
    return True
