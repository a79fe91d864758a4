"""Record outputs and spikes over time, for the first items of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import nengo
import numpy as np
from numpy.typing import NDArray

from snnc.program.program import Program
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


class Runs(Protocol):
    """A network that shows items side by side: on the emulated chip, or in floats."""

    def run(
        self,
        items: Mapping[nengo.Node, Array],
        steps: int,
        *,
        gap: int,
        latency: int,
        present: Literal["stream"],
    ) -> Any: ...


def recording_of(
    network: Runs,
    net: nengo.Network,
    program: Program,
    recorder: Recorder | None,
    first: Array,
    recorded: int,
    latency: int,
) -> Recording | None:
    """Run the first items again, with the data of all probes: the first chain starts with the same items.

    The end of each is in the steps in which the next one begins, so that there is one more.
    """
    if recorder is None:
        return None
    steps, gap = program.stream_steps, program.gap_steps
    seen = network.run({net.shown: first}, steps, gap=gap, latency=latency, present="stream")
    for item in range(min(recorded, len(first))):
        recorder.take({probe: seen[probe][item] for probe in net.all_probes})
    return recorder.recording()
