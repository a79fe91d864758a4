"""What a NIR graph computes by NIR's own equations, in Euler steps: spikes of IF and LIF neurons for constant items.

IF:  v += dt r I.    LIF:  v += dt / tau (v_leak - v + r I).    Both: a spike if v > v_threshold, then v = v_reset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnc.importing.nir_file import NirGraph, NirNode
from snnc.importing.operations import Array, Conv

#: Maps the values of the nodes that one reads, summed, to its own.
Step = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Simulated:
    """Spikes of each layer in all steps, (n, *shape) as in NIR, and the mean of the output, (n, classes)."""

    spikes: Mapping[str, Array]
    output: Array


def simulate(graph: NirGraph, items: Array, steps: int, dt: float) -> Simulated:
    """Return what a graph makes of items, (n, *shape) as in NIR, each shown for some steps of dt seconds."""
    order = list(graph.in_order())
    nodes: dict[str, Step] = {
        name: _step(graph.nodes[name], dt) for name in order if graph.nodes[name].kind != "Input"
    }
    spiking = [name for name in order if graph.nodes[name].kind in ("IF", "LIF")]
    spikes: dict[str, Any] = dict.fromkeys(spiking, 0.0)
    output: Any = 0.0
    for _ in range(steps):
        values: dict[str, Array] = {}
        for name in order:
            if name not in nodes:
                values[name] = items
                continue
            reaching: Any = sum(values[source] for source in graph.into(name))
            values[name] = nodes[name](reaching)
            if name in spikes:
                spikes[name] = spikes[name] + values[name]
            if graph.nodes[name].kind == "Output":
                output = output + values[name] / steps
    return Simulated(spikes, np.asarray(output))


def _step(node: NirNode, dt: float) -> Step:
    fields = node.fields
    if node.kind == "Affine":
        return lambda x: np.asarray(x @ np.asarray(fields["weight"]).T + fields["bias"])
    if node.kind == "Flatten":
        return lambda x: x.reshape(len(x), -1)
    if node.kind == "Conv2d":
        kernel = np.moveaxis(np.asarray(fields["weight"]), (0, 1), (3, 2))
        strides, (down, right) = fields["stride"], fields["padding"]
        padding = ((int(down), int(down)), (int(right), int(right)))
        conv = Conv(kernel, fields["bias"], tuple(map(int, strides)), padding, (1, 1))
        return lambda x: np.asarray(np.moveaxis(conv.apply(np.moveaxis(x, 1, -1)), -1, 1))
    if node.kind in ("IF", "LIF"):
        return _Neurons(node, dt)
    return lambda x: x


class _Neurons:
    """Voltages of a layer, from step to step."""

    def __init__(self, node: NirNode, dt: float) -> None:
        self.fields, self.leaky, self.dt = node.fields, node.kind == "LIF", dt
        self.voltage: Any = 0.0

    def __call__(self, current: Array) -> Array:
        fields = self.fields
        if self.leaky:
            slope = (fields["v_leak"] - self.voltage + fields["r"] * current) / fields["tau"]
        else:
            slope = fields["r"] * current
        voltage = self.voltage + self.dt * slope
        spikes = voltage > fields["v_threshold"]
        self.voltage = np.where(spikes, fields["v_reset"], voltage)
        return np.asarray(spikes, float)
