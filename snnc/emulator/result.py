"""What a run came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import nengo
import numpy as np
from numpy.typing import NDArray

from snnc.emulator.built import Built

Array = NDArray[Any]
Counts = NDArray[np.int32]


@dataclass(frozen=True)
class Size:
    """How many cores, compartments and synapses of the chip a network takes; a synapse is a source and what it reaches."""

    cores: int
    neurons: int
    synapses: int

    def __str__(self) -> str:
        cores = "core" if self.cores == 1 else "cores"
        return f"{self.cores} {cores}, {self.neurons:,} neurons, {self.synapses:,} synapses"


@dataclass(frozen=True, eq=False)
class Batch:
    """What came of some items, given by their numbers: what probes saw, (items, steps, size), in the order of `items`."""

    items: NDArray[np.int64]
    data: dict[nengo.Probe, Array]
    counts: Counts
    #: How long each part of the work took.
    seconds: dict[str, float]
    built: Built

    def spike_counts(self, ensemble: nengo.Ensemble) -> Counts:
        """Return how often each neuron of an ensemble on the chip fired for each item, (items, neurons)."""
        places = self.built.neurons(ensemble)
        if places is None:
            raise ValueError(f"{ensemble} isn't on the chip; probe its neurons")
        return self.counts[:, places]


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What a run came to: `result[probe]` is what a probe saw, (items, steps, size)."""

    batch: Batch
    size: Size
    present: Literal["fresh", "stream"]
    chains: int
    steps: int
    seconds: float

    @classmethod
    def of(
        cls,
        batches: Sequence[Batch],
        size: Size,
        present: Literal["fresh", "stream"],
        chains: int,
        steps: int,
        seconds: float,
    ) -> Result:
        """Return what batches came to together, in the order of the items."""
        order = np.argsort(np.concatenate([batch.items for batch in batches]))
        first = batches[0]
        whole = Batch(
            np.arange(len(order)),
            {
                probe: np.concatenate([batch.data[probe] for batch in batches])[order]
                for probe in first.data
            },
            np.concatenate([batch.counts for batch in batches])[order],
            {part: sum(batch.seconds[part] for batch in batches) for part in first.seconds},
            first.built,
        )
        n_chains = len(order) if present == "fresh" else min(chains, len(order))
        return cls(whole, size, present, n_chains, steps, seconds)

    def __getitem__(self, probe: nengo.Probe) -> Array:
        return self.batch.data[probe]

    def spike_counts(self, ensemble: nengo.Ensemble) -> Counts:
        """Return how often each neuron of an ensemble on the chip fired for each item, (items, neurons)."""
        return self.batch.spike_counts(ensemble)

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
