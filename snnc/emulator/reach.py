"""What a spike reaches on the chip: the axons that it takes, and the synapses that these lead to.

`chip.py` adds up the weights between the same two compartments, since the sum is all that counts for a result. What is counted
here is what the chip's memory holds: each weight that an axon leads to is read for every spike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.chip import Chip

Ints = NDArray[np.int64]

#: Stands for the number of weights of an axon that isn't used.
UNUSED = -1


@dataclass(frozen=True, eq=False)
class Reach:
    """For a spike of each source, (sources,): how many synapses it reaches, and how many axons it takes there.

    The sources are those of the chip's synapses: its compartments, and then the host's neurons that send spikes.
    """

    synapses: Ints
    axons: Ints

    @classmethod
    def of(cls, model: Any, chip: Chip) -> Reach:
        """Return the reach of all sources of a model that NengoLoihi has built."""
        n = chip.n_compartments
        reach = cls(*np.zeros((2, n + chip.n_inputs), np.int64))
        lengths = {
            synapse: _lengths(synapse) for block in model.blocks for synapse in block.synapses
        }
        for block, places in chip.places.items():
            for axon in block.axons:
                reach._add(places, axon, lengths[axon.target])
        for spikes, part in chip.inputs.items():
            # A neuron that may fire several times in a step has several sources.
            sources = n + np.arange(part.start, part.stop).reshape(-1, spikes.n_neurons)
            for axon in spikes.axons:
                for its_sources in sources:
                    reach._add(its_sources, axon, lengths[axon.target])
        return reach

    def _add(self, sources: Ints, axon: Any, lengths: Ints) -> None:
        """Add what some sources reach through an axon of each."""
        numbers = np.asarray(axon.map_axon(np.arange(len(sources))))
        leads = numbers >= 0
        reached = lengths[numbers[leads]]
        self.synapses[sources[leads]] += np.maximum(reached, 0)
        self.axons[sources[leads]] += reached != UNUSED


def _lengths(synapse: Any) -> Ints:
    """Return the number of weights that a spike on each axon of a synapse reads, which is the same for every channel of a population."""
    return np.array(
        [
            UNUSED
            if synapse.axon_compartment_base(axon) is None
            else len(synapse.axon_weights_indices(axon)[0])
            for axon in range(synapse.n_axons)
        ],
        dtype=np.int64,
    )
