"""Items side by side: what the host and the chip of each are at, and how both go on together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.built import Built
from snnc.emulator.filters import Filter
from snnc.emulator.host import Exchange, Host
from snnc.emulator.kernels import Record, State, run
from snnc.emulator.machine import padded
from snnc.emulator.plan import Plan
from snnc.emulator.readout import Readout

Array = NDArray[Any]

#: So many bytes of spikes and records are there at a time: they are written and read again while they are in a cache.
KEPT = 1 << 22


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
        return self.before.bytes_of_item + self.after.bytes_of_item + 21 * chip.n_compartments

    @property
    def bytes_seen(self) -> int:
        """What is kept of an item in each step."""
        return sum(8 * int(probe.size_in) for probe in self.probes)

    @cached_property
    def filters(self) -> dict[Any, Filter]:
        """The synapses of probes on the chip, in the type of what they see, as NengoLoihi has them."""
        found = {}
        for probe in self.probes:
            on_chip = self.built.chip_probes.get(probe)
            if on_chip is not None and on_chip.synapse is not None:
                seen = self.readout.read(on_chip, self.readout.record(n_items=1, n_steps=1))
                found[probe] = Filter.of(
                    on_chip.synapse, seen.shape[2], self.built.dt, np.float32, seen.dtype
                )
        return found


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
        chip = plans.built.chip
        shape = (n_lanes, chip.n_compartments)
        self._state = State(
            current=np.zeros(shape, np.int32),
            voltage=np.zeros(shape, np.int32),
            waiting=np.zeros(shape, np.int32),
            fired=np.zeros((n_lanes, padded(chip.n_compartments)), np.uint8),
            counts=np.zeros(shape, np.int32),
        )
        #: Spikes of the host that the chip has not seen yet.
        self._under_way = np.zeros((n_lanes, padded(chip.n_inputs)), np.uint8)
        #: Room for spikes of the host, from the step before on, and for a record, by the number of steps.
        self._room: dict[int, tuple[NDArray[np.uint8], Record]] = {}
        self._before, self._after = Host(plans.before, n_lanes), Host(plans.after, n_lanes)
        self.clear()

    def clear(self) -> None:
        """Forget all that has been shown."""
        for values in (*self._state, self._under_way):
            values[...] = 0
        self._before.clear()
        self._after.clear()
        #: What the chip's neurons came to in the last step.
        self._came: dict[int, Array] = {
            process: np.zeros((1, self.n_lanes, size))
            for process, size in self._plans.built.receivers.items()
        }
        self._is_first = True
        self._filters = {
            probe: chosen.started(self.n_lanes) for probe, chosen in self._plans.filters.items()
        }

    def show(
        self, items: Mapping[Any, Array], steps: int, gap: int = 0, busy: int | None = None
    ) -> Shown:
        """Show an item in each lane, and zeros in the gap after it; only the spikes before that are counted.

        A node shows the same values in every step, (lanes, size), or others in each, (lanes, steps, size). The chips of only
        the first `busy` lanes go on, if not all do.
        """
        self._state.counts[...] = 0
        shown = self._show(items, steps, busy)
        if not gap:
            return shown
        blank = {
            node: np.zeros((len(values), *(gap,) * (values.ndim - 2), values.shape[-1]))
            for node, values in items.items()
        }
        after = self._show(blank, gap, busy)
        return Shown(
            {p: np.concatenate([seen, after.data[p]], axis=1) for p, seen in shown.data.items()},
            shown.counts,
            shown.overflows | after.overflows,
            {part: seconds + after.seconds[part] for part, seconds in shown.seconds.items()},
        )

    def _show(self, items: Mapping[Any, Array], steps: int, busy: int | None) -> Shown:
        data = {
            probe: np.empty((steps, self.n_lanes, *shape))
            for host in (self._before, self._after)
            for probe, shape in host.seen.items()
        }
        work = _Work(items, data, self.n_lanes if busy is None else busy, steps)
        for host in (self._before, self._after):
            host.start_item(items)
        at_once = self._at_once(steps)
        for start in range(0, steps, at_once):
            self._advance(work, start, min(at_once, steps - start))
        by_item = {probe: seen.swapaxes(0, 1) for probe, seen in data.items()}
        return Shown(by_item, self._state.counts.copy(), work.lost != 0, work.seconds)

    def _at_once(self, steps: int) -> int:
        """Return how many steps the host, the chip and the host behind it run, one after the other."""
        built, readout = self._plans.built, self._plans.readout
        if not built.precomputed:
            return 1
        if not readout.is_divisible:
            return steps
        of_step = self.n_lanes * (self._under_way.shape[1] + readout.bytes_of_step)
        return min(max(KEPT // of_step, 1), steps)

    def _advance(self, work: _Work, start: int, length: int) -> None:
        """Run some steps: the host up to the chip, the chip, and the host behind it."""
        built, readout, chip = self._plans.built, self._plans.readout, self._plans.built.chip
        if length not in self._room:
            spikes = np.zeros((length + 1, *self._under_way.shape), np.uint8)
            self._room[length] = spikes, readout.record(self.n_lanes, length)
        spikes, record = self._room[length]
        spikes[0] = self._under_way
        with work.measured("host"):
            host, came = (self._before, {}) if built.precomputed else (self._after, self._came)
            self._run(host, Exchange(spikes[1:], built.senders, came), work, start, length)
        self._under_way[...] = spikes[-1]
        with work.measured("chip"):
            run(
                work.busy,
                spikes,
                chip.compartments,
                chip.synapses,
                self._state,
                record,
                work.lost,
            )
        with work.measured("readout"):
            came = {
                process: readout.read(probe, record)
                for process, probe in built.received_probes.items()
            }
            for probe, seen in built.chip_probes.items():
                if probe in self._plans.probes:
                    work.keep(probe, start, self._filtered(probe, readout.read(seen, record)))
        if built.precomputed:
            with work.measured("host"):
                exchange = Exchange(spikes[1:], {}, self._delayed(came))
                self._run(self._after, exchange, work, start, length)
        self._came = {process: values[-1:] for process, values in came.items()}
        self._is_first = False

    def _run(self, host: Host, exchange: Exchange, work: _Work, start: int, length: int) -> None:
        now = slice(start, start + length)
        changing = {node: x[:, now] for node, x in work.items.items() if x.ndim == 3}
        host.run(changing, exchange, {probe: x[now] for probe, x in work.data.items()}, length)

    def _delayed(self, came: dict[int, Array]) -> dict[int, Array]:
        """Return what the host receives: what the chip came to in the step before.

        In its very first step, which comes after all of the chip's, NengoLoihi's host takes what is there, the chip's first.
        """
        received = {}
        for process, values in came.items():
            before = values[:1] if self._is_first else self._came[process]
            received[process] = np.concatenate([before, values[:-1]])
        return received

    def _filtered(self, probe: Any, seen: Array) -> Array:
        """Return what a probe on the chip saw through its synapse, if it has one, in the type it saw it."""
        if probe not in self._filters:
            return seen
        filtered = np.zeros(seen.shape, seen.dtype)
        steps = len(seen)
        self._filters[probe](seen.reshape(steps, -1), filtered.reshape(steps, -1))
        return filtered


class _Work:
    """The items that are shown, what probes see of them, how many chips are busy, what overflows, and how long it takes."""

    def __init__(
        self, items: Mapping[Any, Array], data: dict[Any, Array], busy: int, steps: int
    ) -> None:
        self.items, self.data, self.busy, self.steps = items, data, busy, steps
        self.lost = np.zeros(3, np.int32)
        self.seconds = dict.fromkeys(("host", "chip", "readout"), 0.0)

    def keep(self, probe: Any, start: int, seen: Array) -> None:
        """Note what a probe on the chip saw, (steps, lanes, size), from a step on."""
        if probe not in self.data:
            self.data[probe] = np.empty((self.steps, *seen.shape[1:]), seen.dtype)
        self.data[probe][start : start + len(seen)] = seen

    @contextmanager
    def measured(self, part: str) -> Iterator[None]:
        """Add what this thread takes to the time of a part."""
        began = perf_counter()
        yield
        self.seconds[part] += perf_counter() - began
