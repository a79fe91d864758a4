"""Read back what was exported, and compare it with the network: rates without time, and spikes by NIR's equations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.errors import Refusal
from snnc.exporting.equations import simulate
from snnc.importing import nir_file
from snnc.importing.nir_graph import read_nir
from snnc.operators.call import Call
from snnc.program.network import Network, Population
from snnc.running.rates import activity, currents
from snnc.spec.base import INPUT, OUTPUT

Array = NDArray[np.float64]

#: Random items that are compared, and steps that each is shown.
ITEMS, STEPS = 32, 100
#: How far logits may be off, as a share of the largest.
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Compared:
    """How far the file is off the network: logits of rates as a share of the largest, and neurons with other spikes."""

    logits: float | None
    neurons: int
    other: int

    def __str__(self) -> str:
        rates = (
            ""
            if self.logits is None
            else f"logits of its rates: {self.logits:.1e} of the largest off; "
        )
        return f"{rates}spikes in {STEPS} steps: {self.other} of {self.neurons:,} neurons on {ITEMS} random items otherwise"


def compare(path: Path, network: Network, dt: float) -> Compared:
    """Compare a file with the network that was written to it. Raises Refusal if they don't agree."""
    x = np.random.default_rng(network.seed).normal(size=(ITEMS, network.input_size))
    graph = nir_file.read(path)
    items = _as_in_nir(x, network.input_shape)
    found = simulate(graph, items, STEPS, dt)
    expected, output = _spikes(network, x, dt)
    other = sum(
        int((_as_in_nir(spikes, network.population(name).shape) != found.spikes[name]).sum())
        for name, spikes in expected.items()
    )
    neurons = sum(spikes.size for spikes in expected.values())
    compared = Compared(_logits(path, network, x), neurons, other)
    off = np.abs(found.output - output).max() > TOLERANCE * np.abs(output).max()
    if other or off or (compared.logits or 0) > TOLERANCE:
        raise Refusal(f"{path.as_posix()} isn't the network: {compared}")
    return compared


def _logits(path: Path, network: Network, x: Array) -> float | None:
    """Return how far the logits of rates are off Nengo's; None if neurons leak, of which a graph of rates knows nothing."""
    if any(population.neurons.leaky for population in network.populations):
        return None
    expected, _ = activity(network, x, _rates)
    found = read_nir(path).apply(x.reshape(-1, *network.input_shape))
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def _rates(population: Population) -> Call:
    return population.neurons.rates()


def _spikes(network: Network, x: Array, dt: float) -> tuple[dict[str, Array], Array]:
    """Return the spikes of each layer and the mean logits, with neurons as NIR has them between the network's own weights."""
    voltages: dict[str, Any] = {p.name: 0.0 for p in network.populations}
    counts: dict[str, Any] = dict.fromkeys(voltages, 0.0)
    output: Any = 0.0
    for _ in range(STEPS):
        values: dict[str, Array] = {INPUT: x}
        for population in network.populations:
            tuning, neurons = population.tuning, population.neurons
            assert tuning is not None
            current = tuning.gain * currents(network, population.name, values) + tuning.bias
            voltage = voltages[population.name]
            if neurons.leaky:
                voltage = voltage + dt / neurons.running().kwargs["tau_rc"] * (current - voltage)
            else:
                voltage = voltage + dt * current
            fired = voltage > 1
            voltages[population.name] = np.where(fired, 0.0, voltage)
            values[population.name] = fired * (neurons.output_value / dt)
            counts[population.name] = counts[population.name] + fired
        output = output + currents(network, OUTPUT, values) / STEPS
    return counts, output if network.output.bias is None else output + network.output.bias


def _as_in_nir(x: Array, shape: tuple[int, ...]) -> Array:
    images = x.reshape(-1, *shape)
    return np.moveaxis(images, -1, 1) if len(shape) > 1 else images
