"""What the first items of a stream looked like: the output over time, and which neurons fired when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np
from numpy.typing import NDArray

from snnc.backends.pictures import NEURONS

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recording:
    """Some first items of a stream: outputs over time, (items, steps, classes), without the probe's synapse and with it.

    `spikes` are those of each layer, (items, steps, neurons), in seconds^-1 times amplitude as probes give them; of its
    neurons every n-th one is there, so that they are 100 at most. A gap belongs to the item before it.
    """

    unfiltered: Array
    filtered: Array
    spikes: dict[str, Array]


class Recorder:
    """Adds a probe without synapse to a deployed network that isn't built yet, and takes what probes have seen."""

    def __init__(self, net: nengo.Network) -> None:
        with net:
            self._unfiltered = nengo.Probe(net.logits.target, label="unfiltered")
        self._filtered, self._spikes = net.logits, net.spikes
        probes = (self._filtered, self._unfiltered, *self._spikes)
        self._taken: dict[nengo.Probe, list[Array]] = {probe: [] for probe in probes}

    def take(self, seen: Mapping[nengo.Probe, Any]) -> None:
        """Keep what the probes have seen of one more item."""
        for probe, outputs in self._taken.items():
            every = -(-probe.size_in // NEURONS) if probe in self._spikes else 1
            # A copy: a view would keep all neurons.
            outputs.append(seen[probe][:, ::every].copy())

    def recording(self) -> Recording:
        """Return all items that were taken."""
        whole = {probe: np.stack(outputs) for probe, outputs in self._taken.items()}
        spikes = {probe.label: whole[probe] for probe in self._spikes}
        return Recording(whole[self._unfiltered], whole[self._filtered], spikes)
