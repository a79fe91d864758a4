"""Neurons of the host, compiled: Nengo's own step, in one or two passes over memory instead of ten.

Sums and products are rounded as NumPy rounds them. Exponentials and logarithms are NumPy's own, since no other library's
agree with them to the last bit; most of them are of one number, the whole step, or not needed.
"""

from __future__ import annotations

from collections.abc import Callable

import nengo
import numpy as np
from numpy.typing import NDArray

from snnc.emulator.kernels import compiled

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def step_of(
    neurons: nengo.neurons.NeuronType, dt: float, j: Array, output: Array, state: dict[str, Array]
) -> Callable[[], None]:
    """Return what computes a step of neurons from their currents j: output and state, of many items, change in place."""
    arrays = [j, output, *state.values()]
    # Of just these types: others that are derived from them have steps of their own.
    if all(array.flags.c_contiguous and array.dtype == np.float64 for array in arrays):
        flat = {name: array.reshape(-1) for name, array in state.items()}
        if type(neurons) is nengo.SpikingRectifiedLinear:
            return lambda: _spiking_relu(
                dt, neurons.amplitude / dt, j.reshape(-1), output.reshape(-1), flat["voltage"]
            )
        if type(neurons) is nengo.LIF:
            return _lif(neurons, dt, j.reshape(-1), output.reshape(-1), **flat)
    return lambda: neurons.step(dt, j, output, **state)


@compiled
def sent(x: Array, spikes: NDArray[np.uint8], step: int) -> None:
    """Note which of some outputs, (items, n), are spikes: (steps, items, n)."""
    for item in range(len(x)):
        for k in range(x.shape[1]):
            spikes[step, item, k] = x[item, k] != 0


@compiled
def _spiking_relu(dt: float, spike: float, j: Array, output: Array, voltage: Array) -> None:
    for i in range(len(j)):
        v = voltage[i] + max(j[i], 0.0) * dt
        n_spikes = np.floor(v)
        voltage[i] = v - n_spikes
        output[i] = spike * n_spikes


def _lif(
    neurons: nengo.LIF, dt: float, j: Array, output: Array, voltage: Array, refractory_time: Array
) -> Callable[[], None]:
    spike = neurons.amplitude / dt
    (whole,) = np.expm1(np.array([-dt / neurons.tau_rc]))
    n = len(j)
    places, durations, before = np.empty(n, np.int64), np.empty(n), np.empty(n)

    def step() -> None:
        n_short = _wait(dt, refractory_time, voltage, places, durations, before)
        decays = np.expm1(-durations[:n_short] / neurons.tau_rc)
        _charge(whole, j, voltage, places, decays, before)
        n_fired = _fire(j, output, voltage, spike, neurons.min_voltage, places, durations)
        after = dt + neurons.tau_rc * np.log1p(durations[:n_fired])
        refractory_time[places[:n_fired]] = neurons.tau_ref + after

    return step


@compiled
def _wait(
    dt: float,
    refractory_time: Array,
    voltage: Array,
    places: Indices,
    durations: Array,
    before: Array,
) -> int:
    """Let time pass; return how many neurons have less than a whole step left, and where, how much, and their voltages."""
    for i in range(len(refractory_time)):
        refractory_time[i] -= dt
    n_short = 0
    for i in range(len(refractory_time)):
        if refractory_time[i] > 0:
            duration = max(dt - refractory_time[i], 0.0)
            places[n_short], durations[n_short], before[n_short] = i, duration, voltage[i]
            n_short += 1
    return n_short


@compiled
def _charge(
    whole: float, j: Array, voltage: Array, places: Indices, decays: Array, before: Array
) -> None:
    """Change voltages by a whole step, but for some neurons by what they have left of it."""
    for i in range(len(voltage)):
        voltage[i] -= (j[i] - voltage[i]) * whole
    for k in range(len(decays)):
        i = places[k]
        voltage[i] = before[k] - (j[i] - before[k]) * decays[k]


@compiled
def _fire(
    j: Array,
    output: Array,
    voltage: Array,
    spike: float,
    lowest: float,
    places: Indices,
    logarithms: Array,
) -> int:
    """Let neurons fire; return how many did, and where, and what of the logarithm says when."""
    n_fired = 0
    for i in range(len(voltage)):
        if voltage[i] > 1:
            places[n_fired], logarithms[n_fired] = i, -(voltage[i] - 1) / (j[i] - 1)
            n_fired += 1
    for i in range(len(voltage)):
        v = voltage[i]
        output[i] = spike if v > 1 else 0.0
        v = lowest if v < lowest else v
        voltage[i] = 0.0 if v > 1 else v
    return n_fired
