"""A network as NengoLoihi builds it, and where its parts meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from nengo_loihi.builder import Model
from numpy.typing import NDArray

from snnc.emulator.chip import Chip, chip
from snnc.emulator.errors import NotEmulatedError


@dataclass(frozen=True, eq=False)
class Built:
    """A model of NengoLoihi with its chip.

    The host runs in two parts, before and after the chip, unless what it sends depends on what it receives: then all of it
    is in `after`, and not `precomputed`.
    """

    dt: float
    model: Any
    chip: Chip
    precomputed: bool
    #: By the id of each sending process (any two of them are equal): where its spikes are among the chip's inputs.
    senders: dict[int, slice]
    #: By the id of each receiving process: how much it receives, and the probe on the chip where that comes from.
    receivers: dict[int, int]
    received_probes: dict[int, Any]
    #: The network's probes of the chip, and what NengoLoihi made of them.
    chip_probes: dict[Any, Any]

    def neurons(self, ensemble: Any) -> NDArray[np.int64] | None:
        """Return the places of an ensemble's neurons on the chip, or None if it is on the host."""
        blocks = self.model.objs.get(ensemble, {}).get("in")
        if blocks is None:
            return None
        return np.sort(np.concatenate([self.chip.places[block] for block in blocks]))


def built(network: Any, dt: float) -> Built:
    """Build a network as nengo_loihi.Simulator does; a NotEmulatedError names what can't be run."""
    model = Model(dt=float(dt), label=str(network))
    model.build(network, precompute=None, remove_passthrough=True, discretize=True)
    if model.host2chip_pes_senders:
        raise NotEmulatedError("PES learning")
    for probe in network.all_probes:
        if probe.sample_every is not None:
            raise NotEmulatedError(f"{probe}, which has a sample_every")
    made = chip(model)
    senders = {
        id(send.output): made.inputs[model.spike_targets[receive]]
        for send, receive in model.host2chip_senders.items()
    }
    receivers, received = {}, {}
    for probe, receive in model.chip2host_receivers.items():
        receivers[id(receive.output)] = receive.size_out
        received[id(receive.output)] = model.objs[probe]["out"]
    on_chip = {
        probe: model.objs[probe]["out"]
        for probe in model.nengo_probes
        if probe not in model.chip2host_params
    }
    return Built(
        float(dt), model, made, model.split.precompute, senders, receivers, received, on_chip
    )
