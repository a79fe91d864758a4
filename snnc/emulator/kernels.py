"""A step of the chip, compiled: deliver spikes, update every compartment, and count who fired.

Numbers are whole, as on the chip. Numba computes int32 with int32 in int64, and so half as many at once, unless each result is
cut to int32 again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.machine import bits_of, compiled, inner, lowest_bit, padded

Int32 = NDArray[np.int32]
Bytes = NDArray[np.uint8]

#: NengoLoihi's warnings where a number leaves its bits, in the order of `overflows`.
OVERFLOWS = ("Overflow in q0", "Overflow in current", "Overflow in u2")
#: Bits beside the sign of the input of a compartment in a step, and of its current.
INPUT_BITS = 21
CURRENT_BITS = 23
#: The largest count that a byte holds.
BYTE = 255
#: How many compartments of an item are updated at once: they stay in the innermost cache.
CHUNK = 1024
#: How many compartments, of several items, go through a step before the next ones do: calling a function takes as long as
#: updating a hundred of them.
TURN = 16384


class Compartments(NamedTuple):
    """The parameters of compartments: thresholds and biases, (n,); all others for runs of neighbours that share them, (runs,)."""

    threshold: Int32
    bias: Int32
    #: Where each run begins, and after all where the last one ends, (runs + 1,).
    begins: Int32
    #: The parts of a current and of a voltage that are left after a step, in 4096ths.
    keeps_current: Int32
    keeps_voltage: Int32
    vmin: Int32
    vmax: Int32
    refract_delay: Int32


class Synapses(NamedTuple):
    """The targets of each source: runs of neighbours, which may share their weights, and single compartments."""

    #: Source s has the runs from runs[s] to runs[s + 1].
    runs: Int32
    run_begin: Int32
    run_length: Int32
    #: Where in `weights` those of a run begin.
    run_weights: Int32
    weights: NDArray[Any]
    #: Source s has the single targets from singles[s] to singles[s + 1].
    singles: Int32
    single_target: Int32
    single_weight: Int32


class State(NamedTuple):
    """The state of compartments, (items, n); `fired` is filled up with zeros to a multiple of 64."""

    current: Int32
    voltage: Int32
    #: How many steps each compartment still waits after a spike.
    ref_count: Int32
    fired: Bytes
    #: How often each source of synapses has fired: compartments, and then the host's neurons.
    counts: Int32

    @classmethod
    def cleared(cls, n_items: int, n: int, n_inputs: int) -> State:
        """Return the state of compartments that have received nothing yet."""
        current, voltage, ref_count = np.zeros((3, n_items, n), np.int32)
        fired = np.zeros((n_items, padded(n)), np.uint8)
        return cls(current, voltage, ref_count, fired, np.zeros((n_items, n + n_inputs), np.int32))


class Record(NamedTuple):
    """Recorded values, (steps, items, columns), and the runs of neighbouring compartments that they are of, (runs, 3).

    A run is the place where it begins, the column that is recorded to, and its length.
    """

    fired_runs: Int32
    fired: Bytes
    current_runs: Int32
    current: Int32
    voltage_runs: Int32
    voltage: Int32

    def part(self, begin: int, end: int) -> Record:
        """Return the room for some of the steps."""
        return self._replace(
            fired=self.fired[begin:end],
            current=self.current[begin:end],
            voltage=self.voltage[begin:end],
        )


@inner
def _wrapped(x: Any, bits: int) -> Any:
    """Return a number wrapped around to some bits and a sign."""
    return np.int32(np.int32(x << np.int32(31 - bits)) >> np.int32(31 - bits))


@inner
def _decayed(x: Any, keeps: Any) -> Any:
    """Return x * keeps / 4096, rounded towards zero, in 32 bits: the upper part of x apart from its lower 12 bits."""
    size = np.int32(abs(x))
    upper = np.int32(np.int32(size >> np.int32(12)) * keeps)
    lower = np.int32(np.int32(np.int32(size & np.int32(4095)) * keeps) >> np.int32(12))
    left = np.int32(upper + lower)
    return np.int32(-left) if x < 0 else left


@inner
def _deliver(
    first: Any,
    last: Any,
    fired: Bytes,
    source: Any,
    synapses: Synapses,
    inputs: Int32,
) -> None:
    """Add the weights of all spikes of some items to the inputs of their compartments.

    `fired` are spikes of neighbouring sources from `source` on, (items, n), where n is a multiple of 64.
    """
    words = fired.view(np.uint64)
    for item in range(first, last):
        row = item - first
        for group in range(words.shape[1] // 8):
            bits = bits_of(words, item, group)
            while bits:
                spike = source + 64 * group + lowest_bit(bits)
                bits &= bits - np.uint64(1)
                for run in range(synapses.runs[spike], synapses.runs[spike + 1]):
                    to = np.uint64(synapses.run_begin[run])
                    of = np.uint64(synapses.run_weights[run])
                    for i in range(np.uint64(synapses.run_length[run])):
                        inputs[row, to + i] += synapses.weights[of + i]
                for single in range(synapses.singles[spike], synapses.singles[spike + 1]):
                    to = np.uint64(synapses.single_target[single])
                    inputs[row, to] += synapses.single_weight[single]


# The next three loops are functions of a few arrays each, so that the compiler can make sure that these don't overlap: it
# would compute one number after the other otherwise. Indices are unsigned, so that none is tested for being negative.


@inner
def _update_current(
    first: Any,
    last: Any,
    begin: Any,
    end: Any,
    inputs: Int32,
    current: Int32,
    keeps: Any,
    overflows: Int32,
) -> None:
    """Let currents decay and add inputs, which are set to 0."""
    input_lost = current_lost = np.int32(0)
    for item in range(first, last):
        row = item - first
        for i in range(begin, end):
            wrapped = _wrapped(inputs[row, i], INPUT_BITS)
            input_lost = np.int32(input_lost | np.int32(wrapped ^ inputs[row, i]))
            inputs[row, i] = 0
            total = np.int32(_decayed(current[item, i], keeps) + wrapped)
            wrapped = _wrapped(total, CURRENT_BITS)
            current_lost = np.int32(current_lost | np.int32(wrapped ^ total))
            current[item, i] = wrapped
    overflows[0] |= input_lost
    overflows[1] |= current_lost


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
    vmin: Any,
    vmax: Any,
    overflows: Int32,
) -> None:
    """Let voltages decay, and add currents and biases."""
    sum_lost = np.int32(0)
    for item in range(first, last):
        for i in range(begin, end):
            total = np.int32(current[item, i] + bias[i])
            wrapped = _wrapped(total, CURRENT_BITS)
            sum_lost = np.int32(sum_lost | np.int32(wrapped ^ total))
            v = np.int32(_decayed(voltage[item, i], keeps) + wrapped)
            v = vmin if v < vmin else v
            voltage[item, i] = vmax if v > vmax else v
    overflows[2] |= sum_lost


@inner
def _fire(
    first: Any,
    last: Any,
    begin: Any,
    end: Any,
    voltage: Int32,
    ref_count: Int32,
    fired: Bytes,
    threshold: Int32,
    refract_delay: Any,
) -> None:
    """Let compartments fire, or wait after they have."""
    for item in range(first, last):
        for i in range(begin, end):
            v = np.int32(0) if ref_count[item, i] > 0 else voltage[item, i]
            fires = v > threshold[i]
            voltage[item, i] = np.int32(0) if fires else v
            count = np.int32((refract_delay if fires else ref_count[item, i]) - np.int32(1))
            ref_count[item, i] = np.int32(0) if count < 0 else count
            fired[item, i] = np.uint8(fires)


@inner
def _update(
    first: Any,
    last: Any,
    inputs: Int32,
    state: State,
    compartments: Compartments,
    overflows: Int32,
) -> None:
    """Update the compartments of some items; their inputs are zero afterwards."""
    for run in range(len(compartments.begins) - 1):
        begin, stop = np.uint64(compartments.begins[run]), np.uint64(compartments.begins[run + 1])
        while begin < stop:
            end = min(begin + np.uint64(CHUNK), stop)
            _update_current(
                first,
                last,
                begin,
                end,
                inputs,
                state.current,
                compartments.keeps_current[run],
                overflows,
            )
            _update_voltage(
                first,
                last,
                begin,
                end,
                state.current,
                compartments.bias,
                state.voltage,
                compartments.keeps_voltage[run],
                compartments.vmin[run],
                compartments.vmax[run],
                overflows,
            )
            _fire(
                first,
                last,
                begin,
                end,
                state.voltage,
                state.ref_count,
                state.fired,
                compartments.threshold,
                compartments.refract_delay[run],
            )
            begin = end


@inner
def _record(first: Any, last: Any, step: Any, state: State, record: Record) -> None:
    """Record the values of a step."""
    _copy(first, last, step, state.fired, record.fired_runs, record.fired)
    _copy(first, last, step, state.current, record.current_runs, record.current)
    _copy(first, last, step, state.voltage, record.voltage_runs, record.voltage)


@inner
def _copy(first: Any, last: Any, step: Any, values: Any, runs: Int32, recorded: Any) -> None:
    for run in range(len(runs)):
        place, column = np.uint64(runs[run, 0]), np.uint64(runs[run, 1])
        for item in range(first, last):
            for k in range(np.uint64(runs[run, 2])):
                recorded[step, item, column + k] = values[item, place + k]


def run(
    n_items: int,
    spikes: Bytes,
    compartments: Compartments,
    synapses: Synapses,
    state: State,
    record: Record,
    overflows: Int32,
    inputs: Int32 | None = None,
) -> None:
    """Run some steps of the first items, and change their state.

    `spikes` are the host's, (1 + steps, items, n), from the step before the first one on: they take a step to arrive.
    `overflows`, (3,), are no longer 0 where an input, a current, or a current with its bias left its bits. `inputs` are what
    compartments receive beside the spikes of these synapses, (steps, items, n).
    """
    given = np.zeros((0, 0, 0), np.int32) if inputs is None else inputs
    _run(n_items, spikes, compartments, synapses, state, record, overflows, given)


@inner
def _tally(first: Any, last: Any, fired: Bytes, tally: Bytes) -> None:
    """Count the spikes of a step, (items, n or more), in bytes: so many more are added at a time."""
    for item in range(first, last):
        row = item - first
        for k in range(np.uint64(tally.shape[1])):
            tally[row, k] = np.uint8(tally[row, k] + fired[item, k])


@inner
def _count(first: Any, last: Any, tally: Bytes, source: Any, counts: Int32) -> None:
    """Add up what was counted of neighbouring sources from `source` on, and begin to count anew."""
    for item in range(first, last):
        row = item - first
        for k in range(np.uint64(tally.shape[1])):
            counts[item, np.uint64(source) + k] += tally[row, k]
            tally[row, k] = 0


@inner
def _add(first: Any, last: Any, given: Int32, inputs: Int32) -> None:
    for item in range(first, last):
        for i in range(given.shape[1]):
            inputs[item - first, i] += given[item, i]


@compiled
def _run(
    n_items: int,
    spikes: Bytes,
    compartments: Compartments,
    synapses: Synapses,
    state: State,
    record: Record,
    overflows: Int32,
    given: Int32,
) -> None:
    n, n_steps = len(compartments.threshold), len(spikes) - 1
    n_together = max(TURN // n, 1)
    inputs, fired = np.zeros((n_together, n), np.int32), np.zeros((n_together, n), np.uint8)
    sent = np.zeros((n_together, state.counts.shape[1] - n), np.uint8)
    for first in range(0, n_items, n_together):
        last = min(first + n_together, n_items)
        for step in range(n_steps):
            _deliver(np.uint64(first), np.uint64(last), spikes[step], n, synapses, inputs)
            _deliver(np.uint64(first), np.uint64(last), state.fired, 0, synapses, inputs)
            if len(given):
                _add(first, last, given[step], inputs)
            _update(np.uint64(first), np.uint64(last), inputs, state, compartments, overflows)
            _tally(np.uint64(first), np.uint64(last), state.fired, fired)
            _tally(np.uint64(first), np.uint64(last), spikes[step + 1], sent)
            if (step + 1) % BYTE == 0 or step + 1 == n_steps:
                _count(np.uint64(first), np.uint64(last), fired, 0, state.counts)
                _count(np.uint64(first), np.uint64(last), sent, n, state.counts)
            _record(np.uint64(first), np.uint64(last), step, state, record)
