"""What a run makes the chip do: spikes, messages, synaptic operations and neuron updates, counted on the emulator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nengo
import numpy as np
from nengo.ensemble import Neurons

from snnc.running.probes import spikes_in

if TYPE_CHECKING:
    from snnc.emulator import Batch, Size


@dataclass(frozen=True)
class Work:
    """What the chip does for an item: means over items, each with its gap.

    `spikes` are those of each layer, also of layers on the host. `sent` are those that the host sends to the chip: once for
    each connection that takes them there, and those that values of the input are turned into. A spike goes as a message to each
    core on which it has synapses, and for each of these synapses there is an operation. Every neuron on the chip is updated in
    every step. `seconds` is how long an item takes where a step takes as long as the spec says.
    """

    spikes: dict[str, float]
    sent: float
    #: All spikes of neurons on the chip.
    fired: float
    messages: float
    operations: float
    updates: int
    cores: int
    seconds: float


class WorkCounter:
    """Adds up the work of some items at a time."""

    def __init__(
        self, ensembles: Iterable[nengo.Ensemble], size: Size, steps: int, dt: float
    ) -> None:
        self._names = [ensemble.label for ensemble in ensembles]
        self._size, self._steps, self._dt = size, steps, dt
        self._totals: Counter[str] = Counter()
        self._spikes: Counter[str] = Counter()
        self._n_items = 0

    def take(self, batch: Batch) -> None:
        """Take some items: the emulator counts what is on the chip or sent there, and probes show the spikes of other layers."""
        traffic = batch.traffic
        self._n_items += len(batch.items)
        for number, fired in traffic.of_ensembles.items():
            self._spikes[self._names[number]] += int(fired.sum())
        counted = {self._names[number] for number in traffic.of_ensembles}
        for probe, values in batch.data.items():
            if not isinstance(probe.target, Neurons) or probe.label in counted:
                continue
            if probe.target.ensemble.neuron_type.spiking:
                summed = np.sum(values, dtype=float)
                self._spikes[probe.label] += int(spikes_in(probe, summed, self._dt))
        for name in ("fired", "sent", "messages", "operations"):
            self._totals[name] += int(getattr(traffic, name).sum())

    def work(self) -> Work:
        """Return the work of an item."""
        means = {name: total / self._n_items for name, total in self._totals.items()}
        return Work(
            spikes={
                name: self._spikes[name] / self._n_items
                for name in self._names
                if name in self._spikes
            },
            **means,
            updates=self._size.neurons * self._steps,
            cores=self._size.cores,
            seconds=self._steps * self._dt,
        )
