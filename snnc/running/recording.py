"""What the first items of a stream looked like: the output over time, and which neurons fired when."""

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
    """Some first items of a stream: outputs over time, (items, steps, classes), without the probe's synapse and with it.

    `spikes` are those of each layer, (items, steps, neurons), in seconds^-1 times amplitude as probes give them; of a large
    layer they are those of 100 neurons. A gap belongs to the item before it.
    """

    unfiltered: Array
    filtered: Array
    spikes: dict[str, Array]


def drawn(neurons: int) -> NDArray[np.int64]:
    """Return which neurons of a layer are shown: all, or some by chance, as every n-th may be of the same channel."""
    return np.sort(np.random.RandomState(0).permutation(neurons)[:NEURONS])


class Recorder:
    """Adds a probe without synapse to a deployed network that isn't built yet, and takes what probes have seen."""

    def __init__(self, net: nengo.Network) -> None:
        with net:
            self._unfiltered = nengo.Probe(net.logits.target, label="unfiltered")
        self._filtered, self._spikes = net.logits, net.spikes
        outputs = (self._filtered, self._unfiltered)
        #: Which of its values are kept, by probe.
        self._shown = {probe: np.arange(probe.size_in) for probe in outputs}
        self._shown |= {probe: drawn(probe.size_in) for probe in self._spikes}
        self._taken: dict[nengo.Probe, list[Array]] = {probe: [] for probe in self._shown}

    def take(self, seen: Mapping[nengo.Probe, Any]) -> None:
        """Keep what the probes have seen of one more item."""
        for probe, shown in self._shown.items():
            self._taken[probe].append(seen[probe][:, shown])

    def recording(self) -> Recording:
        """Return all items that were taken."""
        whole = {probe: np.stack(outputs) for probe, outputs in self._taken.items()}
        spikes = {probe.label: whole[probe] for probe in self._spikes}
        return Recording(whole[self._unfiltered], whole[self._filtered], spikes)
