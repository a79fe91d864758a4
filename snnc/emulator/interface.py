"""The chip as NengoLoihi's simulator asks for it: one item, whose state carries on from one run to the next."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from nengo.exceptions import SimulationError
from numpy.typing import NDArray

from snnc.emulator.chip import chip_of
from snnc.emulator.errors import NotEmulatedError
from snnc.emulator.kernels import OVERFLOWS, State, run
from snnc.emulator.machine import padded
from snnc.emulator.readout import Readout

#: The number of steps that compiled code runs at once: few enough that an interruption is heard soon.
AT_ONCE = 100


class ChipInterface:
    """What `nengo_loihi.emulator.EmulatorInterface` is for a simulator, computed by compiled code.

    `probes` are that interface's own: they gather what the chip shows, multiply it by weights, and filter it.
    """

    def __init__(self, model: Any, probes: Any, strict: bool) -> None:
        if model.host2chip_pes_senders:
            raise NotEmulatedError("PES learning")
        self.t = 0
        self.closed = False
        self._probes, self._strict = probes, strict
        self._chip = chip_of(model)
        self._readout = Readout(self._chip, model.probes, n_steps=1)
        self._state = State.cleared(1, self._chip.n_compartments)
        #: Room for spikes that the chip receives, from the step before on, and for a record.
        self._spikes = np.zeros((1 + AT_ONCE, 1, padded(self._chip.n_inputs)), np.uint8)
        self._record = self._readout.record(1, AT_ONCE)
        # What isn't compiled yet is compiled now.
        self._advance(0)

    def __enter__(self) -> ChipInterface:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True

    def clear_probes(self) -> None:
        """Do nothing: values are gone once they have been collected."""

    def collect_probe_output(self, probe: Any) -> Any:
        """Return what a probe has seen since this was last asked."""
        return self._probes.collect_probe_output(probe)

    def chip2host(self, probes_receivers: Mapping[Any, Any]) -> None:
        """Hand what probes have seen to the processes that receive it."""
        for probe, receiver in probes_receivers.items():
            self._probes.send(self.t, probe, receiver)

    def host2chip(self, spikes: Iterable[tuple[Any, int, Any]], errors: Iterable[Any]) -> None:
        """Take spikes that the host sends: an input, a step, and the neurons that fire."""
        for spike_input, step, neurons in spikes:
            spike_input.add_spikes(step, neurons)

    def step(self) -> None:
        self.run_steps(1)

    def run_steps(self, steps: int) -> None:
        for begin in range(0, steps, AT_ONCE):
            self._advance(min(AT_ONCE, steps - begin))

    def _advance(self, n_steps: int) -> None:
        """Run as many steps as there is room for, or fewer."""
        chip, spikes = self._chip, self._spikes[: 1 + n_steps]
        for step in range(n_steps):
            # They take a step to arrive.
            self._write_spikes(self.t + step, spikes[step, 0])
        overflows = np.zeros(len(OVERFLOWS), np.int32)
        run(1, spikes, chip.compartments, chip.synapses, self._state, self._record, overflows)
        self.t += n_steps
        for probe, seen in self._probes.outputs.items():
            values = self._readout.states(probe, self._record)
            for of_block, its_values in zip(seen, values, strict=True):
                of_block.extend(its_values[:n_steps, 0].copy())
        self._report(overflows)

    def _write_spikes(self, step: int, row: NDArray[np.uint8]) -> None:
        """Write 1 for each neuron that sends a spike to the chip in a step, and 0 for the others."""
        for spike_input, part in self._chip.inputs.items():
            counts = np.bincount(spike_input.spike_idxs(step), minlength=spike_input.n_neurons)
            its_row = row[part].reshape(-1, spike_input.n_neurons)
            its_row[...] = counts > np.arange(len(its_row))[:, None]

    def _report(self, overflows: NDArray[np.int32]) -> None:
        """Say which numbers left their bits, as NengoLoihi's own interface does."""
        for overflowed, text in zip(overflows, OVERFLOWS, strict=True):
            if overflowed and self._strict:
                raise SimulationError(text)
            if overflowed:
                warnings.warn(text, stacklevel=2)
