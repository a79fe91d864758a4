"""Items side by side: what the host and the chip of each are at, and how both go on together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.built import Built
from snnc.emulator.host import Exchange, Host, Plan, filter_of
from snnc.emulator.kernels import Record, State, run
from snnc.emulator.readout import Readout

Array = NDArray[Any]

#: The chip looks at so many bytes of spikes at once.
WORD = 8


@dataclass(frozen=True, eq=False)
class Plans:
    """What has to be known to run items: the network, and which of its probes are recorded."""

    built: Built
    probes: Sequence[Any]
    before: Plan
    after: Plan
    readout: Readout

    @property
    def bytes_of_item(self) -> int:
        """What the state of an item takes."""
        chip = self.built.chip
        return self.before.bytes_of_item + self.after.bytes_of_item + 16 * chip.n_compartments


@dataclass(frozen=True, eq=False)
class Shown:
    """What came of showing an item in each lane: what probes saw, (lanes, steps, size), and spikes of compartments, (lanes, n)."""

    data: dict[Any, Array]
    counts: NDArray[np.int32]
    overflows: NDArray[np.bool_]
    seconds: dict[str, float]


class Lanes:
    """Some networks side by side, each with a state of its own that starts cleared."""

    def __init__(self, plans: Plans, n_lanes: int) -> None:
        self._plans, self.n_lanes = plans, n_lanes
        built = plans.built
        n, n_inputs = built.chip.n_compartments, built.chip.n_inputs
        whole = (n_lanes, n)
        self._state = State(
            np.zeros(whole, np.int32),
            np.zeros(whole, np.int32),
            np.zeros(whole, np.int32),
            np.zeros((n_lanes, _padded(n)), np.uint8),
        )
        #: Spikes of the host that the chip has not seen yet.
        self._under_way = np.zeros((n_lanes, _padded(n_inputs)), np.uint8)
        #: What the chip's neurons came to in the last step.
        self._came: dict[int, Array] = {
            process: np.zeros((n_lanes, 1, process_size))
            for process, process_size in built.receivers.items()
        }
        self._before, self._after = Host(plans.before, n_lanes), Host(plans.after, n_lanes)
        self._hosts = (self._before, self._after)
        self._is_first = True
        self._filters = {
            probe: filter_of(
                seen.synapse, (n_lanes, seen.output_size), built.dt, np.dtype(np.float32)
            )
            for probe in plans.probes
            if (seen := built.chip_probes.get(probe)) is not None and seen.synapse is not None
        }

    def show(self, items: Mapping[Any, Array], steps: int, gap: int = 0) -> Shown:
        """Show an item in each lane, and zeros in the gap after it; only the spikes before that are counted.

        A node shows the same values in every step, (lanes, size), or others in each, (lanes, steps, size).
        """
        shown = self._show(items, steps)
        if not gap:
            return shown
        blank = {
            node: np.zeros((len(values), *(gap,) * (values.ndim - 2), values.shape[-1]))
            for node, values in items.items()
        }
        after = self._show(blank, gap)
        return Shown(
            {p: np.concatenate([seen, after.data[p]], axis=1) for p, seen in shown.data.items()},
            shown.counts,
            shown.overflows | after.overflows,
            {part: seconds + after.seconds[part] for part, seconds in shown.seconds.items()},
        )

    def _show(self, items: Mapping[Any, Array], steps: int) -> Shown:
        built, readout = self._plans.built, self._plans.readout
        seconds = dict.fromkeys(("host", "chip", "readout"), 0.0)
        overflows = np.zeros(3, np.int32)
        data = {
            probe: np.empty((self.n_lanes, steps, *self._signal(probe).shape[1:]))
            for probe in self._plans.probes
            if probe not in built.chip_probes
        }
        for host in self._hosts:
            for node, values in items.items():
                if values.ndim == 2:
                    host.show(node, values)
            host.start_item()
        # All steps of one after the other, or, where the host waits for the chip, step by step.
        length = steps if built.precomputed else 1
        parts: list[Record] = []
        for start in range(0, steps, length):
            began = thread_time()
            spikes = np.zeros((length + 1, *self._under_way.shape), np.uint8)
            spikes[0] = self._under_way
            sent = {process: spikes[1:, :, part] for process, part in built.senders.items()}
            if built.precomputed:
                self._run(self._before, Exchange(sent, {}), items, start, length, data)
            else:
                self._run(self._after, Exchange(sent, self._came), items, start, length, data)
            self._under_way = spikes[-1].copy()
            seconds["host"] += thread_time() - began

            began = thread_time()
            record = readout.record(self.n_lanes, length)
            chip = built.chip
            run(spikes, chip.compartments, chip.synapses, self._state, record, overflows)
            parts.append(record)
            seconds["chip"] += thread_time() - began

            began = thread_time()
            came = {
                process: readout.read(probe, record)
                for process, probe in built.received_probes.items()
            }
            seconds["readout"] += thread_time() - began

            began = thread_time()
            if built.precomputed:
                self._run(
                    self._after, Exchange({}, self._delayed(came)), items, start, length, data
                )
            self._came = {process: values[:, -1:] for process, values in came.items()}
            self._is_first = False
            seconds["host"] += thread_time() - began
        began = thread_time()
        record = _joined(parts)
        for probe, seen in built.chip_probes.items():
            if probe in self._plans.probes:
                data[probe] = self._filtered(probe, readout.read(seen, record))
        seconds["readout"] += thread_time() - began
        return Shown(data, record.counts, overflows != 0, seconds)

    def _run(
        self,
        host: Host,
        exchange: Exchange,
        items: Mapping[Any, Array],
        start: int,
        length: int,
        data: dict[Any, Array],
    ) -> None:
        host.exchange = exchange
        recorded = [
            (data[probe], host.array(signal))
            for probe, signal in self._plans.built.host_probes(host.plan.model).items()
            if probe in data
        ]
        changing = {node: values for node, values in items.items() if values.ndim == 3}
        for step in range(length):
            for node, values in changing.items():
                host.show(node, values[:, start + step])
            host.advance(step)
            for kept, now in recorded:
                kept[:, start + step] = now

    def _delayed(self, came: dict[int, Array]) -> dict[int, Array]:
        """Return what the host receives: what the chip came to in the step before.

        In its very first step, which comes after all of the chip's, NengoLoihi's host takes what is there, the chip's first.
        """
        received = {}
        for process, values in came.items():
            before = values[:, :1] if self._is_first else self._came[process]
            received[process] = np.concatenate([before, values[:, :-1]], axis=1)
        return received

    def _filtered(self, probe: Any, seen: Array) -> Array:
        """Return what a probe on the chip saw through its synapse, in the type it saw it, as NengoLoihi has it."""
        if probe not in self._filters:
            return seen
        filtered = np.zeros_like(seen)
        for step in range(seen.shape[1]):
            filtered[:, step] = self._filters[probe](seen[:, step])
        return filtered

    def _signal(self, probe: Any) -> Array:
        for host in self._hosts:
            signals = self._plans.built.host_probes(host.plan.model)
            if probe in signals:
                return host.array(signals[probe])
        raise AssertionError(f"{probe} is on the host or on the chip")


def _padded(n: int) -> int:
    return -(-n // WORD) * WORD


def _joined(parts: Sequence[Record]) -> Record:
    """Return the record of several runs that follow each other."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    return Record(
        first.fired_at,
        np.concatenate([part.fired for part in parts], axis=1),
        first.current_at,
        np.concatenate([part.current for part in parts], axis=1),
        first.voltage_at,
        np.concatenate([part.voltage for part in parts], axis=1),
        np.sum([part.counts for part in parts], axis=0, dtype=np.int32),
    )
