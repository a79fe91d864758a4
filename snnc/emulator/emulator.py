"""A network on the emulated chip, for many items at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any

import nengo
from numpy.typing import ArrayLike, NDArray

from snnc.emulator.asked import Asked, Present
from snnc.emulator.built import build
from snnc.emulator.kernels import OVERFLOWS
from snnc.emulator.plan import Plan
from snnc.emulator.readout import Readout
from snnc.emulator.remembering import Memory
from snnc.emulator.result import Batch, Result, Size
from snnc.emulator.sampling import Kept, kept_steps, sampled
from snnc.emulator.side_by_side import Plans, Shown, SideBySide
from snnc.emulator.slots import Rows, Slot, beginning
from snnc.emulator.threads import computed

Array = NDArray[Any]


class Emulator:
    """A network on NengoLoihi's emulated chip, built once by NengoLoihi itself, and run on many items at once.

    Every spike, current and voltage of the chip, and all that the host computes from them, is equal to what
    `nengo_loihi.Simulator` computes, bit for bit, also where it learns or is noisy: each item learns by itself, and random numbers
    are drawn for each as if it were the only one. `seed` and `model` are those of `nengo_loihi.Simulator`: the seed of what is
    random on the chip, the network's and 1 if it isn't given, and a model that isn't built yet. A NotEmulatedError names the
    part that isn't emulated: what draws random numbers without a seed, and DVS files.
    """

    def __init__(
        self,
        network: nengo.Network,
        dt: float = 0.001,
        *,
        seed: int | None = None,
        model: Any = None,
    ) -> None:
        began = perf_counter()
        self.network = network
        self._built = build(network, dt, seed, model)
        #: How long it took to build the network, and to plan the runs so far.
        self.build_seconds = perf_counter() - began
        self._planned: dict[Any, Plans] = {}

    @property
    def dt(self) -> float:
        return self._built.dt

    @property
    def size(self) -> Size:
        """How large the network is on the chip."""
        chip = self._built.chip
        synapses = int(chip.synapses.run_length.sum()) + len(chip.synapses.single_target)
        return Size(len(chip.places), chip.n_compartments, synapses)

    @property
    def counted(self) -> list[nengo.Ensemble]:
        """The ensembles whose spikes are counted without a probe: those on the chip, and those that send it theirs."""
        numbers = {*self._built.ensembles, *self._built.sending}
        return [ens for number, ens in enumerate(self.network.all_ensembles) if number in numbers]

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
        progress: Callable[[int], None] = lambda n: None,
    ) -> Result:
        """Show items for some steps each, and return the values of probes.

        `items` are the outputs of nodes, (items, size), or (items, steps, size) where they change while an item is shown; all
        other nodes run as they are. `Rows`, (items, size), stay where they are until they are shown. An item may be followed by a `gap` of some steps, which belongs to it, in which the nodes put
        out zeros. With a `latency` the data of an item, and its spikes, begin so many steps after the item does: until its first effect
        arrives, they are the item before's. With `present = "fresh"` every item meets a cleared network. With "stream" they come one after the other, in
        one or more `chains`, each of which starts cleared: in one chain, nengo_loihi.Simulator does the same. `progress` is
        called with the number of items whenever some more are done. All `probes` are recorded, unless some are named.

        A single item, and a single chain, call the functions of nodes and connections themselves, as a simulator does. Of several,
        each has a copy of what functions remember, as it is when the run begins; a NotEmulatedError names a function of which
        there can't be one. Functions of the nodes and connections that are `shared` are called for all, in no fixed order.
        """
        asked = Asked.of(self.network, items, steps, gap, latency, present, chains, probes, shared)
        batches = self._batches(asked)
        began = perf_counter()
        whole = Batch.of(_reporting(batches, progress), asked.n_items)
        seconds = perf_counter() - began
        return Result(
            whole, self.size, asked.present, asked.chains, asked.steps + asked.gap, seconds
        )

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
    ) -> Iterator[Batch]:
        """Yield the results of `run` for some items at a time, in any order, so that memory stays bounded."""
        asked = Asked.of(self.network, items, steps, gap, latency, present, chains, probes, shared)
        return self._batches(asked)

    def _batches(self, asked: Asked) -> Iterator[Batch]:
        kept = kept_steps(
            asked.probes, self.dt, asked.steps + asked.gap, len(asked.queues[0]), asked.latency
        )
        memory = Memory.of((self._built.model.host_pre, self._built.model.host), asked)
        plans = self._plans(asked, memory.sharing)
        if asked.latency and not plans.is_divisible:
            asked = asked.step_by_step()
            plans = self._plans(asked, memory.sharing)
        copies = memory.copies() if asked.chains > 1 else None
        return self._batched(computed(plans, asked, copies), kept)

    def _batched(
        self, results: Iterable[tuple[Array, Shown]], kept: Mapping[Any, Kept]
    ) -> Iterator[Batch]:
        for numbers, shown in results:
            for overflowed, text in zip(shown.overflows, OVERFLOWS, strict=True):
                if overflowed:
                    warnings.warn(text, stacklevel=2)
            for text in sorted(shown.said):
                warnings.warn(text, stacklevel=2)
            n = len(numbers)
            yield Batch(
                numbers,
                sampled(shown.data, n, kept),
                shown.counts[:n],
                shown.sent[:n],
                shown.traffic,
                shown.seconds,
                self.network,
                self._built.ensembles,
                self._built.sending,
            )

    def _plans(self, asked: Asked, sharing: Mapping[Any, int]) -> Plans:
        """Return the plans for a run, made and compiled when a run first asks for them."""
        key = (
            tuple(asked.items),
            tuple(asked.probes),
            asked.is_constant,
            asked.steps,
            tuple(sharing.items()),
        )
        if key not in self._planned:
            began = perf_counter()
            plans = self._plan(asked, sharing)
            # Code that isn't compiled yet is compiled now: two items take the same way as all of them. What a person wrote isn't
            # called, since it may remember.
            first_and_last = {node: values[[0, -1]] for node, values in asked.items.items()}
            rehearsal = SideBySide(plans, 2)
            rehearsal.clear(None)
            rehearsal.show(Slot([beginning(first_and_last, min(asked.steps, 2))]))
            self._planned[key] = plans
            self.build_seconds += perf_counter() - began
        return self._planned[key]

    def _plan(self, asked: Asked, sharing: Mapping[Any, int]) -> Plans:
        built, probes = self._built, asked.probes
        on_chip = (built.chip_probes[probe] for probe in probes if probe in built.chip_probes)
        read = [*built.received_probes.values(), *on_chip]
        host_pre, host = (
            Plan.of(model, asked.items, asked.is_constant, probes, sharing, built.errors)
            for model in (built.model.host_pre, built.model.host)
        )
        numbers = [
            {sharing[op] for part in plan.parts for op in part.operators if op in sharing}
            for plan in (host_pre, host)
        ]
        return Plans(
            built,
            probes,
            host_pre=host_pre,
            host=host,
            readout=Readout(built.chip, read, asked.steps if built.precomputed else 1),
            is_shared=not numbers[0].isdisjoint(numbers[1]),
        )


def _reporting(batches: Iterable[Batch], progress: Callable[[int], None]) -> Iterator[Batch]:
    """Yield batches, and report how many items each has."""
    for batch in batches:
        yield batch
        progress(len(batch.items))
