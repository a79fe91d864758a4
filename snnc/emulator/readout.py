"""The probes on the chip: NengoLoihi's, computed from recorded spikes, currents and voltages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.chip import Chip
from snnc.emulator.kernels import Record
from snnc.emulator.machine import GROUP, bits_of, compiled, lowest_bit, padded

Array = NDArray[Any]
Bytes = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Ints = NDArray[np.int64]

#: The states that a probe may see, by NengoLoihi's names, and their types.
KEYS = {"spiked": np.bool_, "current": np.int32, "voltage": np.int32}
#: The number of steps with random spikes that compiled sums are tried for.
TRIED = 100


class Recorder:
    """The compartments that are recorded for some of NengoLoihi's probes."""

    def __init__(self, chip: Chip, probes: Sequence[Any]) -> None:
        #: For each key: places on the chip, and the first column of the record that they are recorded to.
        self._recorded: dict[str, list[tuple[Ints, int]]] = {key: [] for key in KEYS}
        self._width = dict.fromkeys(KEYS, 0)
        #: For each probe: the columns of the record that it sees, by block.
        self._columns: dict[Any, list[slice]] = {}
        for probe in probes:
            self._columns[probe] = [
                self._add_columns(probe.key, chip.places[block][part])
                for block, part in zip(probe.target, probe.slice, strict=True)
            ]

    @property
    def bytes_of_step(self) -> int:
        """The memory that an item takes in each step: records, and the values of probes."""
        recorded = sum(width * np.dtype(KEYS[key]).itemsize for key, width in self._width.items())
        return recorded + 8 * sum(map(self._size, self._columns))

    def _size(self, probe: Any) -> int:
        """Return how many values a probe has. NengoLoihi's own answer doesn't know parts other than slices."""
        if probe.is_transformed:
            return int(next(w.shape[1] for w in probe.weights if w is not None and w.ndim > 1))
        return sum(part.stop - part.start for part in self._columns[probe])

    def _add_columns(self, key: str, places: Ints) -> slice:
        """Return new columns of the record for some places on the chip."""
        begin = self._width[key]
        self._recorded[key].append((places, begin))
        # Each block begins a group.
        self._width[key] = begin + padded(len(places))
        return slice(begin, begin + len(places))

    def record(self, n_items: int, n_steps: int) -> Record:
        """Return room to record some items during some steps."""
        fired, current, voltage = (self._runs(key) for key in KEYS)
        spikes, currents, voltages = ((n_steps, n_items, width) for width in self._width.values())
        return Record(
            fired_runs=fired,
            fired=np.zeros(spikes, np.uint8),
            current_runs=current,
            current=np.zeros(currents, np.int32),
            voltage_runs=voltage,
            voltage=np.zeros(voltages, np.int32),
        )

    def _runs(self, key: str) -> Int32:
        """Return the runs of neighbours that are recorded, (runs, 3): the first place, its column, and how many there are."""
        runs = [np.zeros((0, 3), np.int32)]
        for places, begin in self._recorded[key]:
            edges = np.flatnonzero(np.diff(places) != 1) + 1
            first, last = np.append(0, edges), np.append(edges, len(places))
            runs.append(np.stack([places[first], begin + first, last - first], axis=1))
        return np.concatenate(runs).astype(np.int32)

    def states(self, probe: Any, record: Record) -> list[Array]:
        """Return the recorded states that a probe sees of each block, (steps, items, n)."""
        of_all = {
            "spiked": record.fired.view(bool),
            "current": record.current,
            "voltage": record.voltage,
        }[probe.key]
        return [of_all[..., part] for part in self._columns[probe]]


class Readout(Recorder):
    """Some of NengoLoihi's probes, and their values.

    NengoLoihi multiplies spikes by weights in BLAS, for `n_steps` at once. Where compiled code that adds up the weights of
    spikes gives the same, it is used: for the same number of steps, since BLAS may add up others in another order.
    """

    def __init__(self, chip: Chip, probes: Sequence[Any], n_steps: int) -> None:
        super().__init__(chip, probes)
        #: The probes whose sums compiled code computes, spike by spike.
        self._added_up = {probe for probe in probes if self._may_be_added_up(probe, n_steps)}
        #: Whether other numbers of steps at a time give the same.
        self.is_divisible = all(
            probe in self._added_up or not probe.is_transformed for probe in probes
        )

    def read(self, probe: Any, record: Record) -> Array:
        """Return a probe's values from a record, before its synapse: (steps, items, size)."""
        if probe in self._added_up:
            return _sums_of_spikes(probe, self._columns[probe], record.fired)
        # NengoLoihi's own products, an item at a time: BLAS may round otherwise where there are more rows.
        states = self.states(probe, record)
        n_items = states[0].shape[1]
        values = [_own_values(probe, [part[:, n] for part in states]) for n in range(n_items)]
        return np.stack(values, axis=1)

    def _may_be_added_up(self, probe: Any, n_steps: int) -> bool:
        """Whether weights added up spike by spike are NengoLoihi's values, with random spikes in some steps at a time."""
        if probe.key != "spiked" or not all(
            isinstance(weights, np.ndarray) and weights.ndim == 2 for weights in probe.weights
        ):
            return False
        columns = self._columns[probe]
        chance = np.random.RandomState(0)
        fired = np.zeros((n_steps, max(TRIED // n_steps, 1), self._width["spiked"]), np.uint8)
        for part in columns:
            rates = chance.rand(part.stop - part.start)
            fired[..., part] = chance.rand(*fired.shape[:2], len(rates)) < rates
        items = fired.view(bool).swapaxes(0, 1)
        expected = np.stack(
            [_own_values(probe, [item[:, part] for part in columns]) for item in items], axis=1
        )
        sums = _sums_of_spikes(probe, columns, fired)
        return sums.dtype == expected.dtype and np.array_equal(sums, expected)


def _own_values(probe: Any, states: list[Array]) -> Array:
    """Return NengoLoihi's own values of a probe for the states of one item in each block, (steps, n)."""
    values: Array = probe.weight_outputs([np.ascontiguousarray(part) for part in states])
    return values


def _sums_of_spikes(probe: Any, columns: list[slice], fired: Bytes) -> Array:
    """Return the sums of the weights of spikes, (steps, items, size)."""
    rows = fired.reshape(-1, fired.shape[2])
    # As NengoLoihi: first those of each block, and then of all blocks.
    sums = [
        _sums_of_block(rows, part, weights)
        for part, weights in zip(columns, probe.weights, strict=True)
    ]
    return sum(sums[1:], sums[0]).reshape(*fired.shape[:2], -1)


def _sums_of_block(rows: Bytes, columns: slice, weights: Array) -> Array:
    sums = np.zeros((len(rows), weights.shape[1]))
    _add_weights(rows, columns.start, columns.stop, weights, sums)
    return sums


@compiled
def _add_weights(fired: Bytes, begin: int, end: int, weights: Array, sums: Array) -> None:
    """Add the weights of spikes, (neurons, size), to sums, (steps, size)."""
    words = fired.view(np.uint64)
    for step in range(len(fired)):
        for first in range(begin, end, GROUP):
            bits = bits_of(words, step, first // GROUP)
            while bits:
                k = first - begin + np.int64(lowest_bit(bits))
                bits &= bits - np.uint64(1)
                for i in range(sums.shape[1]):
                    sums[step, i] += weights[k, i]
