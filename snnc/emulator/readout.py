"""What leaves the chip: probes of NengoLoihi, as it computes them from spikes, currents and voltages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.chip import Chip
from snnc.emulator.errors import NotEmulatedError
from snnc.emulator.kernels import Record

Array = NDArray[Any]
Int32 = NDArray[np.int32]

#: What a probe calls what it looks at, and its type.
KEYS = {"spiked": np.bool_, "current": np.int32, "voltage": np.int32}


class Readout:
    """Which compartments some of NengoLoihi's probes look at, and what they make of them."""

    def __init__(self, chip: Chip, probes: Sequence[Any]) -> None:
        self._at: dict[str, list[Array]] = {key: [] for key in KEYS}
        #: For each probe: where what it sees of each block is in a record.
        self._columns: dict[Any, list[slice]] = {}
        seen = dict.fromkeys(KEYS, 0)
        for probe in probes:
            if probe.key not in KEYS:
                raise NotEmulatedError(f"probes of '{probe.key}' on the chip")
            columns = []
            for block, part in zip(probe.target, probe.slice, strict=True):
                at = chip.places[block][part]
                self._at[probe.key].append(at)
                columns.append(slice(seen[probe.key], seen[probe.key] + len(at)))
                seen[probe.key] += len(at)
            self._columns[probe] = columns

    def record(self, n_items: int, n_steps: int) -> Record:
        """Return room for what is recorded of some items during some steps."""
        fired, current, voltage = (self._places(key) for key in KEYS)
        shape = (n_items, n_steps)
        return Record(
            fired,
            np.zeros((*shape, len(fired)), np.uint8),
            current,
            np.zeros((*shape, len(current)), np.int32),
            voltage,
            np.zeros((*shape, len(voltage)), np.int32),
        )

    def read(self, probe: Any, record: Record) -> Array:
        """Return what a probe makes of a record, before its synapse: (items, steps, size)."""
        whole = {
            "spiked": record.fired.view(bool),
            "current": record.current,
            "voltage": record.voltage,
        }[probe.key]
        columns = self._columns[probe]
        # NengoLoihi's own sums, an item at a time: BLAS may round otherwise where there are more rows.
        return np.stack(
            [
                probe.weight_outputs([np.ascontiguousarray(item[:, part]) for part in columns])
                for item in whole
            ]
        )

    def _places(self, key: str) -> Int32:
        found = self._at[key]
        return np.concatenate(found).astype(np.int32) if found else np.zeros(0, np.int32)
