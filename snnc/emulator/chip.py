"""What NengoLoihi built for the chip, as flat arrays.

Blocks, weights, thresholds and decays are its own. Only the order of the compartments is another: those of a population
that was split stand as they stood before, so that the neighbours that a spike reaches are neighbours here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.errors import NotEmulatedError
from snnc.emulator.kernels import Compartments, Synapses

Ints = NDArray[np.int64]

#: Targets side by side are a run from so many on; fewer are single ones.
SHORTEST_RUN = 4
#: What is left of a value that doesn't decay, in 4096ths.
WHOLE = 4096


@dataclass(frozen=True, eq=False)
class Chip:
    """Compartments and synapses. Sources are the compartments, then the neurons of the host whose spikes come in.

    `places` says where the compartments of a block are, `inputs` where the neurons of an input are among those of the host.
    """

    compartments: Compartments
    synapses: Synapses
    places: dict[Any, Ints]
    inputs: dict[Any, slice]

    @property
    def n_compartments(self) -> int:
        return len(self.compartments.threshold)

    @property
    def n_inputs(self) -> int:
        return sum(part.stop - part.start for part in self.inputs.values())


def chip(model: Any) -> Chip:
    """Return the chip of a model that NengoLoihi has built; a NotEmulatedError names what can't be run."""
    _refuse_what_is_missing(model)
    places = _places(model)
    inputs, n_inputs = {}, 0
    for spikes in model.inputs:
        inputs[spikes] = slice(n_inputs, n_inputs + spikes.n_neurons)
        n_inputs += spikes.n_neurons
    compartments = _compartments(places)
    n = len(compartments.threshold)
    rows = _Rows(n + n_inputs)
    owners = {synapse: block for block in places for synapse in block.synapses}
    for block, its_places in places.items():
        for axon in block.axons:
            rows.add(its_places, axon, places[owners[axon.target]])
    for spikes, part in inputs.items():
        for axon in spikes.axons:
            sources = n + np.arange(part.start, part.stop)
            rows.add(sources, axon, places[owners[axon.target]])
    return Chip(compartments, rows.synapses(), places, inputs)


def _refuse_what_is_missing(model: Any) -> None:
    for spikes in model.inputs:
        if spikes.permanent:
            raise NotEmulatedError(f"{spikes.label or 'an input'}, whose spikes come from a file")
    for block in model.blocks:
        if any(synapse.learning for synapse in block.synapses):
            raise NotEmulatedError(f"learning ({block.label})")
        if np.any(block.compartment.enable_noise):
            raise NotEmulatedError(f"noise on the chip ({block.label})")


def _places(model: Any) -> dict[Any, Ints]:
    """Return the place of each compartment of the blocks."""
    places: dict[Any, Ints] = {}
    n = 0
    for blocks in _populations(model):
        # Where they were before the population was split.
        before = [np.asarray(model.block_comp_map[block].list, dtype=int) for block in blocks]
        for block, numbers in zip(blocks, before, strict=True):
            places[block] = n + numbers
        n += sum(map(len, before))
    return places


def _populations(model: Any) -> Iterator[list[Any]]:
    """Yield the blocks of each population."""
    split = {
        tuple(found)
        for parts in model.objs.values()
        for found in parts.values()
        if isinstance(found, list)
    }
    population = {block: blocks for blocks in split for block in blocks}
    for blocks in dict.fromkeys(population.get(block, (block,)) for block in model.blocks):
        yield list(blocks)


def _compartments(places: dict[Any, Ints]) -> Compartments:
    n = sum(map(len, places.values()))
    found = {
        name: np.zeros(n, np.int32)
        for name in ("vth", "bias", "decay_u", "decay_v", "vmin", "vmax", "refract_delay")
    }
    for block, its_places in places.items():
        for name, values in found.items():
            values[its_places] = getattr(block.compartment, name)
    common = np.stack(
        [
            WHOLE - 1 - found["decay_u"],
            WHOLE - found["decay_v"],
            found["vmin"],
            found["vmax"],
            found["refract_delay"],
        ]
    ).astype(np.int32)
    differs = np.flatnonzero((common[:, 1:] != common[:, :-1]).any(axis=0)) + 1
    begins = np.concatenate([[0], differs, [n]]).astype(np.int32)
    return Compartments(
        found["vth"], found["bias"], begins, *np.ascontiguousarray(common[:, begins[:-1]])
    )


class _Rows:
    """Gathers what the spikes of each source reach."""

    def __init__(self, n_sources: int) -> None:
        self._targets: list[list[Ints]] = [[] for _ in range(n_sources)]
        self._weights: list[list[NDArray[Any]]] = [[] for _ in range(n_sources)]

    def add(self, sources: Iterable[int], axon: Any, targets: Ints) -> None:
        """Add what an axon leads to: compartments of one block, at these places."""
        synapse = axon.target
        sources = np.asarray(sources)
        numbers = np.arange(len(sources))
        # Many axons share their weights.
        counting: dict[tuple[int, int], Any] = {}
        for source, to, atom in zip(
            sources, axon.map_axon(numbers), axon.map_atoms(numbers), strict=True
        ):
            if to < 0 or (base := synapse.axon_compartment_base(to)) is None:
                continue
            weights, indices = synapse.axon_weights_indices(to, atom=atom)
            key = (synapse.axon_weight_idx(to), atom)
            if key not in counting:
                counting[key] = _last_of_each(indices)
            counts = counting[key]
            self._targets[source].append(targets[base + indices[counts]])
            self._weights[source].append(weights[counts])

    def synapses(self) -> Synapses:
        """Return all of them, runs with the same weights sharing these."""
        runs, singles = [0], [0]
        begins: list[int] = []
        lengths: list[int] = []
        firsts: list[int] = []
        pool: dict[bytes, int] = {}
        pooled: list[NDArray[Any]] = []
        n_pooled = 0
        single_targets: list[Ints] = []
        single_weights: list[NDArray[Any]] = []
        for targets, weights in self._summed():
            edges = np.concatenate([[0], np.flatnonzero(np.diff(targets) != 1) + 1, [len(targets)]])
            alone = np.zeros(len(targets), bool)
            for begin, end in pairwise(edges):
                if end - begin < SHORTEST_RUN:
                    alone[begin:end] = True
                    continue
                values = weights[begin:end]
                key = values.tobytes()
                if key not in pool:
                    pool[key] = n_pooled
                    pooled.append(values)
                    n_pooled += len(values)
                begins.append(targets[begin])
                lengths.append(end - begin)
                firsts.append(pool[key])
            single_targets.append(targets[alone])
            single_weights.append(weights[alone])
            runs.append(len(begins))
            singles.append(singles[-1] + len(single_targets[-1]))
        shared = _joined(pooled)
        return Synapses(
            _int32(runs),
            _int32(begins),
            _int32(lengths),
            _int32(firsts),
            shared.astype(np.int16) if _fits(shared, np.int16) else shared,
            _int32(singles),
            _int32(_joined(single_targets)),
            _joined(single_weights),
        )

    def _summed(self) -> Iterator[tuple[Ints, NDArray[np.int32]]]:
        """Yield what each source reaches, in order, and the sum of its weights there."""
        for parts, values in zip(self._targets, self._weights, strict=True):
            targets, weights = _joined(parts), _joined(values)
            order = np.argsort(targets, kind="stable")
            targets, weights = targets[order], weights[order]
            first = np.ones(len(targets), bool)
            first[1:] = targets[1:] != targets[:-1]
            if first.all():
                yield targets, weights
            else:
                yield targets[first], np.add.reduceat(weights, np.flatnonzero(first))


def _last_of_each(indices: Ints) -> Any:
    """Return where the weights of an axon are that count: of several for one compartment, NengoLoihi adds the last."""
    _, last = np.unique(indices[::-1], return_index=True)
    return slice(None) if len(last) == len(indices) else len(indices) - 1 - last


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, np.int32)


def _int32(values: Any) -> NDArray[np.int32]:
    return np.asarray(values, dtype=np.int32)


def _fits(values: NDArray[Any], dtype: Any) -> bool:
    return bool(np.array_equal(values, values.astype(dtype)))
