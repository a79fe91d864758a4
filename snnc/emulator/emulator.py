"""Many items at once on the emulated chip."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import islice
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

Array = NDArray[Any]
Present = Literal["fresh", "stream"]

#: What NengoLoihi says where a number leaves its bits.
OVERFLOWS = ("Overflow in q0", "Overflow in current", "Overflow in u2")
#: So many bytes of state are computed at once: with fewer items, calling the steps takes longer than what they do.
AT_ONCE = 1 << 21
#: More lanes than that gain nothing.
MOST_LANES = 512


class Emulator:
    """A network on NengoLoihi's emulated chip, built once by NengoLoihi itself, and run on many items at once.

    Every spike, current and voltage of the chip, and what the host makes of them, is what `nengo_loihi.Simulator` computes,
    bit for bit. A NotEmulatedError names what can't be run: learning, noise, and what draws random numbers.
    """

    def __init__(self, network: nengo.Network, dt: float = 0.001) -> None:
        began = perf_counter()
        self.network = network
        self._built = built(network, dt)
        self.build_seconds = perf_counter() - began

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
        began = perf_counter()
        batches = self.batches(items, steps, gap=gap, present=present, chains=chains, probes=probes)
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
        constant = all(values.ndim == 2 for values in shown.values())
        plans = self._plans(list(shown), chosen, constant)
        numbers = np.arange(n_items)
        if present == "fresh":
            queues = list(numbers[:, None])
        else:
            queues = np.array_split(numbers, min(chains, n_items))
        for part, came in _computed(plans, shown, queues, steps, gap):
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

    def _plans(self, given: list[nengo.Node], probes: list[nengo.Probe], constant: bool) -> Plans:
        """Return what has to be known to run items that these nodes put out."""
        built = self._built
        received = built.received_probes.values()
        on_chip = (built.chip_probes[probe] for probe in probes if probe in built.chip_probes)
        return Plans(
            built,
            probes,
            Plan(built.model.host_pre, given, constant),
            Plan(built.model.host, given, constant),
            Readout(built.chip, [*received, *on_chip]),
        )


def _computed(
    plans: Plans, shown: Mapping[Any, Array], queues: list[Array], steps: int, gap: int
) -> Iterator[tuple[Array, Shown]]:
    """Yield the items that were shown side by side, and what came of it, computed on all cores."""
    cores = _cores()
    n_threads = len(cores)
    n_lanes = min(
        max(AT_ONCE // plans.bytes_of_item, 1), MOST_LANES, math.ceil(len(queues) / n_threads)
    )
    groups = (queues[start : start + n_lanes] for start in range(0, len(queues), n_lanes))
    with ThreadPoolExecutor(n_threads, initializer=_settle, initargs=(iter(cores),)) as pool:
        running: dict[Future[tuple[Lanes, Shown]], tuple[list[Array], int]] = {}

        def show(lanes: Lanes | None, group: list[Array], position: int) -> tuple[Lanes, Shown]:
            # The longest chain is the first; those that have ended show their last item once more, for nobody.
            numbers = np.array([chain[min(position, len(chain) - 1)] for chain in group])
            lanes = lanes or Lanes(plans, len(group))
            items = {node: values[numbers] for node, values in shown.items()}
            return lanes, lanes.show(items, steps, gap, _busy(group, position))

        def start(lanes: Lanes | None, group: list[Array], position: int) -> None:
            running[pool.submit(show, lanes, group, position)] = group, position

        for group in islice(groups, n_threads):
            start(None, group, 0)
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                group, position = running.pop(future)
                lanes, came = future.result()
                if position + 1 < len(group[0]):
                    start(lanes, group, position + 1)
                elif following := next(groups, None):
                    start(None, following, 0)
                yield np.array([chain[position] for chain in group[: _busy(group, position)]]), came


def _told(batches: Iterable[Batch], progress: Callable[[int], None]) -> Iterator[Batch]:
    """Yield batches, and say how many items are done."""
    for batch in batches:
        yield batch
        progress(len(batch.items))


def _cores() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else list(range(os.cpu_count() or 1))


def _settle(cores: Iterator[int]) -> None:
    """Keep this thread on a core of its own: Linux may let all of them begin on one, and take a tenth of a second to notice."""
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(0, {next(cores)})


def _busy(group: list[Array], position: int) -> int:
    """Return how many of some chains, the longest first, have an item at a position."""
    return sum(position < len(chain) for chain in group)
