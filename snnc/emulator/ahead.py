"""Compile the emulator's code ahead of the first run, for `snnc doctor --compile`.

Numba compiles a function when it is first called, for the types that it is called with, and stores it beside the module, or where
`NUMBA_CACHE_DIR` says. So small networks run here that call what networks of a spec call.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import nengo
import nengo_loihi
import numpy as np

from snnc.emulator import Emulator, Floats

#: Items, and steps: enough for several chains, and for neurons to fire.
ITEMS, STEPS = 4, 30


def networks() -> Iterator[tuple[nengo.Network, bool]]:
    """Yield small networks, and whether each has layers on the chip."""
    lowpass, alpha = nengo.Lowpass(0.002), nengo.Alpha(0.002)
    scaled = {"amplitude": 0.005}
    relu = nengo.SpikingRectifiedLinear(**scaled)
    chip_relu = nengo_loihi.LoihiSpikingRectifiedLinear(**scaled)
    # Those of a spec have amplitudes, and weights in Fortran's order.
    kinds: tuple[tuple[Any, ...], ...] = (
        (nengo.LIF(**scaled), nengo.LIF(**scaled), "F", lowpass),
        (relu, chip_relu, "F", alpha),
        (nengo.LIF(), nengo.LIF(), "C", lowpass),
    )
    for on_host, behind, order, probe in kinds:
        for on_chip in (True, False):
            weights = [np.full(shape, 0.05, order=order) for shape in ((8, 128), (3, 8))]
            yield _network(on_host, behind, weights, probe, on_chip), on_chip


def _network(
    on_host: Any, behind: Any, weights: Sequence[Any], probe: Any, on_chip: bool
) -> nengo.Network:
    """Return a layer on the host, and behind it a convolution and a dense layer."""
    lowpass = nengo.Lowpass(0.002)
    with nengo.Network(seed=0) as net:
        net.shown = nengo.Node(np.zeros(36))
        first, second, third = _layer(36, on_host), _layer(128, behind), _layer(8, behind)
        output = nengo.Node(size_in=3)
        # Of as many filters as small fields are looked at at once for.
        window = nengo.Convolution(8, (6, 6, 1), kernel_size=(3, 3))
        nengo.Connection(net.shown, first, synapse=None)
        nengo.Connection(first, second, transform=window, synapse=lowpass)
        nengo.Connection(second, third, transform=weights[0], synapse=lowpass)
        nengo.Connection(third, output, transform=weights[1], synapse=None)
        net.output = nengo.Probe(output, synapse=probe)
        for layer in (first, second, third):
            nengo.Probe(layer)
        if on_chip:
            nengo_loihi.add_params(net)
            net.config[first.ensemble].on_chip = False
    return net


def _layer(size: int, neurons: Any) -> Any:
    gain, bias = np.full(size, 100.0), np.zeros(size)
    if hasattr(neurons, "tau_rc"):
        gain, bias = np.full(size, 5.0), np.ones(size)
    return nengo.Ensemble(size, 1, neuron_type=neurons, gain=gain, bias=bias).neurons


def run(net: nengo.Network, on_chip: bool) -> None:
    """Show items to a network, as a stream and from a cleared state."""
    items = {net.shown: np.random.RandomState(0).rand(ITEMS, 36)}
    emulator = Emulator(net) if on_chip else Floats(net)
    emulator.run(items, STEPS, present="stream", chains=2)
    # What isn't recorded is kept in other types.
    emulator.run(items, STEPS, probes=[net.output])


def compile_ahead() -> None:
    """Compile what is not compiled yet."""
    with warnings.catch_warnings(), ThreadPoolExecutor() as threads:
        warnings.simplefilter("ignore")
        for done in [threads.submit(run, *each) for each in networks()]:
            done.result()
