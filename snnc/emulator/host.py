"""What the host computes beside the chip, for many items at once.

A model that Nengo has built is a list of operators on signals. Here a signal that changes has two more dimensions in front,
steps and items, and an operator runs many steps before the next one does, unless the plan says that some take turns.
What works element by element is done for all items at once; sums of products go through the same BLAS call as Nengo's,
item by item, since another call may round otherwise. Whatever else there is runs as Nengo's own step on the part of each item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import Copy, DotInc, ElementwiseInc, Reset, SparseDotInc
from nengo.builder.processes import SimProcess
from nengo.synapses import LinearFilter
from nengo_loihi.builder.inputs import HostReceiveProcess, HostSendProcess
from numpy.typing import NDArray

from snnc.emulator import neurons
from snnc.emulator.plan import Plan, written

Array = NDArray[Any]
#: Runs an operator from one step of those that are kept to another.
Run = Callable[[int, int], None]

#: So many bytes of steps are kept of all items: they are written and read again while they are in a cache.
KEPT = 1 << 21


@dataclass(frozen=True, eq=False)
class Exchange:
    """What passes between the host and the chip during some steps.

    `spikes` are those of all neurons of the host, (steps, items, neurons), and `columns` says by the id of each sending
    process where its own are; `received` holds by the id of each receiving process what the chip's neurons came to,
    (steps, items, size).
    """

    spikes: Array
    columns: Mapping[int, slice]
    received: Mapping[int, Array]


class Host:
    """The state of some items on the host, and the steps that change it."""

    def __init__(self, plan: Plan, n_items: int) -> None:
        self.plan, self.n_items = plan, n_items
        self.dt = plan.model.dt
        self.n_kept = max(KEPT // (n_items * max(plan.bytes_of_step, 1)), 1)
        self._time = np.zeros(())
        self._exchange = Exchange(np.zeros((0, n_items, 0), np.uint8), {}, {})
        # An operator that updates a signal writes what the next step reads.
        self._kept = {
            base: self._repeated(base, self.n_kept + (base in plan.updated))
            if base in plan.changing
            else self._repeated(base, 1)
            for base in plan.batched
        }
        self._given = {node: self._now(signal) for node, signal in plan.given.items()}
        self._seen = {
            probe: (self._after if signal.base in plan.updated else self._now)(signal)
            for probe, signal in plan.probes.items()
        }
        self.clear()

    def clear(self) -> None:
        """Begin again."""
        #: How many steps there were before those that are kept, and where these are in the exchange.
        self._n_before = self._begin = 0
        for base in self.plan.updated:
            self._kept[base][0] = base.initial_value
        # What else is remembered, operators have for themselves.
        self._once = [self._made(operator) for operator in self.plan.once]
        self._parts = [
            ([self._made(operator) for operator in part.operators], part.in_turns)
            for part in self.plan.parts
        ]

    @property
    def seen(self) -> dict[Any, tuple[int, ...]]:
        """The network's probes of this part of the host, and the shape of what they see."""
        return {probe: now.shape[2:] for probe, now in self._seen.items()}

    def start_item(self, given: Mapping[Any, Array]) -> None:
        """Let nodes put out what is given, if that is the same in every step, (items, size), and compute what follows from it."""
        for node, values in given.items():
            if node in self._given and values.ndim == 2:
                self._given[node][...] = values
        for run in self._once:
            run(0, 1)

    def run(
        self,
        given: Mapping[Any, Array],
        exchange: Exchange,
        seen: Mapping[Any, Array],
        n_steps: int,
    ) -> None:
        """Run some steps, of which nodes put out what is given, and what probes see is written down: (steps, items, size)."""
        self._exchange = exchange
        for begin in range(0, n_steps, self.n_kept):
            self._begin, end = begin, min(begin + self.n_kept, n_steps)
            for node, values in given.items():
                if node in self._given and values.ndim == 3:
                    self._given[node][: end - begin] = values[:, begin:end].swapaxes(0, 1)
            self._advance(end - begin)
            for probe, values in seen.items():
                if probe in self._seen:
                    values[begin:end] = part(self._seen[probe], 0, end - begin)

    def _advance(self, n_steps: int) -> None:
        for runs, in_turns in self._parts:
            length = 1 if in_turns else n_steps
            for begin in range(0, n_steps, length):
                for run in runs:
                    run(begin, begin + length)
        for base in self.plan.updated:
            self._kept[base][0] = self._kept[base][n_steps]
        self._n_before += n_steps

    def _repeated(self, base: Any, *n: int) -> Array:
        """Return the initial value of a signal, for each item and what else."""
        dtype = np.uint8 if base in self.plan.told else base.dtype
        repeated: Array = np.empty((*n, self.n_items, *base.shape), dtype)
        repeated[...] = base.initial_value
        return repeated

    def _now(self, signal: Any) -> Array:
        """Return what a signal is in each step before it is updated: (steps or 1, items, ...), if it isn't the same for all."""
        if not self._is_batched(signal):
            return signal.initial_value if signal.sparse else np.asarray(signal.initial_value)
        kept = self._kept[signal.base]
        if signal.base in self.plan.updated:
            kept = kept[:-1]
        return _view(kept, signal)

    def _after(self, signal: Any) -> Array:
        """Return what a signal is updated to in each step: (steps, items, ...)."""
        return _view(self._kept[signal.base][1:], signal)

    def _is_batched(self, signal: Any) -> bool:
        return not signal.sparse and signal.base in self._kept

    def _aligned(self, signal: Any, ndim: int) -> Array:
        """Return a signal as it is now, such that steps and items stay in front of `ndim` dimensions."""
        now = self._now(signal)
        if not self._is_batched(signal):
            return now
        return now.reshape(*now.shape[:2], *(1,) * (ndim - signal.ndim), *signal.shape)

    def _made(self, operator: Any) -> Run:
        if isinstance(operator, Reset):
            return self._reset(operator)
        if isinstance(operator, Copy):
            return self._copy(operator)
        if isinstance(operator, ElementwiseInc):
            return self._elementwise(operator)
        if isinstance(operator, SparseDotInc) and self._is_batched(operator.X):
            return self._sparse_dot(operator)
        if type(operator) is DotInc and self._is_batched(operator.X):
            return self._dot(operator)
        if isinstance(operator, SimNeurons):
            return self._neurons(operator)
        if isinstance(operator, SimProcess):
            return self._process(operator)
        return self._one_by_one(operator)

    def _reset(self, operator: Any) -> Run:
        target, value = self._now(operator.dst), operator.value

        def run(begin: int, end: int) -> None:
            target[begin:end] = value

        return run

    def _copy(self, operator: Any) -> Run:
        if operator.src_slice is not None or operator.dst_slice is not None:
            return self._one_by_one(operator)
        source, target = self._aligned(operator.src, operator.dst.ndim), self._now(operator.dst)
        batched = self._is_batched(operator.src)

        def run(begin: int, end: int) -> None:
            copied = part(source, begin, end) if batched else source
            if operator.inc:
                target[begin:end] += copied
            else:
                target[begin:end] = copied

        return run

    def _elementwise(self, operator: Any) -> Run:
        y = self._now(operator.Y)
        factors = [
            (self._aligned(signal, operator.Y.ndim), self._is_batched(signal))
            for signal in (operator.A, operator.X)
        ]

        def run(begin: int, end: int) -> None:
            a, x = (part(f, begin, end) if batched else f for f, batched in factors)
            y[begin:end] += a * x

        return run

    def _dot(self, operator: Any) -> Run:
        a, x, y = (self._now(signal) for signal in (operator.A, operator.X, operator.Y))
        if a.ndim != 2 or operator.X.ndim != 1 or operator.Y.ndim != 1:
            return self._one_by_one(operator)

        def run(begin: int, end: int) -> None:
            # A matrix by one of a single column, for each item: what np.dot calls for a vector.
            y[begin:end] += np.matmul(a, part(x, begin, end)[..., None])[..., 0]

        return run

    def _sparse_dot(self, operator: Any) -> Run:
        a, x, y = (self._now(signal) for signal in (operator.A, operator.X, operator.Y))

        def run(begin: int, end: int) -> None:
            now = part(x, begin, end)
            products = a.dot(now.reshape(-1, now.shape[-1]).T).T
            y[begin:end] += products.reshape(*now.shape[:2], -1)

        return run

    def _neurons(self, operator: Any) -> Run:
        j, output = self._now(operator.J), self._now(operator.output)
        if not self._is_batched(operator.J):
            j = np.broadcast_to(j, (1, *output.shape[1:]))
        watched = {
            name: self._now(signal)
            for name, signal in operator.state.items()
            if signal.base not in self.plan.private
        }
        state = {name: self._repeated(signal.base) for name, signal in operator.state.items()}
        if operator.output.base in self.plan.told or (
            type(operator.neurons) in neurons.COMPILED
            and not watched
            and all(map(_is_plain, (j, output, *state.values())))
        ):
            flat = {name: values.reshape(-1) for name, values in state.items()}
            steps = neurons.steps_of(operator.neurons, self.dt, flat)
            j, output = (x.reshape(len(x), -1) for x in (j, output))
            return lambda begin, end: steps(part(j, begin, end), output[begin:end])

        def run(begin: int, end: int) -> None:
            for step in range(begin, end):
                now = j[step if len(j) > 1 else 0]
                operator.neurons.step(self.dt, now, output[step], **state)
                for name, values in watched.items():
                    values[step] = state[name]

        return run

    def _process(self, operator: Any) -> Run:
        process = operator.process
        if isinstance(process, HostSendProcess):
            return self._send(process)
        if isinstance(process, HostReceiveProcess):
            return self._receive(operator)
        if (
            isinstance(process, LinearFilter)
            and self._is_batched(operator.input)
            and operator.input.ndim == 1
        ):
            return self._filter(operator)
        return self._one_by_one(operator)

    def _send(self, process: Any) -> Run:
        x = self._now(self.plan.sent[id(process)])

        def run(begin: int, end: int) -> None:
            column = self._exchange.columns[id(process)].start
            spikes = self._exchange.spikes
            neurons.sent(part(x, begin, end), spikes, self._begin + begin, column, end - begin)

        return run

    def _receive(self, operator: Any) -> Run:
        process, output = id(operator.process), self._now(operator.output)

        def run(begin: int, end: int) -> None:
            received = self._exchange.received[process]
            output[begin:end] = received[self._begin + begin : self._begin + end]

        return run

    def _filter(self, operator: Any) -> Run:
        signal = operator.output
        output = (self._after if operator.mode == "update" else self._now)(signal)
        x = self._now(operator.input)
        if not (_is_plain(x) and _is_plain(output)):
            return self._one_by_one(operator)
        filtered = self.plan.filters[operator].started(self.n_items)
        x, output = (values.reshape(len(values), -1) for values in (x, output))
        if operator.mode != "inc":
            return lambda begin, end: filtered(part(x, begin, end), output[begin:end])

        def run(begin: int, end: int) -> None:
            values = np.empty_like(output[begin:end])
            filtered(part(x, begin, end), values)
            output[begin:end] += values

        return run

    def _one_by_one(self, operator: Any) -> Run:
        """Run Nengo's own step on what each item has of the signals, or once for all if it has nothing of an item."""
        time = self.plan.model.time
        signals = {*written(operator), *operator.reads} - {time}
        batched = [signal for signal in signals if self._is_batched(signal)]
        kept = [signal for signal in batched if signal.base not in self.plan.private]
        taken = [signal for signal in kept if signal in (*operator.reads, *operator.incs)]
        n_runs = self.n_items if taken else 1
        own = {signal: np.stack([signal.initial_value] * n_runs) for signal in batched}
        runs = []
        for number in range(n_runs):
            values = {s: own[s][number, ...] if s in own else self._now(s) for s in signals}
            runs.append(operator.make_step({**values, time: self._time}, self.dt, np.random))
        before = [(own[signal], self._now(signal)) for signal in taken]
        after = [
            (own[signal], (self._after if signal in operator.updates else self._now)(signal))
            for signal in kept
            if signal in written(operator)
        ]

        def run(begin: int, end: int) -> None:
            for step in range(begin, end):
                self._time[...] = (self._n_before + step + 1) * self.dt
                for values, now in before:
                    values[...] = now[step if len(now) > 1 else 0]
                for one in runs:
                    one()
                for values, now in after:
                    now[step] = values

        return run


def part(values: Array, begin: int, end: int) -> Array:
    """Return some steps of values, (steps or 1, items, ...): those that are the same in every step are there once."""
    return values[begin:end] if len(values) > 1 else values


def _view(kept: Array, signal: Any) -> Array:
    """Return a signal's part of what is kept of its base, (steps or 1, items, ...)."""
    shape, strides = (*kept.shape[:2], *signal.shape), (*kept.strides[:2], *signal.strides)
    if kept.dtype != signal.dtype:
        return kept
    view: Array = np.ndarray(shape, signal.dtype, kept, signal.offset, strides)
    return view


def _is_plain(values: Array) -> bool:
    return values.dtype == np.float64 and values.flags.c_contiguous
