"""Record outputs and spikes over time, for the first items of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np
from numpy.typing import NDArray

from snnc.scripts.figures import NEURONS

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recording:
    """The first items of a stream: outputs over time, (items, steps, classes), without the probe's synapse and with it.

    `spikes` of each layer, (items, steps, neurons), are the values of its probe: amplitude / dt for a spike. Large layers
    are recorded for 100 neurons. A gap belongs to the item before it.
    """

    unfiltered: Array
    filtered: Array
    spikes: dict[str, Array]


def drawn(neurons: int) -> NDArray[np.int64]:
    """Return the indices of a layer's recorded neurons: all, or a random choice, since every n-th might be of one channel."""
    return np.sort(np.random.RandomState(0).permutation(neurons)[:NEURONS])


class Recorder:
    """Adds a probe without synapse to a deployed network that isn't built yet, and keeps the data of its probes."""

    def __init__(self, net: nengo.Network) -> None:
        with net:
            self._unfiltered = nengo.Probe(net.logits.target, label="unfiltered")
        self._filtered, self._spikes = net.logits, net.spikes
        outputs = (self._filtered, self._unfiltered)
        #: The indices of the values that are kept, by probe.
        self._indices = {probe: np.arange(probe.size_in) for probe in outputs}
        self._indices |= {probe: drawn(probe.size_in) for probe in self._spikes}
        self._items: dict[nengo.Probe, list[Array]] = {probe: [] for probe in self._indices}

    def take(self, seen: Mapping[nengo.Probe, Any]) -> None:
        """Keep the probe data of one more item, (steps, size) each."""
        for probe, indices in self._indices.items():
            self._items[probe].append(seen[probe][:, indices])

    def recording(self) -> Recording:
        """Return the recording of all items so far."""
        whole = {probe: np.stack(outputs) for probe, outputs in self._items.items()}
        spikes = {probe.label: whole[probe] for probe in self._spikes}
        return Recording(whole[self._unfiltered], whole[self._filtered], spikes)
