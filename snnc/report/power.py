"""The energy of an item, as a range from published constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from snnc.report.text import number
from snnc.running import published
from snnc.running.energy import Energy, in_words


@dataclass(frozen=True)
class Power:
    """What an item takes on the chip, and in the float network."""

    energy: Energy

    def to_dict(self) -> dict[str, Any]:
        return self.energy.to_dict()

    @property
    def on_chip(self) -> list[list[str]]:
        work, parts = self.energy.work, self.energy.parts
        counts = {
            published.OPERATION.what: work.operations,
            published.UPDATE.what: work.updates,
            published.SPIKE.what: work.fired,
            published.MESSAGE.what: work.messages,
        }
        rows = [
            [what, number(count), in_words(parts[what].low), in_words(parts[what].high)]
            for what, count in counts.items()
        ]
        chip = self.energy.chip
        total = ["in all", "", in_words(chip.low), in_words(chip.high)]
        leakage = in_words(self.energy.leakage)
        beside = [f"beside it, leakage in {1000 * work.seconds:g} ms", "", leakage, leakage]
        return [["of an item", "number", "from", "to"], *rows, total, beside]

    @property
    def of_float_network(self) -> list[list[str]]:
        devices = self.energy.float_network.items()
        rows = [[name, in_words(joules)] for name, joules in devices]
        return [["device", "energy of an item"], *rows]

    @property
    def sources(self) -> list[published.Source]:
        """Where the constants are published, each once."""
        of_chip = [source for c in published.CHIP for source in (c.low_from, c.high_from)]
        of_devices = [device.source for device in published.DEVICES]
        return list(dict.fromkeys([*of_chip, published.LEAKAGE_FROM, *of_devices]))
