"""A network as NengoLoihi builds it, and where host and chip meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from nengo_loihi.builder import Model
from numpy.typing import NDArray

from snnc.emulator.chip import Chip, chip_of
from snnc.emulator.errors import NotEmulatedError


@dataclass(frozen=True, eq=False)
class Built:
    """A model of NengoLoihi with its chip.

    If it is `precomputed`, the host runs in two parts: `model.host_pre` before the chip, `model.host` after it. It isn't where
    the chip sends to a part of the host that is connected with its inputs; then all of the host is in `model.host`.
    """

    dt: float
    model: Any
    chip: Chip
    precomputed: bool
    #: The neurons of each sending process among the chip's inputs. It goes by its id, since any two processes are equal.
    senders: dict[int, slice]
    #: How many values each receiving process receives, and the chip's probe that they come from, by its id.
    receivers: dict[int, int]
    received_probes: dict[int, Any]
    #: The network's probes on the chip, and NengoLoihi's own probe for each.
    chip_probes: dict[Any, Any]

    def neurons(self, ensemble: Any) -> NDArray[np.int64] | None:
        """Return the places of an ensemble's neurons on the chip, or None if it is on the host."""
        blocks = self.model.objs.get(ensemble, {}).get("in")
        if blocks is None:
            return None
        return np.sort(np.concatenate([self.chip.places[block] for block in blocks]))


def build(network: Any, dt: float) -> Built:
    """Build a network as nengo_loihi.Simulator does; a NotEmulatedError names the part that isn't emulated."""
    model = Model(dt=float(dt), label=str(network))
    model.build(network, precompute=None, remove_passthrough=True, discretize=True)
    if model.host2chip_pes_senders:
        raise NotEmulatedError("PES learning")
    for spikes in model.inputs:
        if spikes.permanent:
            raise NotEmulatedError(f"{spikes.label or 'an input'}, whose spikes come from a file")
    for probe in network.all_probes:
        if probe.sample_every is not None:
            raise NotEmulatedError(f"{probe}, which has a sample_every")
    chip = chip_of(model)
    senders = {
        id(send.output): chip.inputs[model.spike_targets[receive]]
        for send, receive in model.host2chip_senders.items()
    }
    receivers, received_probes = {}, {}
    for probe, receive in model.chip2host_receivers.items():
        receivers[id(receive.output)] = receive.size_out
        received_probes[id(receive.output)] = model.objs[probe]["out"]
    chip_probes = {
        probe: model.objs[probe]["out"]
        for probe in model.nengo_probes
        if probe not in model.chip2host_params
    }
    return Built(
        dt=float(dt),
        model=model,
        chip=chip,
        precomputed=model.split.precompute,
        senders=senders,
        receivers=receivers,
        received_probes=received_probes,
        chip_probes=chip_probes,
    )
