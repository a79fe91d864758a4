"""What the chip had to do for each item: added up from the spikes of each source, and from what a spike of it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.machine import compiled
from snnc.emulator.reach import Reach

Ints = NDArray[np.int64]
Counts = NDArray[np.int32]
#: What is counted of an item in all, by the names in `Traffic`.
TOTALS = ("fired", "sent", "messages", "operations")


@dataclass(frozen=True, eq=False)
class Traffic:
    """What the chip had to do for each item, its gap included, (items,): whole numbers, counted spike by spike.

    `fired` are the spikes on the chip, and `sent` those that the host sent there. `of_ensembles` are the spikes of each ensemble
    on the chip, and those that one on the host sent there, by its number. A spike goes as a message to each core that it has
    synapses on, and does an operation for each of these synapses.
    """

    of_ensembles: dict[int, Ints]
    fired: Ints
    sent: Ints
    messages: Ints
    operations: Ints

    def room(self, n_items: int) -> Traffic:
        """Return room for the traffic of more items than these."""
        return Traffic(
            {number: np.empty(n_items, np.int64) for number in self.of_ensembles},
            *(np.empty(n_items, np.int64) for _ in TOTALS),
        )

    def put(self, items: Ints, of: Traffic) -> None:
        """Write down the traffic of some items."""
        for number, values in of.of_ensembles.items():
            self.of_ensembles[number][items] = values
        for name in TOTALS:
            getattr(self, name)[items] = getattr(of, name)


@dataclass(frozen=True, eq=False)
class Counter:
    """What adds up spikes: runs of neighbouring sources that belong together, and what a spike of each source reaches."""

    reach: Reach
    #: Where each run begins and ends, (runs, 2). The last one are the host's neurons.
    runs: Ints
    #: The runs of each ensemble on the chip, by its number.
    of_ensembles: dict[int, Ints]
    #: The neurons of each ensemble of the host that sends spikes, among the chip's inputs.
    sending: Mapping[int, slice]

    @classmethod
    def of(
        cls,
        reach: Reach,
        n_compartments: int,
        places: Mapping[int, Ints],
        sending: Mapping[int, slice],
    ) -> Counter:
        """Return the runs of a chip with the compartments of ensembles at some places."""
        owners = np.full(n_compartments, -1)
        for number, its in places.items():
            owners[its] = number
        begins = np.append(np.flatnonzero(np.diff(owners, prepend=-2)), n_compartments)
        runs = np.stack([begins, np.append(begins[1:], len(reach.synapses))], axis=1)
        runs_of = {n: np.flatnonzero(owners[begins[:-1]] == n) for n in places}
        return cls(reach, runs, runs_of, sending)

    def traffic(self, n_items: int, counts: Counts) -> Traffic:
        """Return the traffic of the first items, given how often each source has fired, (items, sources)."""
        sums = _summed(n_items, counts, self.runs, self.reach.axons, self.reach.synapses)
        spikes, of_all = sums[:, :, 0], sums.sum(axis=1)
        on_chip = {number: spikes[:, its].sum(axis=1) for number, its in self.of_ensembles.items()}
        inputs = counts[:n_items, self.runs[-1, 0] :]
        sent = {number: inputs[:, its].sum(axis=1) for number, its in self.sending.items()}
        return Traffic(
            on_chip | sent,
            fired=spikes[:, :-1].sum(axis=1),
            sent=spikes[:, -1],
            messages=of_all[:, 1],
            operations=of_all[:, 2],
        )


@compiled
def _summed(n_items: int, counts: Counts, runs: Ints, axons: Ints, synapses: Ints) -> Any:
    """Return the spikes of each run of sources, their messages and operations, (items, runs, 3)."""
    sums = np.empty((n_items, len(runs), 3), np.int64)
    for item in range(n_items):
        for run in range(len(runs)):
            spikes = messages = operations = np.int64(0)
            for i in range(np.uint64(runs[run, 0]), np.uint64(runs[run, 1])):
                count = np.int64(counts[item, i])
                spikes += count
                messages += count * axons[i]
                operations += count * synapses[i]
            sums[item, run, 0] = spikes
            sums[item, run, 1] = messages
            sums[item, run, 2] = operations
    return sums
