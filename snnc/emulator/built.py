"""A network as NengoLoihi builds it, and where host and chip meet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from nengo.rc import rc
from nengo_loihi.builder import Model
from numpy.typing import NDArray

from snnc.emulator.chip import Chip, chip_of
from snnc.emulator.errors import NEITHER, NotEmulatedError
from snnc.emulator.operators import copies_to_senders, host_to_chip, refuse_unsupported
from snnc.emulator.reach import Reach
from snnc.emulator.readout import KEYS
from snnc.emulator.traffic import Counter


@dataclass(frozen=True, eq=False)
class Built:
    """A model of NengoLoihi with its chip.

    If it is `precomputed`, the host runs in two parts: `model.host_pre` before the chip, `model.host` after it. It isn't where
    the chip sends to a part of the host that is connected with its inputs; then all of the host is in `model.host`.
    """

    network: Any
    dt: float
    model: Any
    chip: Chip
    precomputed: bool
    #: The seed of the chip's random numbers, if it draws any.
    seed: int
    #: The neurons of each sending process among the chip's inputs. It goes by its id, since any two processes are equal.
    senders: dict[int, slice]
    #: By the id of each process that sends an error: how many values it has, and the synapse that learns from it.
    errors: dict[int, tuple[int, Any]]
    #: How many values each receiving process receives, and the chip's probe that they come from, by its id.
    receivers: dict[int, int]
    received_probes: dict[int, Any]
    #: The network's probes on the chip, and NengoLoihi's own probe for each.
    chip_probes: dict[Any, Any]

    @cached_property
    def counter(self) -> Counter:
        """What counts the traffic of items."""
        reach = Reach.of(self.model, self.chip)
        return Counter.of(reach, self.chip.n_compartments, self.ensembles, self.sending)

    @cached_property
    def ensembles(self) -> dict[int, NDArray[np.int64]]:
        """The places of the neurons of each ensemble on the chip, by its number in the network."""
        blocks = {
            number: self.model.objs.get(ensemble, {}).get("in")
            for number, ensemble in enumerate(self.network.all_ensembles)
        }
        return {
            number: np.sort(np.concatenate([self.chip.places[block] for block in its]))
            for number, its in blocks.items()
            if its is not None
        }

    @cached_property
    def sending(self) -> dict[int, slice]:
        """The neurons among the chip's inputs of each ensemble of the host that sends its spikes there, by its number in the network."""
        found = {}
        for part in (self.model.host_pre, self.model.host):
            copies = copies_to_senders(part.operators)
            for process, signal in host_to_chip(part.operators, copies).items():
                for number, ensemble in enumerate(self.network.all_ensembles):
                    if part.sig.get(ensemble.neurons, {}).get("out") is signal:
                        found[number] = self.senders[process]
        return found


def build(network: Any, dt: float, seed: int | None = None, model: Any = None) -> Built:
    """Build a network as nengo_loihi.Simulator does; a NotEmulatedError names the part that isn't emulated."""
    if rc.float_dtype != np.float64:
        raise NotEmulatedError(f"{network} with {rc.float_dtype} on the host, as nengo.rc says")
    model = Model(dt=float(dt), label=str(network)) if model is None else model
    model.build(network, precompute=None, remove_passthrough=True, discretize=True)
    _refuse_files(model)
    for part in (model.host_pre, model.host):
        refuse_unsupported(part)
    chip = chip_of(model)
    if seed is None and network.seed is not None:
        seed = network.seed + 1
    if chip.chance is not None and seed is None:
        raise NotEmulatedError(
            f"{network}: it learns or is noisy on the chip, has no seed, and never runs twice the same"
        )
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
    for probe in network.all_probes:
        _refuse_probe(probe, chip_probes.get(probe))
    return Built(
        network=network,
        dt=float(dt),
        model=model,
        chip=chip,
        precomputed=model.split.precompute,
        seed=0 if seed is None else seed,
        senders=senders,
        errors=_errors(model, chip),
        receivers=receivers,
        received_probes=received_probes,
        chip_probes=chip_probes,
    )


def _errors(model: Any, chip: Chip) -> dict[int, tuple[int, Any]]:
    """Return the synapse that learns from the values of each process that sends errors, by its id, as StepRunner finds it."""
    errors = {}
    for send, target in model.host2chip_pes_senders.items():
        connection = model.nengo_probe_conns[target.error_target]
        synapse = model.objs[connection]["decoders"]
        if chip.chance is None or synapse not in chip.chance.learned:
            raise NotEmulatedError(f"{connection}: it learns, and takes several cores", NEITHER)
        errors[id(send.output)] = send.size_in, synapse
    return errors


def _refuse_files(model: Any) -> None:
    for spikes in model.inputs:
        if spikes.permanent:
            raise NotEmulatedError(f"{spikes.label or 'an input'}, whose spikes come from a file")


def _refuse_probe(probe: Any, on_chip: Any | None) -> None:
    if on_chip is None:
        return
    if probe.sample_every is not None:
        raise NotEmulatedError(f"{probe}, which has a sample_every on the chip", NEITHER)
    if on_chip.key not in KEYS:
        raise NotEmulatedError(f"{probe}, which is of '{on_chip.key}' on the chip", NEITHER)
