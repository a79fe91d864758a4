"""Neurons of the host, compiled: Nengo's own steps, without its passes over memory.

Sums and products are rounded as NumPy rounds them, exponentials and logarithms are NumPy's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import nengo
import numpy as np
from numpy.typing import NDArray

from snnc.emulator.machine import Loop, bits_of, called, compiled, inner, loop_of, lowest_bit

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Indices = NDArray[np.int64]

#: So many neurons, of several items, go through their steps together: what they need stays in the innermost cache.
TOGETHER = 1024


#: Of just these types: others that are derived from them have steps of their own.
COMPILED = (nengo.LIF, nengo.SpikingRectifiedLinear)


def steps_of(
    neurons: nengo.LIF | nengo.SpikingRectifiedLinear, dt: float, state: Mapping[str, Array]
) -> Callable[[Array, Array | Bytes], None]:
    """Return what computes some steps of compiled neurons: their output, (steps, n), from their currents, (steps or 1, n).

    The output may be bytes, which say whether there are spikes. Their state, (n,) each, changes in place;
    for how long neurons wait that don't wait any more is no matter.
    """
    spike = neurons.amplitude / dt
    if type(neurons) is nengo.SpikingRectifiedLinear:
        return lambda j, output: _spiking_relu(dt, spike, j, state["voltage"], output)
    (whole,) = np.expm1(np.array([-dt / neurons.tau_rc]))
    constants = (dt, neurons.tau_rc, neurons.tau_ref, whole, spike, float(neurons.min_voltage))
    loops = (loop_of(np.expm1), loop_of(np.log1p))
    voltage, refractory_time = state["voltage"], state["refractory_time"]
    return lambda j, output: _lif(constants, loops, j, voltage, refractory_time, output)


@compiled
def sent(x: Array | Bytes, spikes: Bytes, first: int, column: int, n_steps: int) -> None:
    """Note which of some outputs, (steps or 1, items, n), are spikes, (all steps, items, all neurons), from a step and a column on."""
    for step in range(n_steps):
        now = x[step if len(x) > 1 else 0]
        for item in range(len(now)):
            for k in range(np.uint64(x.shape[2])):
                spikes[first + step, item, np.uint64(column) + k] = np.uint8(now[item, k] != 0)


@compiled
def _spiking_relu(dt: float, spike: float, j: Array, voltage: Array, output: Array | Bytes) -> None:
    n_spikes = np.empty(TOGETHER)
    for begin in range(0, len(voltage), TOGETHER):
        part = slice(begin, begin + TOGETHER)
        for step in range(len(output)):
            now = j[step if len(j) > 1 else 0]
            _rectify(dt, now[part], voltage[part], n_spikes)
            _put(spike, n_spikes, output[step, part])


@inner
def _rectify(dt: float, j: Array, voltage: Array, n_spikes: Array) -> None:
    for i in range(len(voltage)):
        v = voltage[i] + max(j[i], 0.0) * dt
        n_spikes[i] = np.floor(v)
        voltage[i] = v - n_spikes[i]


@compiled
def _lif(
    constants: tuple[float, float, float, float, float, float],
    loops: tuple[Loop, Loop],
    j: Array,
    voltage: Array,
    refractory_time: Array,
    output: Array | Bytes,
) -> None:
    dt, tau_rc, tau_ref, whole, spike, lowest = constants
    expm1, log1p = loops
    # Who waits, and for how long: one whose wait ends may fire at once, and stand there twice.
    places, waits = np.empty(2 * TOGETHER, np.int64), np.empty(2 * TOGETHER)
    arguments, values = np.empty(TOGETHER), np.empty(TOGETHER)
    charged, fires = np.empty(TOGETHER), np.zeros(TOGETHER, np.uint8)
    for begin in range(0, len(voltage), TOGETHER):
        part = slice(begin, begin + TOGETHER)
        v, waiting = voltage[part], refractory_time[part]
        fires[len(v) :] = 0
        n_waiting = 0
        for i in range(len(v)):
            if waiting[i] > 0:
                places[n_waiting], waits[n_waiting] = i, waiting[i]
                n_waiting += 1
        for step in range(len(output)):
            now = j[step if len(j) > 1 else 0][part]
            _charge(whole, now, v, charged)
            n_waiting = _waited(dt, tau_rc, places, waits, arguments, n_waiting)
            called(expm1, arguments, values, n_waiting)
            _charge_those(places, n_waiting, values, now, v, charged)
            _fire(lowest, charged, v, fires)
            _put(spike, fires, output[step, part])
            n_all = _found(fires, places, n_waiting)
            _overshoot(places, n_waiting, n_all, now, charged, arguments)
            called(log1p, arguments, values, n_all - n_waiting)
            for k in range(n_waiting, n_all):
                waits[k] = tau_ref + (dt + tau_rc * values[k - n_waiting])
            n_waiting = n_all
        waiting[:] = 0.0
        for k in range(n_waiting):
            waiting[places[k]] = waits[k]


@inner
def _waited(
    dt: float, tau_rc: float, places: Indices, waits: Array, arguments: Array, n_waiting: int
) -> int:
    """Let time pass; return how many still wait, and of what the exponential is for what is left to them of this step."""
    n_left = 0
    for k in range(n_waiting):
        wait = waits[k] - dt
        if wait > 0:
            places[n_left], waits[n_left] = places[k], wait
            arguments[n_left] = -max(dt - wait, 0.0) / tau_rc
            n_left += 1
    return n_left


@inner
def _charge_those(
    places: Indices, n: int, decays: Array, j: Array, voltage: Array, charged: Array
) -> None:
    for k in range(n):
        i = places[k]
        charged[i] = voltage[i] - (j[i] - voltage[i]) * decays[k]


@inner
def _overshoot(
    places: Indices, begin: int, end: int, j: Array, charged: Array, arguments: Array
) -> None:
    """Write of what the logarithm says when neurons fired, for some places."""
    for k in range(begin, end):
        i = places[k]
        arguments[k - begin] = -(charged[i] - 1) / (j[i] - 1)


# Each of the next loops has so few arrays that the compiler can make sure they don't overlap.


@inner
def _charge(whole: float, j: Array, voltage: Array, charged: Array) -> None:
    for i in range(len(voltage)):
        charged[i] = voltage[i] - (j[i] - voltage[i]) * whole


@inner
def _fire(lowest: float, charged: Array, voltage: Array, fires: Bytes) -> None:
    for i in range(len(voltage)):
        v = charged[i]
        above = v > 1
        fires[i] = np.uint8(above)
        v = lowest if v < lowest else v
        voltage[i] = 0.0 if above else v


@inner
def _put(spike: float, n_spikes: Array | Bytes, output: Array | Bytes) -> None:
    """Write the output of neurons that fired so often, or only whether they did."""
    if output.itemsize == 1:
        for i in range(len(output)):
            output[i] = n_spikes[i] != 0
    else:
        for i in range(len(output)):
            output[i] = spike * n_spikes[i]


@inner
def _found(fires: Bytes, places: Indices, n_found: int) -> int:
    """Add to some places those of all that fire; return how many there are then."""
    words = fires.view(np.uint64).reshape(1, -1)
    for group in range(words.size // 8):
        bits = bits_of(words, 0, group)
        while bits:
            places[n_found] = 64 * group + lowest_bit(bits)
            bits &= bits - np.uint64(1)
            n_found += 1
    return n_found
