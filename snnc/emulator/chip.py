"""The chip as NengoLoihi built it, in flat arrays.

Blocks, weights, thresholds and decays are NengoLoihi's own. Only the compartments are in another order: those of an ensemble
that was split into blocks stand side by side as they did before, so that a spike reaches neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.kernels import Compartments, Synapses
from snnc.emulator.learning import Learned, rule_of
from snnc.emulator.restless import Chance

Ints = NDArray[np.int64]

#: Fewer neighbours than this aren't stored as a run, but as single targets.
SHORTEST_RUN = 4
#: Decays are in 4096ths.
WHOLE = 4096


@dataclass(frozen=True, eq=False)
class Chip:
    """Compartments and synapses. The sources of synapses are the compartments, and then the host's neurons that send spikes.

    `places` are those of a block's compartments on the chip. `inputs` are the neurons of each of NengoLoihi's spike inputs,
    among all that send spikes to the chip: several times if they may fire several times in a step. `chance` is what is random:
    synapses that learn, which aren't among the others, and noise.
    """

    compartments: Compartments
    synapses: Synapses
    places: dict[Any, Ints]
    inputs: dict[Any, slice]
    chance: Chance | None

    @property
    def n_compartments(self) -> int:
        return len(self.compartments.threshold)

    @cached_property
    def work(self) -> int:
        """About how much a step of an item takes: compartments are updated, and some synapses carry a spike."""
        n_synapses = int(self.synapses.run_length.sum()) + len(self.synapses.single_target)
        return max(self.n_compartments, 1) + n_synapses // 16

    @property
    def n_inputs(self) -> int:
        return sum(part.stop - part.start for part in self.inputs.values())


def chip_of(model: Any) -> Chip:
    """Return the chip of a model that NengoLoihi has built."""
    places = _places(model)
    inputs, n_inputs = {}, 0
    for spikes in model.inputs:
        n_sources = most_at_once(spikes) * spikes.n_neurons
        inputs[spikes] = slice(n_inputs, n_inputs + n_sources)
        n_inputs += n_sources
    compartments = _compartments(places)
    n = len(compartments.threshold)
    rows = _Rows(n + n_inputs)
    owners = {synapse: block for block in places for synapse in block.synapses}
    # NengoLoihi's order: it draws random numbers in it.
    learned = {
        synapse: _LearnedRows(synapse, places[block])
        for block in model.blocks
        for synapse in block.synapses
        if synapse.learning
    }
    for block, its_places in places.items():
        for axon in block.axons:
            if axon.target in learned:
                learned[axon.target].add(its_places, axon, from_chip=True)
            else:
                rows.add(its_places, axon, places[owners[axon.target]])
    for spikes, part in inputs.items():
        sources = np.arange(part.start, part.stop).reshape(-1, spikes.n_neurons)
        for axon in spikes.axons:
            for its_sources in sources:
                if axon.target in learned:
                    learned[axon.target].add(its_sources, axon, from_chip=False)
                else:
                    rows.add(n + its_sources, axon, places[owners[axon.target]])
    chance = Chance.of(model, places, {of: row.learned() for of, row in learned.items()})
    return Chip(compartments, rows.synapses(), places, inputs, chance)


def most_at_once(spikes: Any) -> int:
    """Return how often a neuron of a spike input may fire in a step: more than once only if its spikes come from a file."""
    known = (np.bincount(spikes.spikes[step], minlength=1).max() for step in spikes.permanent)
    return max(known, default=1)


def _places(model: Any) -> dict[Any, Ints]:
    """Return the place of each compartment of the blocks."""
    places: dict[Any, Ints] = {}
    n = 0
    for blocks in _ensembles(model):
        # The numbers that compartments had before the ensemble was split.
        numbers = [np.asarray(model.block_comp_map[block].list, dtype=int) for block in blocks]
        for block, its_numbers in zip(blocks, numbers, strict=True):
            places[block] = n + its_numbers
        n += sum(map(len, numbers))
    return places


def _ensembles(model: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the blocks of each ensemble on the chip."""
    split = {
        tuple(blocks)
        for parts in model.objs.values()
        for blocks in parts.values()
        if isinstance(blocks, list)
    }
    ensemble = {block: blocks for blocks in split for block in blocks}
    yield from dict.fromkeys(ensemble.get(block, (block,)) for block in model.blocks)


def _compartments(places: dict[Any, Ints]) -> Compartments:
    n = sum(map(len, places.values()))
    values = {
        name: np.zeros(n, np.int32)
        for name in ("vth", "bias", "decay_u", "decay_v", "vmin", "vmax", "refract_delay")
    }
    for block, its_places in places.items():
        for name, of_all in values.items():
            of_all[its_places] = getattr(block.compartment, name)
    common = np.stack(
        [
            WHOLE - 1 - values["decay_u"],
            WHOLE - values["decay_v"],
            values["vmin"],
            values["vmax"],
            values["refract_delay"],
        ]
    ).astype(np.int32)
    differs = np.flatnonzero((common[:, 1:] != common[:, :-1]).any(axis=0)) + 1
    begins = np.concatenate([[0], differs, [n]]).astype(np.int32)
    return Compartments(
        values["vth"], values["bias"], begins, *np.ascontiguousarray(common[:, begins[:-1]])
    )


class _Pool:
    """Weights of runs, each stored once however many runs have them."""

    def __init__(self) -> None:
        self._begins: dict[bytes, int] = {}
        self._weights: list[NDArray[Any]] = []
        self._n = 0

    def begin_of(self, weights: NDArray[Any]) -> int:
        """Return where weights begin in the pool, and add them if they aren't there yet."""
        key = weights.tobytes()
        if key not in self._begins:
            self._begins[key] = self._n
            self._weights.append(weights)
            self._n += len(weights)
        return self._begins[key]

    def weights(self) -> NDArray[Any]:
        """Return all weights, in 16 bits if they fit."""
        weights = _joined(self._weights)
        return weights.astype(np.int16) if _fits(weights, np.int16) else weights


class _LearnedRows:
    """Gathers the sources of a synapse that learns."""

    def __init__(self, synapse: Any, places: Ints) -> None:
        self._synapse, self._places = synapse, places
        self._sources: dict[bool, list[Ints]] = {True: [], False: []}
        self._axons: dict[bool, list[Ints]] = {True: [], False: []}

    def add(self, sources: Ints, axon: Any, from_chip: bool) -> None:
        numbers = np.asarray(axon.map_axon(np.arange(len(sources))))
        self._sources[from_chip].append(np.asarray(sources)[numbers >= 0])
        self._axons[from_chip].append(numbers[numbers >= 0])

    def learned(self) -> Learned:
        synapse = self._synapse
        return Learned(
            places=_int32(self._places),
            # From each axon to all compartments, in order: others NengoLoihi doesn't let learn.
            weights=_int32(np.concatenate(synapse.weights)),
            chip_sources=_int32(_joined(self._sources[True])),
            chip_axons=_int32(_joined(self._axons[True])),
            host_sources=_int32(_joined(self._sources[False])),
            host_axons=_int32(_joined(self._axons[False])),
            rule=rule_of(synapse),
            trace_epoch=synapse.train_epoch,
            learn_epoch=synapse.learn_epoch,
        )


class _Rows:
    """Gathers the targets of each source, and the weights of its synapses."""

    def __init__(self, n_sources: int) -> None:
        self._targets: list[list[Ints]] = [[] for _ in range(n_sources)]
        self._weights: list[list[NDArray[Any]]] = [[] for _ in range(n_sources)]

    def add(self, sources: Iterable[int], axon: Any, places: Ints) -> None:
        """Add the synapses of an axon from some sources to the compartments of a block, at these places."""
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
            self._targets[source].append(places[base + indices[counts]])
            self._weights[source].append(weights[counts])

    def synapses(self) -> Synapses:
        """Return all synapses; runs with the same weights share these."""
        runs, singles = [0], [0]
        begins: list[int] = []
        lengths: list[int] = []
        firsts: list[int] = []
        pool = _Pool()
        single_targets: list[Ints] = []
        single_weights: list[NDArray[Any]] = []
        for targets, weights in self._summed():
            edges = np.concatenate([[0], np.flatnonzero(np.diff(targets) != 1) + 1, [len(targets)]])
            is_single = np.zeros(len(targets), bool)
            for begin, end in pairwise(edges):
                if end - begin < SHORTEST_RUN:
                    is_single[begin:end] = True
                else:
                    begins.append(targets[begin])
                    lengths.append(end - begin)
                    firsts.append(pool.begin_of(weights[begin:end]))
            single_targets.append(targets[is_single])
            single_weights.append(weights[is_single])
            runs.append(len(begins))
            singles.append(singles[-1] + len(single_targets[-1]))
        return Synapses(
            runs=_int32(runs),
            run_begin=_int32(begins),
            run_length=_int32(lengths),
            run_weights=_int32(firsts),
            weights=pool.weights(),
            singles=_int32(singles),
            single_target=_int32(_joined(single_targets)),
            single_weight=_joined(single_weights),
        )

    def _summed(self) -> Iterator[tuple[Ints, NDArray[np.int32]]]:
        """Yield the targets of each source in order, and the sum of its weights for each."""
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
    """Return the positions of the weights that count: of several for one compartment, NengoLoihi adds only the last."""
    _, last = np.unique(indices[::-1], return_index=True)
    return slice(None) if len(last) == len(indices) else len(indices) - 1 - last


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, np.int32)


def _int32(values: Any) -> NDArray[np.int32]:
    return np.asarray(values, dtype=np.int32)


def _fits(values: NDArray[Any], dtype: Any) -> bool:
    return bool(np.array_equal(values, values.astype(dtype)))
