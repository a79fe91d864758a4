"""The results of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import nengo
import numpy as np
from numpy.typing import NDArray

from snnc.emulator.traffic import Traffic

Array = NDArray[Any]
Counts = NDArray[np.int32]


@dataclass(frozen=True)
class Size:
    """How many cores, compartments and synapses of the chip a network takes; a synapse is a source with a target."""

    cores: int
    neurons: int
    synapses: int

    def __str__(self) -> str:
        cores = "core" if self.cores == 1 else "cores"
        return f"{self.cores} {cores}, {self.neurons:,} neurons, {self.synapses:,} synapses"


@dataclass(frozen=True, eq=False)
class Batch:
    """The results of some items, by their numbers: the values of probes, (items, steps, size), and spikes of compartments.

    The spikes of `counts`, and those that the host `sent` to the chip, are those before the gap.
    """

    items: NDArray[np.int64]
    #: Once they were pickled, of probes by their numbers.
    data: dict[Any, Array]
    counts: Counts
    sent: Counts
    traffic: Traffic
    #: How long each stage took: host, chip, readout.
    seconds: dict[str, float]
    #: The network, but for results that were pickled.
    network: nengo.Network | None
    #: The compartments of each ensemble on the chip, by its number.
    places: Mapping[int, NDArray[np.int64]]
    #: Those of an ensemble on the host among all that send to the chip.
    sending: Mapping[int, slice]

    @classmethod
    def of(cls, batches: Iterable[Batch], n_items: int) -> Batch:
        """Return batches put together, in the order of the items."""
        whole = None
        for batch in batches:
            if whole is None:
                whole = cls(
                    np.arange(n_items),
                    {probe: _room(values, n_items) for probe, values in batch.data.items()},
                    _room(batch.counts, n_items),
                    _room(batch.sent, n_items),
                    batch.traffic.room(n_items),
                    dict.fromkeys(batch.seconds, 0.0),
                    batch.network,
                    batch.places,
                    batch.sending,
                )
            for probe, values in batch.data.items():
                whole.data[probe][batch.items] = values
            whole.counts[batch.items] = batch.counts
            whole.sent[batch.items] = batch.sent
            whole.traffic.put(batch.items, batch.traffic)
            for stage, seconds in batch.seconds.items():
                whole.seconds[stage] += seconds
        assert whole is not None
        return whole

    def of_probe(self, probe: nengo.Probe | int) -> Array:
        """Return the values of a probe, or of that with a number in the network's `all_probes`."""
        if isinstance(probe, nengo.Probe) and self.network is None:
            raise KeyError(f"results that were pickled know {probe} by its number in all_probes")
        if not isinstance(probe, nengo.Probe) and self.network is not None:
            probe = self.network.all_probes[probe]
        return self.data[probe]

    def spike_counts(self, ensemble: nengo.Ensemble | int) -> Counts:
        """Return how often each neuron of an ensemble on the chip fired for each item, (items, neurons).

        Of one on the host, how often it sent a spike to the chip: at most once in a step. An ensemble may be given by its number in
        the network's `all_ensembles`.
        """
        if isinstance(ensemble, nengo.Ensemble):
            if self.network is None:
                raise KeyError(
                    f"results that were pickled know {ensemble} by its number in all_ensembles"
                )
            number = self.network.all_ensembles.index(ensemble)
        else:
            number = ensemble
        if number in self.sending:
            return self.sent[:, self.sending[number]]
        if number not in self.places:
            raise ValueError(f"{ensemble} isn't on the chip; probe its neurons")
        return self.counts[:, self.places[number]]

    def __getstate__(self) -> dict[str, Any]:
        """Leave the network behind, whose functions can't be pickled: probes become numbers."""
        if self.network is None:
            return vars(self)
        numbers = {probe: number for number, probe in enumerate(self.network.all_probes)}
        data = {numbers[probe]: values for probe, values in self.data.items()}
        return {**vars(self), "data": data, "network": None}


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """The results of a run: `result[probe]` are the values of a probe, (items, steps, size)."""

    batch: Batch
    size: Size
    present: Literal["fresh", "stream"]
    chains: int
    steps: int
    seconds: float

    def __getitem__(self, probe: nengo.Probe | int) -> Array:
        return self.batch.of_probe(probe)

    def spike_counts(self, ensemble: nengo.Ensemble | int) -> Counts:
        """Return how often each neuron of an ensemble fired for each item, as `Batch.spike_counts`, (items, neurons)."""
        return self.batch.spike_counts(ensemble)

    @property
    def traffic(self) -> Traffic:
        """What the chip had to do for each item."""
        return self.batch.traffic

    @property
    def spikes(self) -> int:
        """How many spikes there were on the chip."""
        return int(self.batch.counts.sum(dtype=np.int64))

    def __repr__(self) -> str:
        shown = "fresh" if self.present == "fresh" else f"a stream in {self.chains} chains"
        return (
            f"{self.size}; "
            f"{len(self.batch.items):,} items of {self.steps} steps, {shown}: "
            f"{self.spikes:,} spikes in {self.seconds:.2f} s"
        )


def _room(values: Array, n_items: int) -> Array:
    """Return room for the values of more items than these."""
    return np.empty((n_items, *values.shape[1:]), values.dtype)
