"""Many items at once on the emulated chip."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import perf_counter
from typing import Any, Literal, get_args

import nengo
import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnc.emulator.built import built
from snnc.emulator.lanes import Lanes, Plans, Shown
from snnc.emulator.plan import Plan
from snnc.emulator.readout import Readout
from snnc.emulator.result import Batch, Result, Size
from snnc.emulator.threads import computed

Array = NDArray[Any]
Present = Literal["fresh", "stream"]

#: What NengoLoihi says where a number leaves its bits.
OVERFLOWS = ("Overflow in q0", "Overflow in current", "Overflow in u2")


class Emulator:
    """A network on NengoLoihi's emulated chip, built once by NengoLoihi itself, and run on many items at once.

    Every spike, current and voltage of the chip, and what the host makes of them, is what `nengo_loihi.Simulator` computes,
    bit for bit. A NotEmulatedError names what can't be run: learning, noise, and what draws random numbers.
    """

    def __init__(self, network: nengo.Network, dt: float = 0.001) -> None:
        began = perf_counter()
        self.network = network
        self._built = built(network, dt)
        #: How long it took to build the network, and to plan what runs have asked for so far.
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

    def run(
        self,
        items: Mapping[nengo.Node, ArrayLike],
        steps: int,
        *,
        gap: int = 0,
        present: Present = "fresh",
        chains: int = 1,
        probes: list[nengo.Probe] | None = None,
        progress: Callable[[int], None] = lambda n: None,
    ) -> Result:
        """Show items for some steps each, and return what probes saw of them.

        `items` are what nodes put out, (items, size), or (items, steps, size) where that changes while an item is shown; other
        nodes put out what they do anyway. In a `gap` of some steps after each item, which belongs to it, the nodes put out
        zeros. With `present = "fresh"` every item meets a cleared network. With "stream" they
        come one after the other in so many `chains`, each of which starts cleared: in one, this is what nengo_loihi.Simulator
        does. `progress` is told how many items are done now and then. All `probes` are recorded, unless some are named.
        """
        batches = self.batches(items, steps, gap=gap, present=present, chains=chains, probes=probes)
        began = perf_counter()
        n_items = min((len(np.asarray(values)) for values in items.values()), default=1)
        whole = Batch.of(_told(batches, progress), n_items)
        n_chains = n_items if present == "fresh" else min(chains, n_items)
        seconds = perf_counter() - began
        return Result(whole, self.size, present, n_chains, steps + gap, seconds)

    def batches(
        self,
        items: Mapping[nengo.Node, ArrayLike],
        steps: int,
        *,
        gap: int = 0,
        present: Present = "fresh",
        chains: int = 1,
        probes: list[nengo.Probe] | None = None,
    ) -> Iterator[Batch]:
        """Yield what `run` puts together: of some items at a time, in any order, so that memory stays bounded."""
        shown = self._checked(items, steps)
        n_items = len(next(iter(shown.values()))) if shown else 1
        if present not in get_args(Present):
            raise ValueError(
                f"items are presented {' or '.join(get_args(Present))}, not {present!r}"
            )
        if chains < 1 or gap < 0:
            raise ValueError("there is at least one chain, and no gap is shorter than 0 steps")
        chosen = self.network.all_probes if probes is None else probes
        if strangers := [probe for probe in chosen if probe not in self.network.all_probes]:
            raise ValueError(f"{strangers[0]} isn't one of the network's probes")
        plans = self._plans(shown, chosen, steps)
        numbers = np.arange(n_items)
        if present == "fresh":
            queues = list(numbers[:, None])
        else:
            queues = np.array_split(numbers, min(chains, n_items))
        return self._batched(computed(plans, shown, queues, steps, gap))

    def _batched(self, shown: Iterable[tuple[Array, Shown]]) -> Iterator[Batch]:
        for part, came in shown:
            for overflowed, text in zip(came.overflows, OVERFLOWS, strict=True):
                if overflowed:
                    warnings.warn(text, stacklevel=2)
            n = len(part)
            data = {probe: values[:n] for probe, values in came.data.items()}
            yield Batch(part, data, came.counts[:n], came.seconds, self._built)

    def _checked(
        self, items: Mapping[nengo.Node, ArrayLike], steps: int
    ) -> dict[nengo.Node, Array]:
        """Return the items as arrays; a ValueError says what doesn't fit."""
        if steps < 1:
            raise ValueError(f"items are shown for at least one step, not {steps}")
        shown = {node: np.asarray(values, dtype=float) for node, values in items.items()}
        for node, values in shown.items():
            if values.shape[1:] not in ((node.size_out,), (steps, node.size_out)):
                raise ValueError(
                    f"the items for {node} have the shape {values.shape}, not (items, {node.size_out}) "
                    f"or (items, {steps}, {node.size_out})"
                )
            if node not in self.network.all_nodes or node.size_in:
                raise ValueError(f"{node} isn't a node of the network without input")
            if not len(values):
                raise ValueError("there are no items")
        if len({len(values) for values in shown.values()}) > 1:
            raise ValueError("every node gets as many items as the others")
        return shown

    def _plans(
        self, shown: dict[nengo.Node, Array], probes: list[nengo.Probe], steps: int
    ) -> Plans:
        """Return what has to be known to run items."""
        constant = all(values.ndim == 2 for values in shown.values())
        asked = (tuple(shown), tuple(probes), constant, steps)
        if asked not in self._planned:
            began = perf_counter()
            plans = self._plan(list(shown), probes, constant, steps)
            # What isn't compiled yet is compiled now: two items take the same way as all of them.
            Lanes(plans, 2).show({node: x[[0, -1]] for node, x in shown.items()}, min(steps, 2))
            self._planned[asked] = plans
            self.build_seconds += perf_counter() - began
        return self._planned[asked]

    def _plan(
        self, given: list[nengo.Node], probes: list[nengo.Probe], constant: bool, steps: int
    ) -> Plans:
        built = self._built
        received = built.received_probes.values()
        on_chip = (built.chip_probes[probe] for probe in probes if probe in built.chip_probes)
        return Plans(
            built,
            probes,
            Plan(built.model.host_pre, given, constant, probes),
            Plan(built.model.host, given, constant, probes),
            Readout(built.chip, [*received, *on_chip], steps if built.precomputed else 1),
        )


def _told(batches: Iterable[Batch], progress: Callable[[int], None]) -> Iterator[Batch]:
    """Yield batches, and say how many items are done."""
    for batch in batches:
        yield batch
        progress(len(batch.items))
