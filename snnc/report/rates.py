"""How often neurons fire, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from snnc.program.network import Network
from snnc.report.figure import ACCENT, SECOND, svg
from snnc.report.text import number, share

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Of a histogram.
BINS = 40


@dataclass(frozen=True)
class LayerRates:
    """The mean rates of a layer's neurons over all items, in hertz; `silent` is the share of those that never fired.

    `counts` are the neurons in each of the figure's bins.
    """

    name: str
    neurons: int
    mean: float
    median: float
    upper: float
    largest: float
    silent: float
    spikes: float
    max_rate: float
    counts: Sequence[int]


@dataclass(frozen=True)
class Rates:
    """The rates of all layers in a run. `edges` of the bins are in hertz."""

    where: str
    layers: Sequence[LayerRates]
    edges: Sequence[float]

    def to_dict(self) -> dict[str, Any]:
        layers = [asdict(layer) for layer in self.layers]
        return {"where": self.where, "edges": self.edges, "layers": layers}

    @property
    def cells(self) -> list[list[str]]:
        header = ["layer", "neurons", "mean, Hz", "median", "95 % below", "largest"]
        header += ["never fired", "spikes an item", "max_rate, Hz"]
        rows = [
            [
                layer.name,
                f"{layer.neurons:,}",
                *map(number, (layer.mean, layer.median, layer.upper, layer.largest)),
                share(layer.silent),
                number(layer.spikes),
                f"{layer.max_rate:g}",
            ]
            for layer in self.layers
        ]
        return [header, *rows]

    @property
    def figure(self) -> Markup:
        means = ", ".join(f"{layer.name} {number(layer.mean)} Hz" for layer in self.layers)
        says = f"Histograms of the mean firing rates of each layer's neurons; the means of layers are {means}."
        return svg("rates", says, self._draw, height=0.6 + 1.05 * len(self.layers))

    def _draw(self, figure: Figure) -> None:
        rows = figure.subplots(len(self.layers), 1, sharex=True, squeeze=False)[:, 0]
        for ax, layer in zip(rows, self.layers, strict=True):
            ax.stairs(layer.counts, self.edges, fill=True, color=ACCENT)
            ax.axvline(layer.mean, color=SECOND, linewidth=1.6)
            ax.set_title(f"{layer.name}: mean {number(layer.mean)} Hz")
            ax.set_yticks([])
            ax.spines["left"].set_visible(False)
        rows[-1].set_xlabel("mean firing rate of a neuron, Hz")
        rows[-1].set_xlim(0, self.edges[-1])


def rates(
    where: str, network: Network, hertz: Mapping[str, NDArray[np.float64]], seconds: float
) -> Rates:
    """Return the rates of neurons, (neurons,) of each layer, in a run whose items take some seconds."""
    most = max(float(of_layer.max()) for of_layer in hertz.values()) or 1.0
    edges = np.linspace(0, most, BINS + 1)
    layers = [_layer(network, name, of_layer, edges, seconds) for name, of_layer in hertz.items()]
    return Rates(where, layers, edges.tolist())


def _layer(
    network: Network,
    name: str,
    hertz: NDArray[np.float64],
    edges: NDArray[np.float64],
    seconds: float,
) -> LayerRates:
    median, upper = np.quantile(hertz, (0.5, 0.95)).tolist()
    return LayerRates(
        name=name,
        neurons=len(hertz),
        mean=float(hertz.mean()),
        median=median,
        upper=upper,
        largest=float(hertz.max()),
        silent=float(np.mean(hertz == 0)),
        spikes=float(hertz.sum() * seconds),
        max_rate=network.population(name).neurons.max_rate,
        counts=np.histogram(hertz, edges)[0].tolist(),
    )
