"""Items side by side: the state of host and chip for each of them, and the steps that take all of them further."""

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
from snnc.emulator.host import Host, as_nengo_steps
from snnc.emulator.kernels import Record, State, run
from snnc.emulator.machine import padded
from snnc.emulator.plan import Plan
from snnc.emulator.readout import Readout
from snnc.emulator.restless import Restless
from snnc.emulator.runs import Called, Check, Exchange
from snnc.emulator.slots import Items, Slot
from snnc.emulator.traffic import Traffic

Array = NDArray[Any]

#: The bytes of spikes and records that a stage hands on at a time: they are written and read again while they are in a cache.
BUFFER = 1 << 22
#: What takes time, in order.
STAGES = ("host", "chip", "readout")
#: How much the chip does without asking whether the run is to end early: a fraction of a second.
UNINTERRUPTED = 1 << 26


@dataclass(frozen=True, eq=False)
class Plans:
    """A network, planned for a run: both parts of the host, and the probes on the chip."""

    built: Built
    #: Those of the network's probes that are recorded.
    probes: Sequence[Any]
    host_pre: Plan
    host: Plan
    readout: Readout
    #: Whether the host before the chip and the host after it share what they remember: then each runs all steps at a time.
    is_shared: bool

    @property
    def is_divisible(self) -> bool:
        """Whether other numbers of steps at a time give the same."""
        return not self.built.precomputed or (self.readout.is_divisible and not self.is_shared)

    @property
    def bytes_of_item(self) -> int:
        """The memory that the state of an item takes."""
        chip = self.built.chip
        host = self.host_pre.signals.bytes_of_item + self.host.signals.bytes_of_item
        chance = 0 if chip.chance is None else chip.chance.bytes_of_item
        return host + 21 * chip.n_compartments + chance

    @property
    def bytes_recorded(self) -> int:
        """The memory that the probes of an item take in each step."""
        return sum(8 * int(probe.size_in) for probe in self.probes)

    def networks(self, n_items: int, check: Check) -> SideBySide:
        return SideBySide(self, n_items, check)

    @cached_property
    def filters(self) -> dict[Any, Filter]:
        """The synapses of probes on the chip; NengoLoihi's compute in the type of the probe's values."""
        filters = {}
        for probe in self.probes:
            on_chip = self.built.chip_probes.get(probe)
            if on_chip is not None and on_chip.synapse is not None:
                values = self.readout.read(on_chip, self.readout.record(n_items=1, n_steps=1))
                filters[probe] = Filter.of(
                    on_chip.synapse, values.shape[2], self.built.dt, np.float32, values.dtype
                )
        return filters


@dataclass(frozen=True, eq=False)
class Shown:
    """The results of showing items: the values of probes, (items, steps, size), and spikes of compartments, (items, n).

    `counts` are the spikes before the gap, and `sent` those that the host sent to the chip, (items, inputs); `traffic` is that of
    all steps, for the items that are busy.
    """

    data: dict[Any, Array]
    counts: NDArray[np.int32]
    sent: NDArray[np.int32]
    traffic: Traffic
    overflows: NDArray[np.bool_]
    #: NengoLoihi's warnings of what learning lost.
    said: set[str]
    seconds: dict[str, float]


class SideBySide:
    """A network for some items side by side, each with a state of its own that starts cleared."""

    def __init__(self, plans: Plans, n_items: int, check: Check = lambda: None) -> None:
        self.plans, self.n_items, self._check = plans, n_items, check
        chip = plans.built.chip
        self.state = State.cleared(n_items, chip.n_compartments, chip.n_inputs)
        #: Spikes of the host that the chip has not seen yet.
        self._under_way = np.zeros((n_items, padded(chip.n_inputs)), np.uint8)
        #: Room for spikes of the host, from the step before on, and for a record, by the number of steps.
        self._room: dict[int, tuple[NDArray[np.uint8], Record]] = {}
        self._host_pre, self._host = (
            Host(plan, n_items, check) for plan in (plans.host_pre, plans.host)
        )
        chance, seed = chip.chance, plans.built.seed
        self._restless = None if chance is None else Restless(chance, n_items, seed)
        #: The errors that the host sends in a step, by the sending process: (1, items, size).
        self._errors = {
            process: np.zeros((1, n_items, size))
            for process, (size, _) in plans.built.errors.items()
        }

    def clear(self, called: Sequence[Called] | None) -> None:
        """Begin, or begin again: forget all items that have been shown.

        For each item, `called` is what operators call instead of what a person wrote. With None, such operators don't run.
        """
        for values in (*self.state, self._under_way):
            values[...] = 0
        self._host_pre.clear(called)
        self._host.clear(called)
        if self._restless is not None:
            self._restless.clear()
        #: The values for each receiving process in the last step: (1, items, size).
        self._from_chip: dict[int, Array] = {
            process: np.zeros((1, self.n_items, size))
            for process, size in self.plans.built.receivers.items()
        }
        self._is_first = True
        self._filters = {
            probe: chosen.started(self.n_items) for probe, chosen in self.plans.filters.items()
        }

    def show(self, slot: Slot, busy: int | None = None) -> Shown:
        """Show each network what stands in the slot of an item.

        If fewer are `busy`, the chips of only that many go on, the first ones.
        """
        self.state.counts[...] = 0
        busy = self.n_items if busy is None else busy
        pieces = [self._show(items, steps, busy) for items, steps in slot.own]
        counts, sent = np.hsplit(self.state.counts.copy(), [self.plans.built.chip.n_compartments])
        pieces += [self._show(items, steps, busy) for items, steps in slot.gap]
        return Shown(
            one_after_the_other([piece.data for piece in pieces]),
            counts,
            sent,
            self.plans.built.counter.traffic(busy, self.state.counts),
            np.logical_or.reduce([piece.overflows for piece in pieces]),
            set() if self._restless is None else self._restless.said(),
            {stage: sum(piece.seconds[stage] for piece in pieces) for stage in STAGES},
        )

    def _show(self, items: Items, steps: int, busy: int) -> _Work:
        data = {
            probe: np.empty((steps, self.n_items, *shape))
            for host in (self._host_pre, self._host)
            for probe, shape in host.probed.items()
        }
        work = _Work(items, data, busy, steps)
        with as_nengo_steps():
            for host in (self._host_pre, self._host):
                host.start_item(items)
        at_once = self._steps_at_once(steps)
        for start in range(0, steps, at_once):
            self._advance(work, start, min(at_once, steps - start))
        return work

    def _steps_at_once(self, steps: int) -> int:
        """Return how many steps the host before the chip, the chip, and the host after it run, one after the other."""
        built, readout = self.plans.built, self.plans.readout
        if not built.precomputed:
            return 1
        if not self.plans.is_divisible:
            return steps
        bytes_of_step = self.n_items * (self._under_way.shape[1] + readout.bytes_of_step)
        return min(max(BUFFER // max(bytes_of_step, 1), 1), steps)

    def _advance(self, work: _Work, start: int, length: int) -> None:
        """Run some steps: the host before the chip, the chip, and the host after it."""
        built = self.plans.built
        if length not in self._room:
            spikes = np.zeros((length + 1, *self._under_way.shape), np.uint8)
            self._room[length] = spikes, self.plans.readout.record(self.n_items, length)
        spikes, record = self._room[length]
        spikes[0] = self._under_way
        with work.measured("host"):
            host, received = (
                (self._host_pre, {}) if built.precomputed else (self._host, self._from_chip)
            )
            exchange = Exchange(spikes[1:], built.senders, received, self._errors)
            self._run(host, exchange, work, start, length)
        self._under_way[...] = spikes[-1]
        with work.measured("chip"):
            if self._restless is not None:
                self._restless.receive(work.busy, self._summed_errors())
            self._run_chip(work, spikes, record, length)
        with work.measured("readout"):
            from_chip = self._read(record, work, start)
        if built.precomputed:
            with work.measured("host"):
                exchange = Exchange(spikes[1:], {}, self._delayed(from_chip), {})
                self._run(self._host, exchange, work, start, length)
        self._from_chip = {process: values[-1:] for process, values in from_chip.items()}
        self._is_first = False

    def _summed_errors(self) -> dict[Any, Array]:
        """Return the errors of this step for each synapse that learns, (items, size), added up in NengoLoihi's order."""
        summed: dict[Any, Array] = {}
        for process, (_, synapse) in self.plans.built.errors.items():
            values = self._errors[process][0]
            summed[synapse] = summed[synapse] + values if synapse in summed else values
        return summed

    def _run_chip(
        self, work: _Work, spikes: NDArray[np.uint8], record: Record, length: int
    ) -> None:
        """Run the chip, some steps at a time, so that a run can end between them."""
        chip = self.plans.built.chip
        run_steps = run if self._restless is None else self._restless.run
        at_once = max(UNINTERRUPTED // (work.busy * chip.work), 1)
        for begin in range(0, length, at_once):
            self._check()
            end = min(begin + at_once, length)
            run_steps(
                work.busy,
                spikes[begin : end + 1],
                chip.compartments,
                chip.synapses,
                self.state,
                record.part(begin, end),
                work.overflows,
            )

    def _run(self, host: Host, exchange: Exchange, work: _Work, start: int, length: int) -> None:
        now = slice(start, start + length)
        changing = {node: x[:, now] for node, x in work.items.items() if x.ndim == 3}
        data = {probe: values[now] for probe, values in work.data.items()}
        with as_nengo_steps():
            host.run(changing, exchange, data, length)

    def _read(self, record: Record, work: _Work, start: int) -> dict[int, Array]:
        """Return the values for receiving processes, (steps, items, size), and write down those of probes on the chip."""
        built, readout = self.plans.built, self.plans.readout
        for probe, on_chip in built.chip_probes.items():
            if probe in self.plans.probes:
                work.write(probe, start, self._filtered(probe, readout.read(on_chip, record)))
        return {
            process: readout.read(probe, record) for process, probe in built.received_probes.items()
        }

    def _delayed(self, from_chip: dict[int, Array]) -> dict[int, Array]:
        """Return the values that the host receives: those of the chip's step before.

        NengoLoihi's host runs after all steps of the chip, and in its very first step takes the first value that is there.
        """
        received = {}
        for process, values in from_chip.items():
            before = values[:1] if self._is_first else self._from_chip[process]
            received[process] = np.concatenate([before, values[:-1]])
        return received

    def _filtered(self, probe: Any, seen: Array) -> Array:
        """Return the values of a probe on the chip behind its synapse, if it has one, in their own type."""
        if probe not in self._filters:
            return seen
        filtered = np.zeros(seen.shape, seen.dtype)
        steps = len(seen)
        self._filters[probe](seen.reshape(steps, -1), filtered.reshape(steps, -1))
        return filtered


def one_after_the_other(pieces: Sequence[dict[Any, Array]]) -> dict[Any, Array]:
    """Return values of probes in pieces of a slot, (steps, items, size) each, as (items, all steps, size)."""
    return {
        probe: np.concatenate([piece[probe] for piece in pieces]).swapaxes(0, 1)
        if len(pieces) > 1
        else values.swapaxes(0, 1)
        for probe, values in pieces[0].items()
    }


class _Work:
    """The items that are shown, the values of probes so far, how many chips are busy, overflows, and the time it takes."""

    def __init__(
        self, items: Mapping[Any, Array], data: dict[Any, Array], busy: int, steps: int
    ) -> None:
        self.items, self.data, self.busy, self.steps = items, data, busy, steps
        self.overflows = np.zeros(3, np.int32)
        self.seconds = dict.fromkeys(STAGES, 0.0)

    def write(self, probe: Any, start: int, values: Array) -> None:
        """Write down values of a probe on the chip, (steps, items, size), from a step on."""
        if probe not in self.data:
            self.data[probe] = np.empty((self.steps, *values.shape[1:]), values.dtype)
        self.data[probe][start : start + len(values)] = values

    @contextmanager
    def measured(self, stage: str) -> Iterator[None]:
        """Add the time that this thread takes to that of a stage."""
        began = perf_counter()
        yield
        self.seconds[stage] += perf_counter() - began
