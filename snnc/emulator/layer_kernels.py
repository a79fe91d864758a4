"""Steps of a layer, compiled: spikes that it receives, what its synapses make of them, and its neurons, in one pass.

Some steps of some items are computed at a time, so that all that they need stays in the caches.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.at_once import State, Written, charge_at_once, is_filtered
from snnc.emulator.delivery import Terms, room_for, sum_up
from snnc.emulator.entries import Entries
from snnc.emulator.machine import compiled, inlined, inner, packed
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
from snnc.emulator.spikes import Spikes

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

#: The bytes of sums that are computed before the neurons take their steps.
ROOM = 1 << 18
#: How many neurons, of one item or several, take some steps before the next ones do: their state and sums stay in the innermost cache.
WIDTH = 512
#: Numbers in a line of the cache.
LINE = 8
#: The most steps that a byte counts.
BYTE = 255


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
    size = n_steps * n_together * n_sums
    room = np.zeros(size + LINE)
    # From the beginning of a cache line on: else what is added at once crosses one.
    begin_of_line = -(room.ctypes.data // 8) % LINE
    flat_sums = room[begin_of_line : begin_of_line + size]
    sums = flat_sums.reshape((n_steps, n_together, n_sums))
    # What neurons have taken in is 0 again.
    n_cleared = n if is_filtered(terms, base, constants, written) else 0
    j, n_spikes = np.empty(CHUNK), np.empty(CHUNK)
    # Words are read beyond the last neuron.
    fires, tally = np.zeros(CHUNK + 64, np.uint8), np.zeros(CHUNK, np.uint8)
    waiting, to_deliver = room_to_wait(), room_for(terms, entries)
    is_invalid = False
    for item in range(0, n_items, n_together):
        last_item = min(item + n_together, n_items)
        for step in range(begin, end, n_steps):
            last_step = min(step + n_steps, end)
            place_of_sums = step, last_step, item, last_item
            sum_up(
                spikes,
                place_of_sums,
                terms,
                entries,
                weights,
                sums,
                n_cleared,
                to_deliver,
            )
            for neuron in range(0, n, width):
                place = step, last_step, item, last_item, neuron, min(neuron + width, n)
                of_sums = flat_sums, n_together * n_sums, n_sums
                if not charge_at_once(
                    spikes, place, terms, of_sums, base, constants, state, written, j
                ):
                    is_invalid |= _take_steps(
                        spikes,
                        place,
                        terms,
                        of_sums,
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
    voltage = state.voltage[at : at + n_all]
    time = state.refractory_time[at : at + n_all]
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
