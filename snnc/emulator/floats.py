"""A network in plain Nengo, for many items at once: all of it runs as the host of the emulated chip does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np
from nengo.builder import Model
from nengo.cache import get_default_decoder_cache
from nengo.rc import rc
from numpy.typing import ArrayLike, NDArray

from snnc.emulator.asked import Asked, Present
from snnc.emulator.errors import NotEmulatedError
from snnc.emulator.host import Host, as_nengo_steps
from snnc.emulator.operators import refuse_unsupported
from snnc.emulator.plan import Plan
from snnc.emulator.remembering import Memory
from snnc.emulator.runs import Called, Check, Exchange
from snnc.emulator.sampling import kept_steps, sampled
from snnc.emulator.side_by_side import one_after_the_other
from snnc.emulator.slots import Items, Rows, Slot, beginning
from snnc.emulator.threads import STATE, computed

Array = NDArray[Any]

#: At least so many items go on side by side: with fewer, threads wait for each other's Python.
TOGETHER = 32


class Floats:
    """A network built once by Nengo, and run on many items at once in double precision.

    All values are equal to those of `nengo.Simulator(network, dt, optimize=False)`, bit for bit. The optimizer of Nengo merges by
    chance, and so has other last bits in other runs. A NotEmulatedError names what never runs twice the same.
    """

    def __init__(self, network: nengo.Network, dt: float = 0.001) -> None:
        if rc.float_dtype != np.float64:
            raise NotEmulatedError(f"{network} with {rc.float_dtype}, as nengo.rc says")
        self.network = network
        # As nengo.Simulator does: weights that were solved with other threads may differ in their last bits.
        cache = get_default_decoder_cache()
        self._model = Model(dt=float(dt), label=str(network), decoder_cache=cache)
        with cache:
            self._model.build(network)
        refuse_unsupported(self._model)
        self._planned: dict[Any, FloatPlan] = {}

    @property
    def dt(self) -> float:
        return float(self._model.dt)

    def run(
        self,
        items: Mapping[nengo.Node, ArrayLike | Rows],
        steps: int,
        *,
        gap: int = 0,
        latency: int = 0,
        present: Present = "fresh",
        chains: int = 1,
        probes: Sequence[nengo.Probe] | None = None,
        shared: Sequence[Any] = (),
    ) -> dict[nengo.Probe, Array]:
        """Show items, and return the values of probes, (items, steps, size). The arguments are those of `Emulator.run`."""
        asked = Asked.of(self.network, items, steps, gap, latency, present, chains, probes, shared)
        whole: dict[nengo.Probe, Array] = {}
        for numbers, data in self._batches(asked):
            for probe, values in data.items():
                if probe not in whole:
                    whole[probe] = np.empty((asked.n_items, *values.shape[1:]), values.dtype)
                whole[probe][numbers] = values
        return whole

    def batches(
        self,
        items: Mapping[nengo.Node, ArrayLike | Rows],
        steps: int,
        *,
        gap: int = 0,
        latency: int = 0,
        present: Present = "fresh",
        chains: int = 1,
        probes: Sequence[nengo.Probe] | None = None,
        shared: Sequence[Any] = (),
        summed: Sequence[nengo.Probe] = (),
        counted: Sequence[nengo.Probe] = (),
    ) -> Iterator[tuple[Array, dict[nengo.Probe, Array]]]:
        """Yield the results of `run` for some items at a time, with their numbers, so that memory stays bounded.

        Probes that are `summed` give the sum of their values over the steps before the gap, (items, size). Those of spiking neurons
        that are `counted` give how often each fired in these steps, (items, neurons), which costs next to nothing.
        """
        asked = Asked.of(self.network, items, steps, gap, latency, present, chains, probes, shared)
        return self._batches(asked, tuple(summed), tuple(counted))

    def _batches(
        self,
        asked: Asked,
        summed: tuple[nengo.Probe, ...] = (),
        counted: tuple[nengo.Probe, ...] = (),
    ) -> Iterator[tuple[Array, dict[nengo.Probe, Array]]]:
        kept = kept_steps(
            asked.probes, self.dt, asked.steps + asked.gap, len(asked.queues[0]), asked.latency
        )
        memory = Memory.of([self._model], asked)
        plan = self._plan(asked, summed, counted, memory.sharing)
        copies = memory.copies() if asked.chains > 1 else None
        for numbers, shown in computed(plan, asked, copies):
            yield numbers, sampled(shown, len(numbers), kept)

    def _plan(
        self,
        asked: Asked,
        summed: tuple[nengo.Probe, ...],
        counted: tuple[nengo.Probe, ...],
        sharing: Mapping[Any, int],
    ) -> FloatPlan:
        """Return the plan of a run, made and compiled when a run first asks for it."""
        key = (
            tuple(asked.items),
            tuple(asked.probes),
            summed,
            counted,
            asked.is_constant,
            tuple(sharing.items()),
        )
        if key not in self._planned:
            in_all = [*summed, *counted]
            plan = FloatPlan(
                Plan.of(
                    self._model,
                    asked.items,
                    asked.is_constant,
                    [*asked.probes, *in_all],
                    sharing,
                    counted=in_all,
                ),
                summed,
                counted,
            )
            first_and_last = {node: values[[0, -1]] for node, values in asked.items.items()}
            rehearsal = plan.networks(2, lambda: None)
            rehearsal.clear(None)
            rehearsal.show(Slot([beginning(first_and_last, min(asked.steps, 2))]))
            self._planned[key] = plan
        return self._planned[key]


@dataclass(frozen=True, eq=False)
class FloatPlan:
    """A network without a chip, planned for a run."""

    plan: Plan
    summed: Sequence[Any]
    counted: Sequence[Any]

    @property
    def bytes_of_item(self) -> int:
        """The memory that the state of an item takes, at most what leaves room for enough of them."""
        return min(max(self.plan.signals.bytes_of_item, 1), STATE // TOGETHER)

    @property
    def bytes_recorded(self) -> int:
        """The memory that the probes of an item take in each step."""
        return sum(8 * int(probe.size_in) for probe in self.plan.probes)

    def networks(self, n_items: int, check: Check) -> _Networks:
        return _Networks(self, n_items, check)


class _Networks:
    """A network for some items side by side: a host alone."""

    def __init__(self, plans: FloatPlan, n_items: int, check: Check) -> None:
        self._host, self._n_items = Host(plans.plan, n_items, check), n_items
        self._summed, self._counted, self._dt = plans.summed, plans.counted, plans.plan.model.dt
        #: Nothing passes between the host and a chip.
        self._exchange = Exchange(np.zeros((0, n_items, 0), np.uint8), {}, {}, {})

    def clear(self, called: Sequence[Called] | None) -> None:
        self._host.clear(called)

    def show(self, slot: Slot, busy: int | None = None) -> dict[Any, Array]:
        """Return the values of probes, (items, steps, size), and the sums, or numbers of spikes, of others, (items, size)."""
        self._host.count_anew()
        own = [self._show(items, steps) for items, steps in slot.own]
        counts = self._host.counts
        gap = [self._show(items, steps) for items, steps in slot.gap]
        data = one_after_the_other([*own, *gap])
        n_steps = sum(piece.steps for piece in slot.own)
        for probe in self._summed:
            if probe in counts:
                data[probe] = _added_up(_amplitude(probe) / self._dt, counts[probe])
            else:
                data[probe] = data[probe][:, :n_steps].sum(axis=1)
        for probe in self._counted:
            if probe in counts:
                data[probe] = counts[probe]
            else:
                summed = data[probe][:, :n_steps].sum(axis=1)
                data[probe] = np.rint(summed * self._dt / _amplitude(probe))
        return data

    def _show(self, items: Items, steps: int) -> dict[Any, Array]:
        data = {
            probe: np.empty((steps, self._n_items, *shape))
            for probe, shape in self._host.probed.items()
        }
        with as_nengo_steps():
            self._host.start_item(items)
            self._host.run(items, self._exchange, data, steps)
        return data


def _amplitude(probe: Any) -> float:
    return float(probe.target.ensemble.neuron_type.amplitude)


def _added_up(value: float, times: Array) -> Array:
    """Return the sum of a value, added one by one, as the outputs of a neuron are."""
    sums = np.add.accumulate(np.full(int(times.max(initial=0)) + 1, value))
    return np.asarray(np.concatenate([[0.0], sums])[times.astype(int)])
