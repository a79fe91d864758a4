"""What the chip does in a step, compiled: spikes are delivered, then every compartment is updated.

Whole numbers as the chip has them. Numba computes int32 with int32 in int64, which takes half as many at once, so that each
result is cut to int32 again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.machine import bits_of, compiled, inner, lowest_bit

Int32 = NDArray[np.int32]
Bytes = NDArray[np.uint8]

#: Bits beside the sign of what reaches a compartment in a step, and of its current.
INPUT_BITS = 21
CURRENT_BITS = 23
#: How many compartments are updated at once, and how many of all items take turns in every step.
AT_ONCE = 1024
TOGETHER = 16384


class Compartments(NamedTuple):
    """What a compartment is like: thresholds and biases, (n,), and runs of neighbours that have the rest in common, (runs,)."""

    threshold: Int32
    bias: Int32
    #: Where each run begins, and after all where the last one ends, (runs + 1,).
    begins: Int32
    #: What is left of a current and a voltage after a step, in 4096ths.
    keeps_current: Int32
    keeps_voltage: Int32
    lowest: Int32
    highest: Int32
    refractory: Int32


class Synapses(NamedTuple):
    """By source: the runs of neighbours that its spikes reach, whose weights may be shared, and what it reaches alone."""

    #: Of source s: runs[s] to runs[s + 1].
    runs: Int32
    run_begin: Int32
    run_length: Int32
    #: Where in `weights` those of a run begin.
    run_weights: Int32
    weights: NDArray[Any]
    #: Of source s: singles[s] to singles[s + 1].
    singles: Int32
    single_target: Int32
    single_weight: Int32


class State(NamedTuple):
    """Of some items side by side, (items, n); `fired` is filled up with zeros to a multiple of 64."""

    current: Int32
    voltage: Int32
    waiting: Int32
    fired: Bytes
    #: How often each compartment has fired.
    counts: Int32


class Record(NamedTuple):
    """What is recorded: runs of neighbouring compartments, (runs, 3), and what was seen of them, (steps, items, columns).

    A run says where it begins, in which column, and how long it is.
    """

    fired_runs: Int32
    fired: Bytes
    current_runs: Int32
    current: Int32
    voltage_runs: Int32
    voltage: Int32


@inner
def _wrapped(x: Any, bits: int) -> Any:
    """Return what is left of a number in some bits and a sign."""
    return np.int32(np.int32(x << np.int32(31 - bits)) >> np.int32(31 - bits))


@inner
def _decayed(x: Any, keeps: Any) -> Any:
    """Return x * keeps / 4096, rounded towards zero, in 32 bits: the upper part of x apart from its lower 12 bits."""
    size = np.int32(abs(x))
    upper = np.int32(np.int32(size >> np.int32(12)) * keeps)
    lower = np.int32(np.int32(np.int32(size & np.int32(4095)) * keeps) >> np.int32(12))
    kept = np.int32(upper + lower)
    return np.int32(-kept) if x < 0 else kept


@inner
def _deliver(
    first: Any, last: Any, fired: Bytes, source: Any, synapses: Synapses, reaching: Int32
) -> None:
    """Add the weights of all spikes of some items to what reaches their compartments.

    `fired` are spikes of neighbouring sources from the given one on, (items, n): their number is a multiple of 64.
    """
    words = fired.view(np.uint64)
    for item in range(first, last):
        row = item - first
        for group in range(words.shape[1] // 8):
            bits = bits_of(words, item, group)
            while bits:
                fires = source + 64 * group + lowest_bit(bits)
                bits &= bits - np.uint64(1)
                for run in range(synapses.runs[fires], synapses.runs[fires + 1]):
                    to = np.uint64(synapses.run_begin[run])
                    of = np.uint64(synapses.run_weights[run])
                    for i in range(np.uint64(synapses.run_length[run])):
                        reaching[row, to + i] += synapses.weights[of + i]
                for single in range(synapses.singles[fires], synapses.singles[fires + 1]):
                    to = np.uint64(synapses.single_target[single])
                    reaching[row, to] += synapses.single_weight[single]


# Each of the next three loops has so few arrays that the compiler can make sure they don't overlap: otherwise it would
# compute one number after the other. Unsigned indices aren't looked at for being negative.


@inner
def _update_current(
    first: Any,
    last: Any,
    begin: Any,
    end: Any,
    reaching: Int32,
    current: Int32,
    keeps: Any,
    lost: Int32,
) -> None:
    """Let currents decay, and add what reaches compartments, which is 0 then."""
    input_lost = current_lost = np.int32(0)
    for item in range(first, last):
        row = item - first
        for i in range(begin, end):
            came = _wrapped(reaching[row, i], INPUT_BITS)
            input_lost = np.int32(input_lost | np.int32(came ^ reaching[row, i]))
            reaching[row, i] = 0
            flowing = np.int32(_decayed(current[item, i], keeps) + came)
            kept = _wrapped(flowing, CURRENT_BITS)
            current_lost = np.int32(current_lost | np.int32(kept ^ flowing))
            current[item, i] = kept
    lost[0] |= input_lost
    lost[1] |= current_lost


@inner
def _update_voltage(
    first: Any,
    last: Any,
    begin: Any,
    end: Any,
    current: Int32,
    bias: Int32,
    voltage: Int32,
    keeps: Any,
    lowest: Any,
    highest: Any,
    lost: Int32,
) -> None:
    """Let voltages decay, and add currents and biases."""
    sum_lost = np.int32(0)
    for item in range(first, last):
        for i in range(begin, end):
            charge = np.int32(current[item, i] + bias[i])
            charged = _wrapped(charge, CURRENT_BITS)
            sum_lost = np.int32(sum_lost | np.int32(charged ^ charge))
            v = np.int32(_decayed(voltage[item, i], keeps) + charged)
            v = lowest if v < lowest else v
            voltage[item, i] = highest if v > highest else v
    lost[2] |= sum_lost


@inner
def _fire(
    first: Any,
    last: Any,
    begin: Any,
    end: Any,
    voltage: Int32,
    waiting: Int32,
    fired: Bytes,
    threshold: Int32,
    refractory: Any,
) -> None:
    """Let compartments fire, or wait after they have."""
    for item in range(first, last):
        for i in range(begin, end):
            v = np.int32(0) if waiting[item, i] > 0 else voltage[item, i]
            fires = v > threshold[i]
            voltage[item, i] = np.int32(0) if fires else v
            wait = np.int32((refractory if fires else waiting[item, i]) - np.int32(1))
            waiting[item, i] = np.int32(0) if wait < 0 else wait
            fired[item, i] = np.uint8(fires)


@inner
def _update(
    first: Any, last: Any, reaching: Int32, state: State, of: Compartments, lost: Int32
) -> None:
    """Update the compartments of some items; what has reached them is zero afterwards."""
    for run in range(len(of.begins) - 1):
        begin, stop = np.uint64(of.begins[run]), np.uint64(of.begins[run + 1])
        while begin < stop:
            # A part at a time, which stays in the innermost cache.
            end = min(begin + np.uint64(AT_ONCE), stop)
            _update_current(
                first, last, begin, end, reaching, state.current, of.keeps_current[run], lost
            )
            _update_voltage(
                first,
                last,
                begin,
                end,
                state.current,
                of.bias,
                state.voltage,
                of.keeps_voltage[run],
                of.lowest[run],
                of.highest[run],
                lost,
            )
            _fire(
                first,
                last,
                begin,
                end,
                state.voltage,
                state.waiting,
                state.fired,
                of.threshold,
                of.refractory[run],
            )
            begin = end


@inner
def _keep(first: Any, last: Any, step: Any, state: State, record: Record) -> None:
    """Count and record what there is to see of a step."""
    for item in range(first, last):
        for k in range(state.counts.shape[1]):
            state.counts[item, k] += state.fired[item, k]
    _copy(first, last, step, state.fired, record.fired_runs, record.fired)
    _copy(first, last, step, state.current, record.current_runs, record.current)
    _copy(first, last, step, state.voltage, record.voltage_runs, record.voltage)


@inner
def _copy(first: Any, last: Any, step: Any, seen: Any, runs: Int32, kept: Any) -> None:
    for run in range(len(runs)):
        place, column = np.uint64(runs[run, 0]), np.uint64(runs[run, 1])
        for item in range(first, last):
            for k in range(np.uint64(runs[run, 2])):
                kept[step, item, column + k] = seen[item, place + k]


@compiled
def run(
    n_items: int,
    inputs: Bytes,
    compartments: Compartments,
    synapses: Synapses,
    state: State,
    record: Record,
    lost: Int32,
) -> None:
    """Run some steps of the first items, and change their state.

    `inputs` are the host's spikes, (1 + steps, items, n), from the step before the first one on: spikes take a step.
    `lost`, (3,), is no longer 0 where an input, a current, or a current with its bias left its bits.
    """
    n = len(compartments.threshold)
    # Small ones together, since calling a function takes as long as a hundred compartments.
    together = max(TOGETHER // n, 1)
    reaching = np.zeros((together, n), np.int32)
    for first in range(0, n_items, together):
        last = min(first + together, n_items)
        for step in range(len(inputs) - 1):
            _deliver(np.uint64(first), np.uint64(last), inputs[step], n, synapses, reaching)
            _deliver(np.uint64(first), np.uint64(last), state.fired, 0, synapses, reaching)
            _update(np.uint64(first), np.uint64(last), reaching, state, compartments, lost)
            _keep(np.uint64(first), np.uint64(last), step, state, record)
