"""Steps of a layer, compiled: spikes that it receives, what its synapses make of them, and its neurons, in one pass.

Some steps of some items are computed at a time, so that all that they need stays in the caches.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.machine import (
    add_fused,
    add_rounded,
    compiled,
    inlined,
    inner,
    lowest_bit,
    packed,
)
from snnc.emulator.neurons import (
    CHUNK,
    LIF,
    LOIHI_RELU,
    SPIKING_RELU,
    Constants,
    Waiting,
    begin_lif,
    charge_in_whole_steps,
    end_lif,
    rectify,
    room_to_wait,
    step_lif,
    write_output,
)
from snnc.emulator.scatter import Entries
from snnc.emulator.spikes import Spikes

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

#: The bytes of sums that are computed before the neurons take their steps.
ROOM = 1 << 18
#: How many neurons, of one item or several, take some steps before the next ones do: their state and sums stay in the innermost cache.
WIDTH = 512
#: The most steps that a byte counts.
BYTE = 255


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
            _sum_up(spikes, step, step + 1, item, item + 1, term, entries, weights, sums)
            for i in range(y.shape[2]):
                y[step, item, i] += sums[0, 0, i]


@inner
def _sum_up(
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


# The next loops are functions of a few arrays each, so that the compiler can make sure that these don't overlap. They take whole
# arrays and the places where they begin: to cut an array counts its users, which takes longer than what few neurons do. Unsigned
# places aren't counted from the end.


@inlined
def _copy(base: Array, step: int, at: Any, j: Array, begin: Any, n: Any) -> None:
    for i in range(n):
        j[begin + i] = base[step, at + i]


@inlined
def _add_filtered_to(
    base: Array,
    step: int,
    at: Any,
    gain: Array,
    term: int,
    neuron: Any,
    a: float,
    b: float,
    state: Array,
    x: Array,
    of_sums: Any,
    j: Array,
    begin: Any,
    n: Any,
) -> None:
    for i in range(n):
        s = state[term, at + i]
        j[begin + i] = base[step, at + i] + gain[term, neuron + i] * s
        state[term, at + i] = s * a + b * x[of_sums + i]


@inlined
def _add_filtered(
    gain: Array,
    term: int,
    neuron: Any,
    a: float,
    b: float,
    state: Array,
    at: Any,
    x: Array,
    of_sums: Any,
    j: Array,
    begin: Any,
    n: Any,
) -> None:
    for i in range(n):
        s = state[term, at + i]
        j[begin + i] += gain[term, neuron + i] * s
        state[term, at + i] = s * a + b * x[of_sums + i]


@inlined
def _add_unfiltered(
    gain: Array, term: int, neuron: Any, x: Array, of_sums: Any, j: Array, begin: Any, n: Any
) -> None:
    for i in range(n):
        j[begin + i] += gain[term, neuron + i] * x[of_sums + i]


@inlined
def _currents(
    base: Array,
    step: int,
    at: Any,
    terms: Terms,
    state: Array,
    neuron: Any,
    sums: Array,
    first_sum: int,
    j: Array,
    begin: Any,
    n: Any,
) -> None:
    """Write the currents of n neurons of an item, from what stays the same for it and the sums of its spikes, to j from `begin` on.

    `at` is their place among the neurons of all items.
    """
    begins_filtered = len(terms.a) > 0 and terms.is_filtered[0]
    if not begins_filtered:
        _copy(base, step, at, j, begin, n)
    for k in range(len(terms.a)):
        a, b, x = terms.a[k], terms.b[k], np.uint64(first_sum + terms.sums[k]) + neuron
        if k == 0 and begins_filtered:
            _add_filtered_to(
                base, step, at, terms.gain, k, neuron, a, b, state, sums, x, j, begin, n
            )
        elif terms.is_filtered[k]:
            _add_filtered(terms.gain, k, neuron, a, b, state, at, sums, x, j, begin, n)
        else:
            _add_unfiltered(terms.gain, k, neuron, sums, x, j, begin, n)


@inlined
def _flags(n_spikes: Array, fires: Bytes) -> bool:
    """Write which neurons fire, and return whether one does more than once."""
    several = np.uint8(0)
    for i in range(len(n_spikes)):
        fires[i] = np.uint8(n_spikes[i] != 0)
        several |= np.uint8(n_spikes[i] > 1)
    return bool(several)


@inlined
def _pack(
    fires: Bytes, begin: int, n: int, bits: NDArray[np.uint64], step: int, item: int, first: int
) -> None:
    """Write n bytes as bits, to the words of an item from `first` on."""
    for word in range((n + 63) // 64):
        some = packed(fires, begin + 64 * word)
        left = n - 64 * word
        if left < 64:
            some &= (np.uint64(1) << np.uint64(left)) - np.uint64(1)
        bits[step, item, first + word] = some


@inlined
def _tally(fires: Bytes, tally: Bytes) -> None:
    for i in range(len(tally)):
        tally[i] = np.uint8(tally[i] + fires[i])


@inlined
def _count(tally: Any, begin: Any, counts: Array, item: int, neuron: Any, n: Any) -> None:
    for i in range(n):
        counts[item, neuron + i] += tally[begin + i]


@compiled
def run_layer(
    spikes: Spikes,
    begin: int,
    end: int,
    terms: Terms,
    entries: Entries,
    weights: Array,
    n_sums: int,
    base: Array,
    constants: Constants,
    state: State,
    written: Written,
) -> bool:
    """Let a layer take the steps from `begin` to `end`, and return whether a refractory time is invalid.

    `base` is what the terms are added to, (all steps or 1, items * neurons).
    """
    n = terms.gain.shape[1]
    n_items = base.shape[1] // n
    n_together, width = max(WIDTH // n, 1), min(WIDTH, n)
    n_steps = min(max(ROOM // (8 * n_together * max(n_sums, 1)), 1), BYTE, max(end - begin, 1))
    sums = np.empty((n_steps, n_together, n_sums))
    flat_sums = sums.reshape(-1)
    j, n_spikes = np.empty(CHUNK), np.empty(CHUNK)
    # Words are read beyond the last neuron.
    fires, tally = np.zeros(CHUNK + 64, np.uint8), np.zeros(CHUNK, np.uint8)
    waiting = room_to_wait()
    is_invalid = False
    for item in range(0, n_items, n_together):
        last_item = min(item + n_together, n_items)
        for step in range(begin, end, n_steps):
            last_step = min(step + n_steps, end)
            _sum_up(spikes, step, last_step, item, last_item, terms, entries, weights, sums)
            for neuron in range(0, n, width):
                is_invalid |= _take_steps(
                    spikes,
                    (step, last_step, item, last_item, neuron, min(neuron + width, n)),
                    terms,
                    (flat_sums, n_together * n_sums, n_sums),
                    base,
                    constants,
                    state,
                    written,
                    (j, n_spikes, fires, tally),
                    waiting,
                )
    return is_invalid


@inlined
def _write(
    spikes: Spikes,
    place: tuple[int, int, int],
    n_items: int,
    n: int,
    constants: Constants,
    n_spikes: Array,
    fires: Bytes,
    several: bool,
    written: Written,
) -> None:
    """Write down the spikes of n neurons of some items in a step: from one step, item and neuron on."""
    step, first, neuron = place
    word = written.word + neuron // 64
    for k in range(n_items):
        item, own = first + k, slice(k * n, k * n + n)
        _pack(fires, k * n, n, spikes.bits, step, item, word)
        if constants.kind == SPIKING_RELU:
            words = slice(word, word + (n + 63) // 64)
            spikes.several[step, item, words] = several
            if several:
                to = spikes.outputs[step, item, 64 * word : 64 * word + n]
                write_output(constants.spike, n_spikes[own], to)
                if len(written.counts):
                    begin, to_count = np.uint64(k * n), np.uint64(neuron)
                    _count(n_spikes, begin, written.counts, item, to_count, np.uint64(n))
        if len(written.outputs):
            to = written.outputs[step, item, neuron : neuron + n]
            if several:
                write_output(constants.spike, n_spikes[own], to)
            else:
                write_output(constants.spike, fires[own], to)


@inner
def _take_steps(
    spikes: Spikes,
    place: tuple[int, int, int, int, int, int],
    terms: Terms,
    sums: tuple[Array, int, int],
    base: Array,
    constants: Constants,
    state: State,
    written: Written,
    room: tuple[Array, Array, Bytes, Bytes],
    waiting: Waiting,
) -> bool:
    """Let some neurons of one item, or all of some items, take some steps.

    The sums are all in one row; after them stands how many there are of a step, and of an item.
    """
    step, last_step, item, last_item, neuron, last_neuron = place
    j, n_spikes, fires, tally = room
    n, n_items = last_neuron - neuron, last_item - item
    n_all, at = n * n_items, item * terms.gain.shape[1] + neuron
    all_sums, of_step, of_item = sums
    voltage, time = state.voltage[at : at + n_all], state.refractory_time[at : at + n_all]
    currents, flags, counted = j[:n_all], fires[:n_all], n_spikes[:n_all]
    fires[n_all:] = 0
    tally[:] = 0
    n_refractory, is_invalid = 0, False
    if constants.kind == LIF:
        n_refractory = begin_lif(time, waiting)
    for now in range(step, last_step):
        for k in range(n_items):
            _currents(
                base,
                now if len(base) > 1 else 0,
                np.uint64(at + k * n),
                terms,
                state.filtered,
                np.uint64(neuron),
                all_sums,
                (now - step) * of_step + k * of_item,
                j,
                np.uint64(k * n),
                np.uint64(n),
            )
        several = False
        if constants.kind == LIF:
            of_words = fires[: 64 * ((n_all + 63) // 64)]
            n_refractory, lost = step_lif(
                constants, currents, voltage, waiting, n_refractory, of_words
            )
            is_invalid |= lost
        elif constants.kind == LOIHI_RELU:
            charge_in_whole_steps(constants.dt, currents, voltage, flags)
        else:
            rectify(constants.dt, currents, voltage, counted)
            several = _flags(counted, flags)
        _write(spikes, (now, item, neuron), n_items, n, constants, counted, fires, several, written)
        if not several:
            _tally(flags, tally[:n_all])
    if constants.kind == LIF:
        end_lif(waiting, n_refractory, time)
    if len(written.counts):
        for k in range(n_items):
            begin = np.uint64(k * n)
            _count(tally, begin, written.counts, item + k, np.uint64(neuron), np.uint64(n))
    return is_invalid
