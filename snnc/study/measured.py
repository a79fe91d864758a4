"""What a trial comes to: the numbers that trials are compared by, on items that were set aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnc.diagnostics.errors import Refusal
from snnc.loihi.cores import chip
from snnc.program.program import Program
from snnc.running.energy import energy
from snnc.running.run import answers_of
from snnc.spec.study import Objective, Place
from snnc.trials.currents import period_of
from snnc.trials.items import TrialItems
from snnc.trials.outcome import Outcome, spikes_of

#: Which way is better; the others are to be small.
LARGE: Objective = "accuracy"


@dataclass(frozen=True, eq=False)
class Measured(Outcome):
    """What a trial comes to. `cores` and `joules` are of the chip, if the network runs there and its work was counted."""

    cores: int | None = None
    joules: float | None = None

    def value(self, objective: Objective) -> float:
        """Return the number that trials are compared by. Raises a Refusal if it isn't known."""
        values: dict[Objective, float | None] = {
            "accuracy": self.accuracy.value,
            "spikes": self.spikes,
            "time": self.seconds,
            "cores": self.cores,
            "energy": self.joules,
        }
        value = values[objective]
        if value is None:
            raise Refusal(f"'{objective}' isn't known of a network that runs there")
        return float(value)

    def to_dict(self) -> dict[str, Any]:
        """Return the same as plain data; which items were right as the bits of a number."""
        return {
            "n": len(self.correct),
            "correct": np.packbits(self.correct).tobytes().hex(),
            "seconds": self.seconds,
            "spikes": self.spikes,
            "cores": self.cores,
            "joules": self.joules,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Measured:
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(data["correct"]), np.uint8))
        return cls(
            bits[: data["n"]].astype(bool),
            data["seconds"],
            data["spikes"],
            data["cores"],
            data["joules"],
        )


def measure(
    deployed: Program, items: TrialItems, on: Place, count: Callable[[int], None]
) -> Measured:
    """Run a deployed program over items, as a stream."""
    answers = answers_of(deployed, items.x, on, count)
    work, simulated = answers.work, answers.simulated
    known = chip(deployed.network) if deployed.on_loihi else None
    counted = sum(known.cores().values()) if known else None
    return Measured(
        correct=answers.classes == items.y,
        seconds=period_of(deployed) * deployed.network.dt,
        spikes=spikes_of(answers, deployed),
        cores=simulated.size.cores if simulated else counted,
        joules=energy(deployed.network, work).chip.high if work else None,
    )
