"""What the chip does in a step, compiled: spikes are delivered, then every compartment is updated.

Whole numbers as the chip has them. Numba computes int32 with int32 in int64, which takes half as many at once, so that each
result is cut to int32 again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Bytes = NDArray[np.uint8]

Function = TypeVar("Function", bound=Callable[..., Any])

#: Kept on disk once compiled; it lets other threads run.
compiled: Callable[[Function], Function] = njit(cache=True, nogil=True)

#: Bits beside the sign of what reaches a compartment in a step, and of its current.
INPUT_BITS = 21
CURRENT_BITS = 23
#: How many compartments are updated at once.
AT_ONCE = 1024


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
    """Of some items side by side, (items, n); `fired` is filled up to whole words with zeros."""

    current: Int32
    voltage: Int32
    waiting: Int32
    fired: Bytes


class Record(NamedTuple):
    """Which compartments are recorded, (k,), and what is recorded of them in a run, (items, steps, k)."""

    fired_at: Int32
    fired: Bytes
    current_at: Int32
    current: Int32
    voltage_at: Int32
    voltage: Int32
    #: How often each compartment fired, (items, n).
    counts: Int32


@compiled
def _wrapped(x: Any, bits: int) -> Any:
    """Return what is left of a number in some bits and a sign."""
    return np.int32(np.int32(x << np.int32(31 - bits)) >> np.int32(31 - bits))


@compiled
def _decayed(x: Any, keeps: Any) -> Any:
    """Return x * keeps / 4096, rounded towards zero, in 32 bits: the upper part of x apart from its lower 12 bits."""
    size = np.int32(abs(x))
    upper = np.int32(np.int32(size >> np.int32(12)) * keeps)
    lower = np.int32(np.int32(np.int32(size & np.int32(4095)) * keeps) >> np.int32(12))
    kept = np.int32(upper + lower)
    return np.int32(-kept) if x < 0 else kept


@compiled
def _deliver(source: int, synapses: Synapses, reaching: Int32) -> None:
    """Add the weights of one spike to what reaches the compartments."""
    for run in range(synapses.runs[source], synapses.runs[source + 1]):
        begin, first = np.uint64(synapses.run_begin[run]), np.uint64(synapses.run_weights[run])
        for k in range(np.uint64(synapses.run_length[run])):
            reaching[begin + k] += synapses.weights[first + k]
    for single in range(synapses.singles[source], synapses.singles[source + 1]):
        reaching[synapses.single_target[single]] += synapses.single_weight[single]


@compiled
def _deliver_all(
    words: NDArray[np.uint64], fired: Bytes, first: int, synapses: Synapses, reaching: Int32
) -> None:
    """Deliver the spikes of neighbouring sources from the first on, eight of which are looked at together."""
    for word in range(len(words)):
        if words[word]:
            for source in range(8 * word, 8 * word + 8):
                if fired[source]:
                    _deliver(first + source, synapses, reaching)


# Each of the next three loops has so few arrays that the compiler can make sure they don't overlap: otherwise it would
# compute one number after the other. Unsigned indices aren't looked at for being negative.


@compiled
def _update_current(
    begin: Any, end: Any, reaching: Int32, current: Int32, keeps: Any, lost: Int32
) -> None:
    """Let currents decay, and add what reaches compartments, which is 0 then."""
    input_lost = current_lost = np.int32(0)
    for i in range(begin, end):
        came = _wrapped(reaching[i], INPUT_BITS)
        input_lost = np.int32(input_lost | np.int32(came ^ reaching[i]))
        reaching[i] = 0
        flowing = np.int32(_decayed(current[i], keeps) + came)
        kept = _wrapped(flowing, CURRENT_BITS)
        current_lost = np.int32(current_lost | np.int32(kept ^ flowing))
        current[i] = kept
    lost[0] |= input_lost
    lost[1] |= current_lost


@compiled
def _update_voltage(
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
    for i in range(begin, end):
        charge = np.int32(current[i] + bias[i])
        charged = _wrapped(charge, CURRENT_BITS)
        sum_lost = np.int32(sum_lost | np.int32(charged ^ charge))
        v = np.int32(_decayed(voltage[i], keeps) + charged)
        v = lowest if v < lowest else v
        voltage[i] = highest if v > highest else v
    lost[2] |= sum_lost


@compiled
def _fire(
    begin: Any,
    end: Any,
    voltage: Int32,
    waiting: Int32,
    fired: Bytes,
    threshold: Int32,
    refractory: Any,
) -> None:
    """Let compartments fire, or wait after they have."""
    for i in range(begin, end):
        v = np.int32(0) if waiting[i] > 0 else voltage[i]
        fires = v > threshold[i]
        voltage[i] = np.int32(0) if fires else v
        wait = np.int32((refractory if fires else waiting[i]) - np.int32(1))
        waiting[i] = np.int32(0) if wait < 0 else wait
        fired[i] = np.uint8(fires)


@compiled
def _update(
    reaching: Int32,
    current: Int32,
    voltage: Int32,
    waiting: Int32,
    fired: Bytes,
    of: Compartments,
    lost: Int32,
) -> None:
    """Update the compartments of one item; what has reached them is zero afterwards."""
    for run in range(len(of.begins) - 1):
        begin, last = np.uint64(of.begins[run]), np.uint64(of.begins[run + 1])
        while begin < last:
            # A part at a time, which stays in the innermost cache.
            end = min(begin + np.uint64(AT_ONCE), last)
            _update_current(begin, end, reaching, current, of.keeps_current[run], lost)
            _update_voltage(
                begin,
                end,
                current,
                of.bias,
                voltage,
                of.keeps_voltage[run],
                of.lowest[run],
                of.highest[run],
                lost,
            )
            _fire(begin, end, voltage, waiting, fired, of.threshold, of.refractory[run])
            begin = end


@compiled
def _count(counts: Int32, fired: Bytes) -> None:
    for k in range(len(counts)):
        counts[k] += fired[k]


@compiled
def run(
    inputs: Bytes,
    compartments: Compartments,
    synapses: Synapses,
    state: State,
    record: Record,
    lost: Int32,
) -> None:
    """Run some steps of each item, and change its state.

    `inputs` are the host's spikes, (items, 1 + steps, n), from the step before the first one on: spikes take a step.
    `lost`, (3,), is no longer 0 where an input, a current, or a current with its bias left its bits.
    """
    n = len(compartments.threshold)
    reaching = np.zeros(n, np.int32)
    for item in range(len(inputs)):
        current, voltage, waiting, fired = (
            state.current[item],
            state.voltage[item],
            state.waiting[item],
            state.fired[item],
        )
        words = fired.view(np.uint64)
        counts = record.counts[item]
        for step in range(inputs.shape[1] - 1):
            sent = inputs[item, step]
            _deliver_all(sent.view(np.uint64), sent, n, synapses, reaching)
            _deliver_all(words, fired, 0, synapses, reaching)
            _update(reaching, current, voltage, waiting, fired, compartments, lost)
            _count(counts, fired)
            for k in range(len(record.fired_at)):
                record.fired[item, step, k] = fired[record.fired_at[k]]
            for k in range(len(record.current_at)):
                record.current[item, step, k] = current[record.current_at[k]]
            for k in range(len(record.voltage_at)):
                record.voltage[item, step, k] = voltage[record.voltage_at[k]]
