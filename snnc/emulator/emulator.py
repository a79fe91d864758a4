"""A network on the emulated chip, for many items at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import perf_counter
from typing import Any, Literal, get_args

import nengo
import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnc.emulator.built import build
from snnc.emulator.kernels import OVERFLOWS
from snnc.emulator.plan import Plan
from snnc.emulator.readout import Readout
from snnc.emulator.result import Batch, Result, Size
from snnc.emulator.side_by_side import Plans, Shown, SideBySide
from snnc.emulator.threads import computed

Array = NDArray[Any]
Present = Literal["fresh", "stream"]


class Emulator:
    """A network on NengoLoihi's emulated chip, built once by NengoLoihi itself, and run on many items at once.

    Every spike, current and voltage of the chip, and all that the host computes from them, is equal to what
    `nengo_loihi.Simulator` computes, bit for bit. A NotEmulatedError names the part that isn't emulated: learning, noise,
    and anything that draws random numbers.
    """

    def __init__(self, network: nengo.Network, dt: float = 0.001) -> None:
        began = perf_counter()
        self.network = network
        self._built = build(network, dt)
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
        """Show items for some steps each, and return the values of probes.

        `items` are the outputs of nodes, (items, size), or (items, steps, size) where they change while an item is shown; all
        other nodes run as they are. An item may be followed by a `gap` of some steps, which belongs to it, in which the nodes put
        out zeros. With `present = "fresh"` every item meets a cleared network. With "stream" they come one after the other, in
        one or more `chains`, each of which starts cleared: in one chain, nengo_loihi.Simulator does the same. `progress` is
        called with the number of items whenever some more are done. All `probes` are recorded, unless some are named.
        """
        batches = self.batches(items, steps, gap=gap, present=present, chains=chains, probes=probes)
        began = perf_counter()
        n_items = min((len(np.asarray(values)) for values in items.values()), default=1)
        whole = Batch.of(_reporting(batches, progress), n_items)
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
        """Yield the results of `run` for some items at a time, in any order, so that memory stays bounded."""
        shown = self._checked(items, steps)
        n_items = len(next(iter(shown.values()))) if shown else 1
        _check_presentation(present, chains, gap)
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

    def _batched(self, results: Iterable[tuple[Array, Shown]]) -> Iterator[Batch]:
        for numbers, shown in results:
            for overflowed, text in zip(shown.overflows, OVERFLOWS, strict=True):
                if overflowed:
                    warnings.warn(text, stacklevel=2)
            n = len(numbers)
            data = {probe: values[:n] for probe, values in shown.data.items()}
            yield Batch(numbers, data, shown.counts[:n], shown.seconds, self._built)

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
        """Return the plans for a run, made and compiled when a run first asks for them."""
        constant = all(values.ndim == 2 for values in shown.values())
        asked = (tuple(shown), tuple(probes), constant, steps)
        if asked not in self._planned:
            began = perf_counter()
            plans = self._plan(list(shown), probes, constant, steps)
            # Code that isn't compiled yet is compiled now: two items take the same way as all of them.
            first_and_last = {node: values[[0, -1]] for node, values in shown.items()}
            SideBySide(plans, 2).show(first_and_last, min(steps, 2))
            self._planned[asked] = plans
            self.build_seconds += perf_counter() - began
        return self._planned[asked]

    def _plan(
        self, inputs: list[nengo.Node], probes: list[nengo.Probe], constant: bool, steps: int
    ) -> Plans:
        built = self._built
        on_chip = (built.chip_probes[probe] for probe in probes if probe in built.chip_probes)
        read = [*built.received_probes.values(), *on_chip]
        return Plans(
            built,
            probes,
            host_pre=Plan.of(built.model.host_pre, inputs, constant, probes),
            host=Plan.of(built.model.host, inputs, constant, probes),
            readout=Readout(built.chip, read, steps if built.precomputed else 1),
        )


def _check_presentation(present: str, chains: int, gap: int) -> None:
    if present not in get_args(Present):
        raise ValueError(f"items are presented {' or '.join(get_args(Present))}, not {present!r}")
    if chains < 1 or gap < 0:
        raise ValueError("there is at least one chain, and no gap is shorter than 0 steps")


def _reporting(batches: Iterable[Batch], progress: Callable[[int], None]) -> Iterator[Batch]:
    """Yield batches, and report how many items each has."""
    for batch in batches:
        yield batch
        progress(len(batch.items))
