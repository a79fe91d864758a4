"""The chip as NengoLoihi's simulator asks for it: one item, whose state carries on from one run to the next."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from nengo.exceptions import SimulationError
from numpy.typing import NDArray

from snnc.emulator.chip import chip_of
from snnc.emulator.errors import NEITHER, NotEmulatedError
from snnc.emulator.kernels import OVERFLOWS, State, run
from snnc.emulator.learning import LOST_SPIKES
from snnc.emulator.machine import padded
from snnc.emulator.readout import KEYS, Recorder
from snnc.emulator.restless import Restless

#: The number of steps that compiled code runs at once: few enough that an interruption is heard soon.
AT_ONCE = 100
#: What NengoLoihi's emulator raises instead of a warning where it is strict.
ERRORS = {*OVERFLOWS, LOST_SPIKES}


class ChipInterface:
    """What `nengo_loihi.emulator.EmulatorInterface` is for a simulator, computed by compiled code.

    `own` is that interface, which hasn't run. Its probes are used: they gather what the chip shows, multiply it by weights, and
    filter it.
    """

    def __init__(self, model: Any, own: Any) -> None:
        for probe in model.probes:
            if probe.key not in KEYS:
                raise NotEmulatedError(f"probes of '{probe.key}' on the chip", NEITHER)
        self.t = 0
        self.closed = False
        self._probes, self._strict = own.probes, own.strict
        self._chip = chip_of(model)
        self._recorder = Recorder(self._chip, model.probes)
        self._state = State.cleared(1, self._chip.n_compartments, self._chip.n_inputs)
        chance = self._chip.chance
        self._restless = None if chance is None else Restless(chance, 1, own.seed)
        #: Room for spikes that the chip receives, from the step before on, and for a record.
        self._spikes = np.zeros((1 + AT_ONCE, 1, padded(self._chip.n_inputs)), np.uint8)
        self._record = self._recorder.record(1, AT_ONCE)
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

    def host2chip(
        self, spikes: Iterable[tuple[Any, int, Any]], errors: Iterable[tuple[Any, int, Any]]
    ) -> None:
        """Take what the host sends in a step: spikes of an input's neurons, and errors of synapses that learn."""
        for spike_input, step, neurons in spikes:
            spike_input.add_spikes(step, neurons)
        if self._restless is not None:
            self._restless.receive(1, {synapse: error[None] for synapse, _, error in errors})

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
        run_steps = run if self._restless is None else self._restless.run
        run_steps(1, spikes, chip.compartments, chip.synapses, self._state, self._record, overflows)
        self.t += n_steps
        for probe, seen in self._probes.outputs.items():
            states = self._recorder.states(probe, self._record)
            for of_block, its_states in zip(seen, states, strict=True):
                of_block.extend(its_states[:n_steps, 0].copy())
        said = [text for text, lost in zip(OVERFLOWS, overflows, strict=True) if lost]
        self._report(said if self._restless is None else [*said, *self._restless.said()])

    def _write_spikes(self, step: int, row: NDArray[np.uint8]) -> None:
        """Write 1 for each neuron that sends a spike to the chip in a step, and 0 for the others."""
        for spike_input, part in self._chip.inputs.items():
            counts = np.bincount(spike_input.spike_idxs(step), minlength=spike_input.n_neurons)
            its_row = row[part].reshape(-1, spike_input.n_neurons)
            its_row[...] = counts > np.arange(len(its_row))[:, None]

    def _report(self, said: Iterable[str]) -> None:
        """Warn as NengoLoihi's own interface does."""
        for text in said:
            if self._strict and text in ERRORS:
                raise SimulationError(text)
            warnings.warn(text, stacklevel=2)
