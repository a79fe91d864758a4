"""What a caller asks of a run, looked at before anything runs: a TypeError or a ValueError says what doesn't fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import index
from typing import Any, Literal, get_args

import nengo
import numpy as np
from numpy.typing import NDArray

from snnc.emulator.slots import EachStep, Rows, step_by_step

Array = NDArray[Any]
Present = Literal["fresh", "stream"]


@dataclass(frozen=True, eq=False)
class Asked:
    """Items, (items, size) or (items, steps, size) for each node, how they are shown, and the probes that are recorded."""

    items: dict[nengo.Node, Array | Rows]
    n_items: int
    steps: int
    gap: int
    latency: int
    present: Present
    chains: int
    probes: list[nengo.Probe]
    #: What may be shared by all items: the nodes or connections whose functions are called as they are.
    shared: list[Any]

    @classmethod
    def of(
        cls,
        network: nengo.Network,
        items: Any,
        steps: Any,
        gap: Any,
        latency: Any,
        present: Any,
        chains: Any,
        probes: Any,
        shared: Any,
    ) -> Asked:
        numbers = {"steps": steps, "gap": gap, "latency": latency, "chains": chains}
        steps, gap, latency, chains = (_whole(number, name) for name, number in numbers.items())
        if steps < 1:
            raise ValueError(f"items are shown for at least one step, not {steps}")
        if present not in get_args(Present):
            raise ValueError(
                f"items are presented {' or '.join(get_args(Present))}, not {present!r}"
            )
        if chains < 1 or gap < 0:
            raise ValueError("there is at least one chain, and no gap is shorter than 0 steps")
        if not 0 <= latency <= steps:
            raise ValueError(
                f"data are at most as late as an item is long, {steps} steps, not {latency}"
            )
        arrays = _items(network, items, steps)
        n_items = len(next(iter(arrays.values()))) if arrays else 1
        return cls(
            arrays,
            n_items,
            steps,
            gap,
            latency,
            present,
            n_items if present == "fresh" else min(chains, n_items),
            _probes(network, probes),
            _shared(network, shared),
        )

    @property
    def is_constant(self) -> bool:
        """Whether nodes have the same values in every step of an item."""
        return all(values.ndim == 2 for values in self.items.values())

    def step_by_step(self) -> Asked:
        """Return the same with outputs for each step."""
        return replace(
            self,
            items={
                node: values if values.ndim == 3 else self._each_step(values)
                for node, values in self.items.items()
            },
        )

    def _each_step(self, values: Array | Rows) -> Array | Rows:
        if isinstance(values, np.ndarray):
            return step_by_step(values, self.steps)
        return EachStep(values, self.steps)

    @property
    def queues(self) -> list[Array]:
        """The numbers of the items that follow each other, for each chain."""
        return np.array_split(np.arange(self.n_items), self.chains)


def _whole(number: Any, name: str) -> int:
    try:
        return index(number)
    except TypeError:
        raise TypeError(f"{name} is a whole number, not {number!r}") from None


def _items(network: nengo.Network, items: Any, steps: int) -> dict[nengo.Node, Array | Rows]:
    if not isinstance(items, Mapping):
        raise TypeError(
            f"items are a dictionary of nodes and their outputs, not a {type(items).__name__}: {{node: array}}"
        )
    arrays = {node: _array(network, node, values, steps) for node, values in items.items()}
    if len({len(values) for values in arrays.values()}) > 1:
        raise ValueError("every node gets as many items as the others")
    return arrays


def _array(network: nengo.Network, node: Any, values: Any, steps: int) -> Array | Rows:
    """Return the items for a node as an array, or as rows if they are read when they are shown."""
    if not isinstance(node, nengo.Node):
        raise TypeError(f"items are for nodes of the network: {node!r} is a {type(node).__name__}")
    if node not in network.all_nodes or node.size_in:
        raise ValueError(f"{node} isn't a node of the network without input")
    array: Array | Rows = values if isinstance(values, Rows) else _numbers(node, values)
    if array.shape[1:] not in ((node.size_out,), (steps, node.size_out)):
        raise ValueError(
            f"the items for {node} have the shape {array.shape}, not (items, {node.size_out}) "
            f"or (items, {steps}, {node.size_out})"
        )
    if not len(array):
        raise ValueError("there are no items")
    if isinstance(array, Rows):
        return array
    finite = np.isfinite(array)
    if not finite.all():
        item = int(np.argwhere(~finite)[0, 0])
        raise ValueError(
            f"the items for {node} aren't all finite: item {item} has {array[item][~finite[item]][0]}"
        )
    return array


def _numbers(node: nengo.Node, values: Any) -> Array:
    try:
        # As numbers at first: some versions of NumPy only warn of rows that aren't of one length.
        array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=float)
        if np.asarray(values).dtype.kind not in "biuf":
            raise TypeError
        return array.astype(float, copy=False)
    except (TypeError, ValueError):
        kind = f"an array of {array.dtype}" if isinstance(values, np.ndarray) else repr(values)
        raise TypeError(
            f"the items for {node} are real numbers, an array of (items, {node.size_out}), not {kind}"
        ) from None


def _probes(network: nengo.Network, probes: Any) -> list[nengo.Probe]:
    if probes is None:
        return list(network.all_probes)
    chosen = _listed(probes, "probes")
    for probe in chosen:
        if not isinstance(probe, nengo.Probe):
            raise TypeError(
                f"probes are probes of the network: {probe!r} is a {type(probe).__name__}"
            )
    if strangers := [probe for probe in chosen if probe not in network.all_probes]:
        raise ValueError(f"{strangers[0]} isn't one of the network's probes")
    return chosen


def _shared(network: nengo.Network, shared: Any) -> list[Any]:
    chosen = _listed(shared, "shared")
    known = {*network.all_nodes, *network.all_connections, *network.all_ensembles}
    if strangers := [obj for obj in chosen if obj not in known]:
        raise ValueError(f"{strangers[0]!r} isn't a node, connection or ensemble of the network")
    return chosen


def _listed(values: Any, name: str) -> list[Any]:
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise TypeError(f"{name} are a list, not a {type(values).__name__}: {name}=[...]")
    return list(values)
