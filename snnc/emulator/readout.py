"""What leaves the chip: probes of NengoLoihi, as it computes them from spikes, currents and voltages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.chip import Chip
from snnc.emulator.errors import NotEmulatedError
from snnc.emulator.kernels import Record
from snnc.emulator.machine import TOGETHER, bits_of, compiled, lowest_bit, padded

Array = NDArray[Any]
Bytes = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Ints = NDArray[np.int64]

#: What a probe calls what it looks at, and its type.
KEYS = {"spiked": np.bool_, "current": np.int32, "voltage": np.int32}
#: So many steps of random spikes are tried.
TRIED = 100


class Readout:
    """Which compartments some of NengoLoihi's probes look at, and what they make of them, of so many steps at a time."""

    def __init__(self, chip: Chip, probes: Sequence[Any], n_steps: int) -> None:
        #: For each key: what is recorded at the same time, places on the chip and columns of the record.
        self._seen: dict[str, list[tuple[Ints, int]]] = {key: [] for key in KEYS}
        self._width = dict.fromkeys(KEYS, 0)
        #: For each probe: where what it sees of each block is in a record.
        self._columns: dict[Any, list[slice]] = {}
        for probe in probes:
            if probe.key not in KEYS:
                raise NotEmulatedError(f"probes of '{probe.key}' on the chip")
            self._columns[probe] = [
                self._column(probe.key, chip.places[block][part])
                for block, part in zip(probe.target, probe.slice, strict=True)
            ]
        #: Probes of which weights of spikes, added up one after the other, are to the last bit what NengoLoihi makes of them.
        self._in_order = {probe for probe in probes if self._adds_in_order(probe, n_steps)}
        #: Whether fewer steps at a time give the same.
        self.is_divisible = all(
            probe in self._in_order or not probe.is_transformed for probe in probes
        )

    @property
    def bytes_of_step(self) -> int:
        """What is recorded of an item in a step, and made of it."""
        recorded = sum(width * np.dtype(KEYS[key]).itemsize for key, width in self._width.items())
        return recorded + 8 * sum(int(probe.output_size) for probe in self._columns)

    def _column(self, key: str, places: Ints) -> slice:
        """Return the columns of a record where what is at some places is written."""
        begin = self._width[key]
        self._seen[key].append((places, begin))
        # What is seen of a block begins a group.
        self._width[key] = begin + padded(len(places))
        return slice(begin, begin + len(places))

    def record(self, n_items: int, n_steps: int) -> Record:
        """Return room for what is recorded of some items during some steps."""
        fired, current, voltage = (self._runs(key) for key in KEYS)
        spikes, currents, voltages = ((n_steps, n_items, width) for width in self._width.values())
        return Record(
            fired,
            np.zeros(spikes, np.uint8),
            current,
            np.zeros(currents, np.int32),
            voltage,
            np.zeros(voltages, np.int32),
        )

    def _runs(self, key: str) -> Int32:
        """Return the runs of neighbours that are recorded, (runs, 3): where they begin, in which column, and how many."""
        runs = [np.zeros((0, 3), np.int32)]
        for places, begin in self._seen[key]:
            edges = np.flatnonzero(np.diff(places) != 1) + 1
            first, last = np.append(0, edges), np.append(edges, len(places))
            runs.append(np.stack([places[first], begin + first, last - first], axis=1))
        return np.concatenate(runs).astype(np.int32)

    def read(self, probe: Any, record: Record) -> Array:
        """Return what a probe makes of a record, before its synapse: (steps, items, size)."""
        whole = {
            "spiked": record.fired.view(bool),
            "current": record.current,
            "voltage": record.voltage,
        }[probe.key]
        columns = self._columns[probe]
        if probe in self._in_order:
            return _added_up(probe, columns, record.fired)
        # NengoLoihi's own sums, an item at a time: BLAS may round otherwise where there are more rows.
        outputs = [_weighted(probe, columns, whole[:, item]) for item in range(whole.shape[1])]
        return np.stack(outputs, axis=1)

    def _adds_in_order(self, probe: Any, n_steps: int) -> bool:
        """Try it with random spikes, so many steps at a time."""
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
        expected = np.stack([_weighted(probe, columns, item) for item in items], axis=1)
        found = _added_up(probe, columns, fired)
        return found.dtype == expected.dtype and np.array_equal(found, expected)


def _weighted(probe: Any, columns: list[slice], outputs: Array) -> Array:
    """Return what NengoLoihi makes of the outputs of one item, (steps, n)."""
    weighted: Array = probe.weight_outputs(
        [np.ascontiguousarray(outputs[:, part]) for part in columns]
    )
    return weighted


def _added_up(probe: Any, columns: list[slice], fired: Bytes) -> Array:
    """Return the sums of the weights of spikes, (steps, items, size)."""
    rows = fired.reshape(-1, fired.shape[2])
    # Of each block by itself, and then of all of them.
    sums = [
        _sums(rows, column, weights) for column, weights in zip(columns, probe.weights, strict=True)
    ]
    return sum(sums[1:], sums[0]).reshape(*fired.shape[:2], -1)


def _sums(rows: Bytes, column: slice, weights: Array) -> Array:
    sums = np.zeros((len(rows), weights.shape[1]))
    _add_weights(rows, column.start, column.stop, weights, sums)
    return sums


@compiled
def _add_weights(fired: Bytes, begin: int, end: int, weights: Array, sums: Array) -> None:
    """Add the weights of spikes, (neurons, size), to sums, (steps, size)."""
    words = fired.view(np.uint64)
    for step in range(len(fired)):
        for first in range(begin, end, TOGETHER):
            bits = bits_of(words, step, first // TOGETHER)
            while bits:
                k = first - begin + np.int64(lowest_bit(bits))
                bits &= bits - np.uint64(1)
                for i in range(sums.shape[1]):
                    sums[step, i] += weights[k, i]
