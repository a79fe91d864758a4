"""Neurons of the host, compiled: Nengo's own steps in one pass over memory.

Sums and products are rounded as NumPy rounds them, exponentials and logarithms are NumPy's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import nengo
import numpy as np
from nengo_loihi.neurons import LoihiSpikingRectifiedLinear
from numpy.typing import NDArray

from snnc.emulator.machine import (
    Loop,
    bits_of,
    call,
    compiled,
    inlined,
    inner,
    loop_of,
    lowest_bit,
)

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Indices = NDArray[np.int64]

#: How many neurons, of several items, go through all steps before the next ones do: their state stays in the innermost cache.
CHUNK = 1024

#: What compiled steps find: nothing, a voltage that isn't a number any more, or a refractory time that isn't.
VALID, INVALID_VOLTAGE, INVALID_TIME = 0, 1, 2

#: The types that are compiled. Types that are derived from them have steps of their own.
COMPILED = (nengo.LIF, LoihiSpikingRectifiedLinear, nengo.SpikingRectifiedLinear)
LIF, LOIHI_RELU, SPIKING_RELU = range(3)


class Constants(NamedTuple):
    """What a step of neurons depends on; those that aren't nengo.LIF have no times, decay or lowest voltage."""

    kind: int
    dt: float
    #: The output of a single spike.
    spike: float
    tau_rc: float
    tau_ref: float
    decay: float
    min_voltage: float
    expm1: Loop
    log1p: Loop

    @classmethod
    def of(cls, neurons: nengo.LIF | nengo.SpikingRectifiedLinear, dt: float) -> Constants:
        kind, spike = COMPILED.index(type(neurons)), neurons.amplitude / dt
        loops = (loop_of(np.expm1), loop_of(np.log1p))
        if not isinstance(neurons, nengo.LIF):
            return cls(kind, dt, spike, 0.0, 0.0, 0.0, 0.0, *loops)
        (decay,) = np.expm1(np.array([-dt / neurons.tau_rc]))
        times = float(neurons.tau_rc), float(neurons.tau_ref)
        return cls(kind, dt, spike, *times, float(decay), float(neurons.min_voltage), *loops)


def steps_of(
    neurons: nengo.LIF | nengo.SpikingRectifiedLinear, dt: float, state: Mapping[str, Array]
) -> Callable[[Array, Array | Bytes], None]:
    """Return a function that computes outputs of compiled neurons, (steps, n), from their currents, (steps or 1, n).

    Outputs may be bytes, which are 1 where there is a spike. The state, (n,) each, changes in place. A refractory time that is over
    is 0 there, where Nengo's goes on below.
    """
    voltage, spike = state["voltage"], neurons.amplitude / dt
    if type(neurons) is nengo.SpikingRectifiedLinear:
        return _raising(voltage, lambda j, output: _spiking_relu(dt, spike, j, voltage, output))
    if type(neurons) is LoihiSpikingRectifiedLinear:
        return _raising(voltage, lambda j, output: _loihi_relu(dt, spike, j, voltage, output))
    constants, refractory_time = Constants.of(neurons, dt), state["refractory_time"]
    return _raising(voltage, lambda j, output: _lif(constants, j, voltage, refractory_time, output))


def _raising(
    voltage: Array, compute: Callable[[Array, Array | Bytes], int]
) -> Callable[[Array, Array | Bytes], None]:
    """Return a function that raises a FloatingPointError where NumPy does in Nengo's step: at a number that becomes invalid.

    What was invalid before the step isn't an error.
    """
    was_invalid = np.isnan(voltage)

    def run(j: Array, output: Array | Bytes) -> None:
        found = compute(j, output)
        if found == VALID:
            return
        nonlocal was_invalid
        before, was_invalid = was_invalid, np.isnan(voltage)
        if found == INVALID_TIME or np.any(was_invalid & ~before & ~np.isnan(j).any(axis=0)):
            raise FloatingPointError("invalid value encountered in a step of neurons")

    return run


@compiled
def mark_spikes(
    outputs: Array | Bytes, spikes: Bytes, first: int, column: int, n_steps: int
) -> None:
    """Write 1 to `spikes`, (all steps, items, all neurons), where outputs, (steps or 1, items, n), are not 0, and 0 elsewhere.

    Those of the first output go to the step `first` and the given column.
    """
    for step in range(n_steps):
        now = outputs[step if len(outputs) > 1 else 0]
        for item in range(len(now)):
            for k in range(np.uint64(outputs.shape[2])):
                spikes[first + step, item, np.uint64(column) + k] = np.uint8(now[item, k] != 0)


@compiled
def _spiking_relu(dt: float, spike: float, j: Array, voltage: Array, output: Array | Bytes) -> int:
    n_spikes = np.empty(CHUNK)
    found = VALID
    for begin in range(0, len(voltage), CHUNK):
        chunk = slice(begin, begin + CHUNK)
        for step in range(len(output)):
            now = j[step if len(j) > 1 else 0]
            rectify(dt, now[chunk], voltage[chunk], n_spikes)
            write_output(spike, n_spikes, output[step, chunk])
        found = max(found, found_in(voltage[chunk]))
    return found


@inner
def found_in(voltage: Array) -> int:
    invalid = np.uint8(0)
    for i in range(len(voltage)):
        invalid |= np.uint8(voltage[i] != voltage[i])
    return INVALID_VOLTAGE if invalid else VALID


@compiled
def are_numbers(values: Array) -> bool:
    """Whether none of some values, (n,), is NaN."""
    return found_in(values) == VALID


@inlined
def rectify(dt: float, j: Array, voltage: Array, n_spikes: Array) -> None:
    for i in range(len(voltage)):
        v = voltage[i] + max(j[i], 0.0) * dt
        n_spikes[i] = np.floor(v)
        voltage[i] = v - n_spikes[i]


@compiled
def _loihi_relu(dt: float, spike: float, j: Array, voltage: Array, output: Array | Bytes) -> int:
    fires = np.empty(CHUNK, np.uint8)
    found = VALID
    for begin in range(0, len(voltage), CHUNK):
        chunk = slice(begin, begin + CHUNK)
        for step in range(len(output)):
            now = j[step if len(j) > 1 else 0]
            charge_in_whole_steps(dt, now[chunk], voltage[chunk], fires)
            write_output(spike, fires, output[step, chunk])
        found = max(found, found_in(voltage[chunk]))
    return found


@inlined
def charge_in_whole_steps(dt: float, j: Array, voltage: Array, fires: Bytes) -> None:
    for i in range(len(voltage)):
        v = voltage[i] + j[i] * dt
        above = v > 1
        fires[i] = np.uint8(above)
        v = 0.0 if v < 0 else v
        voltage[i] = 0.0 if above else v


class Waiting(NamedTuple):
    """Room for neurons that are refractory, and for how long: the same one twice if it fires in the step in which its time is over."""

    neurons: Indices
    times: Array
    arguments: Array
    values: Array
    charged: Array


@compiled
def room_to_wait() -> Waiting:
    """Return room for CHUNK neurons."""
    return Waiting(
        np.empty(2 * CHUNK, np.int64),
        np.empty(2 * CHUNK),
        np.empty(2 * CHUNK),
        np.empty(2 * CHUNK),
        np.empty(CHUNK),
    )


@compiled
def _lif(
    constants: Constants, j: Array, voltage: Array, refractory_time: Array, output: Array | Bytes
) -> int:
    waiting = room_to_wait()
    fires = np.zeros(CHUNK, np.uint8)
    found = VALID
    for begin in range(0, len(voltage), CHUNK):
        chunk = slice(begin, begin + CHUNK)
        v, time = voltage[chunk], refractory_time[chunk]
        fires[len(v) :] = 0
        n_refractory = begin_lif(time, waiting)
        for step in range(len(output)):
            now = j[step if len(j) > 1 else 0][chunk]
            n_refractory, is_invalid = step_lif(constants, now, v, waiting, n_refractory, fires)
            write_output(constants.spike, fires, output[step, chunk])
            if is_invalid:
                found = INVALID_TIME
        end_lif(waiting, n_refractory, time)
        found = max(found, found_in(v))
    return found


@inner
def begin_lif(time: Array, waiting: Waiting) -> int:
    """List the neurons that are refractory, and return how many these are."""
    n = 0
    for i in range(len(time)):
        if time[i] > 0:
            waiting.neurons[n], waiting.times[n] = i, time[i]
            n += 1
    return n


@inner
def step_lif(
    constants: Constants, j: Array, voltage: Array, waiting: Waiting, n: int, fires: Bytes
) -> tuple[int, bool]:
    """Let neurons take a step, and return how many are refractory then, and whether a time is invalid. Up to `n` are before."""
    refractory, times, arguments, values, charged = waiting
    dt, tau_rc, is_invalid = constants.dt, constants.tau_rc, False
    _charge(constants.decay, j, voltage, charged)
    n = _wait(dt, tau_rc, refractory, times, arguments, n)
    call(constants.expm1, arguments, values, n)
    _charge_refractory(refractory, n, values, j, voltage, charged)
    _fire(constants.min_voltage, charged, voltage, fires)
    n_all = _append_fired(fires, refractory, n)
    _overshoot(refractory, n, n_all, j, charged, arguments)
    call(constants.log1p, arguments, values, n_all - n)
    for k in range(n, n_all):
        times[k] = constants.tau_ref + (dt + tau_rc * values[k - n])
        if times[k] != times[k]:
            is_invalid = True
    return n_all, is_invalid


@inner
def end_lif(waiting: Waiting, n: int, time: Array) -> None:
    """Write down how long n neurons are refractory, and 0 for all others."""
    time[:] = 0.0
    for k in range(n):
        time[waiting.neurons[k]] = waiting.times[k]


@inlined
def _wait(
    dt: float, tau_rc: float, refractory: Indices, times: Array, arguments: Array, n: int
) -> int:
    """Let a step pass for n refractory neurons, and return how many have some of their refractory time left.

    These are charged for the rest of the step alone: `arguments` are the exponents for that.
    """
    n_left = 0
    for k in range(n):
        time = times[k] - dt
        if time > 0:
            refractory[n_left], times[n_left] = refractory[k], time
            arguments[n_left] = -max(dt - time, 0.0) / tau_rc
            n_left += 1
    return n_left


@inlined
def _charge_refractory(
    refractory: Indices, n: int, decays: Array, j: Array, voltage: Array, charged: Array
) -> None:
    """Charge n neurons anew, each with a decay of its own."""
    for k in range(n):
        i = refractory[k]
        charged[i] = voltage[i] - (j[i] - voltage[i]) * decays[k]


@inlined
def _overshoot(
    fired: Indices, begin: int, end: int, j: Array, charged: Array, arguments: Array
) -> None:
    """Write the arguments whose logarithms say when in the step some neurons fired."""
    for k in range(begin, end):
        i = fired[k]
        arguments[k - begin] = -(charged[i] - 1) / (j[i] - 1)


# The next loops are functions of a few arrays each, so that the compiler can make sure that these don't overlap.


@inlined
def _charge(decay: float, j: Array, voltage: Array, charged: Array) -> None:
    for i in range(len(voltage)):
        charged[i] = voltage[i] - (j[i] - voltage[i]) * decay


@inlined
def _fire(min_voltage: float, charged: Array, voltage: Array, fires: Bytes) -> None:
    for i in range(len(voltage)):
        v = charged[i]
        above = v > 1
        fires[i] = np.uint8(above)
        v = min_voltage if v < min_voltage else v
        voltage[i] = 0.0 if above else v


@inlined
def write_output(spike: float, n_spikes: Array | Bytes, output: Array | Bytes) -> None:
    """Write the output for some numbers of spikes: in bytes, whether there are any."""
    if output.itemsize == 1:
        for i in range(len(output)):
            output[i] = n_spikes[i] != 0
    else:
        for i in range(len(output)):
            output[i] = spike * n_spikes[i]


@inlined
def _append_fired(fires: Bytes, neurons: Indices, n: int) -> int:
    """Append all neurons that fire to n others, and return how many there are then."""
    words = fires.view(np.uint64).reshape(1, -1)
    for group in range(words.size // 8):
        bits = bits_of(words, 0, group)
        while bits:
            neurons[n] = 64 * group + lowest_bit(bits)
            bits &= bits - np.uint64(1)
            n += 1
    return n
