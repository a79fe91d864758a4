"""Read the answers and firing rates of items from the data of a network's probes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nengo
import numpy as np
from numpy.typing import NDArray

from snnc.program.program import Program
from snnc.running.answers import Answers, mean_rates, softmax
from snnc.running.over_time import OverTime, read_from

Array = NDArray[Any]


def spikes_in(probe: nengo.Probe, summed: Any, dt: float) -> Any:
    """Return how many spikes a probe's outputs are that were summed over steps: each is amplitude / dt."""
    return np.rint(summed * dt / probe.target.ensemble.neuron_type.amplitude)


class ProbeReader:
    """Collects the probe data of a network's items, some items at a time; of each's `steps` steps the last `read` are its answer.

    If `over_time` is there, it sees the outputs, too. The rates of the first `each` items are kept by themselves, too.
    """

    def __init__(
        self,
        net: nengo.Network,
        program: Program,
        n_items: int,
        steps: int,
        read: int,
        over_time: OverTime | None = None,
        each: int = 0,
    ) -> None:
        self._net, self._program, self._n_items, self._steps = net, program, n_items, steps
        self._read, self._over_time = read, over_time
        self._logits = np.empty((n_items, program.network.output.classes))
        self._probabilities = np.empty_like(self._logits)
        self._has_softmax = hasattr(net, "probabilities")
        #: Seconds that an item's spikes are counted.
        self._seconds = steps * program.network.dt
        self._counts: dict[str, NDArray[np.int64]] = {}
        self._rates = {probe.label: np.zeros(probe.size_in) for probe in net.spikes}
        kept = min(each, n_items)
        self._each = {probe.label: np.zeros((kept, probe.size_in)) for probe in net.spikes if kept}

    @property
    def probes(self) -> list[nengo.Probe]:
        """The probes of answers and spikes."""
        softmax_probes = [self._net.probabilities] if self._has_softmax else []
        return [self._net.logits, *softmax_probes, *self._net.spikes]

    def take(self, items: Any, seen: Mapping[nengo.Probe, Array]) -> None:
        """Take the probe data of some items, (items, steps, size) each; `items` are their numbers. Steps beyond `steps` are a gap."""
        self.take_answers(items, seen)
        for probe in self._net.spikes:
            self.add_outputs(probe, items, seen[probe][:, : self._steps].mean(axis=1, dtype=float))

    def take_answers(self, items: Any, seen: Mapping[nengo.Probe, Array]) -> None:
        """Take what `take` does but for spikes, which `add_summed` or `add_counts` gets."""
        self._logits[items] = self._answer(seen[self._net.logits])
        if self._over_time:
            self._over_time.take(items, seen[self._net.logits])
        if self._has_softmax:
            self._probabilities[items] = self._answer(seen[self._net.probabilities])

    def add_outputs(self, probe: nengo.Probe, items: Any, outputs: Array) -> None:
        """Add the mean outputs of neurons for some items, (items, neurons)."""
        # The probe's value of a spike is amplitude / dt.
        amplitude = probe.target.ensemble.neuron_type.amplitude
        # Rounded as scripts do.
        self._rates[probe.label] += outputs.sum(axis=0) / amplitude / self._n_items
        self._keep(probe, items, outputs, amplitude)

    def add_summed(self, probe: nengo.Probe, items: Any, outputs: Array) -> None:
        """Add the outputs of neurons for some items, (items, neurons), summed over an item's steps."""
        if probe.target.ensemble.neuron_type.spiking:
            self.add_counts(probe, items, spikes_in(probe, outputs, self._program.network.dt))
        else:
            self.add_outputs(probe, items, outputs / self._steps)

    def add_counts(self, probe: nengo.Probe, items: Any, counts: Array) -> None:
        """Add how often neurons fired in some items, (items, neurons)."""
        before = self._counts.get(probe.label, 0)
        self._counts[probe.label] = before + counts.sum(axis=0, dtype=np.int64)
        self._keep(probe, items, counts, self._seconds)

    def _keep(self, probe: nengo.Probe, items: Any, values: Array, of_one: float) -> None:
        """Keep the rates of single items: values, (items, neurons), divided by that of a spike a second."""
        if self._each:
            kept = self._each[probe.label]
            numbers = np.arange(self._n_items)[items]
            kept[numbers[numbers < len(kept)]] = (values / of_one)[numbers < len(kept)]

    def answers(self) -> Answers:
        """Return the answers to all items."""
        probabilities = self._probabilities if self._has_softmax else None
        if self._program.network.output.softmax == "offline":
            probabilities = softmax(self._logits)
        for name, counts in self._counts.items():
            self._rates[name] = mean_rates(counts, self._n_items, self._seconds)
        return Answers(
            self._logits,
            self._rates,
            counts=self._counts,
            seconds=self._seconds,
            each=self._each,
            probabilities=probabilities,
        )

    def _answer(self, outputs: Array) -> Any:
        """Return the answer to each item, (items, classes): its last output, or the mean of its last ones."""
        return read_from(outputs[:, : self._steps], self._read)
