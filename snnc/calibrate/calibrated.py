"""What a calibration came to, as a table and as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.calibrate.candidates import Candidates
from snnc.diagnostics.document import Document
from snnc.diagnostics.screen import PAPER, Screen
from snnc.program.program import Program
from snnc.running.results import in_percent
from snnc.running.statistics import accuracy
from snnc.show.table import Cells, aligned
from snnc.trials.items import TrialItems
from snnc.trials.point import Point
from snnc.trials.tuned import AS_IT_IS, CHOSEN

RATES = "rates"


@dataclass(frozen=True, eq=False, repr=False)
class Calibrated:
    """A spec as it is to be written, its deployed program, and what was measured on items that aren't test items.

    `right` says which items rates answer right, (n,). `as_it_is` is what the spec does without a change, if the chip runs it; it
    may be the chosen point. `candidates` are what was tried for each time.
    """

    document: Document
    program: Program
    params: Path
    items: TrialItems
    right: NDArray[np.bool_]
    #: What each layer was divided by; layers whose output is no multiple of their input are left out.
    scales: Mapping[str, float]
    as_it_is: Point | None
    chosen: Point
    candidates: tuple[Candidates, ...]

    @property
    def loss(self) -> str:
        """What spikes cost, in words."""
        lost = in_percent(self.chosen.minus(self.right), "+")
        return (
            f"{lost} points from rates with {self.chosen.spikes:.0f} spikes an item, "
            f"on {len(self.items)} {self.items.which} items, streamed"
        )

    @property
    def is_kept(self) -> bool:
        """Whether nothing that was tried is better than the spec as it is."""
        return self.chosen is self.as_it_is

    @property
    def tried(self) -> int:
        """How many settings ran."""
        return sum(each.tried for each in self.candidates)

    def __str__(self) -> str:
        return self.text()

    def text(self, screen: Screen = PAPER) -> str:
        """Return the table, and what explains it, as they fit a screen."""
        table = aligned(self.cells(), width=screen.width)
        return "\n".join([*self._scaled(), table, *map(screen.wrapped, self.notes)])

    @property
    def notes(self) -> list[str]:
        """Sentences that explain the table."""
        of = "that validated the training" if self.items.which == "validation" else "trained on"
        return [
            f"On {len(self.items):,} items {of}, drawn by the seed, as a stream on the emulator; no test item was looked at.",
            f"{self.tried} settings ran on the first of them, the best on all. They are compared by how near their probabilities come "
            "to those of rates: alike is the share that lies on the same classes.",
        ]

    def _scaled(self) -> Iterator[str]:
        if self.scales and not self.is_kept:
            scales = (f"{name} {scale:.3g}" for name, scale in self.scales.items())
            yield f"Divided by: {', '.join(scales)}; the weights behind each are multiplied by as much."

    def cells(self) -> Cells:
        header = [
            "",
            "time, ms",
            "spikes",
            "accuracy, % (95 %)",
            "n",
            "minus rates (95 %)",
            "alike, %",
        ]
        return [[*header, "rates, Hz, and the rest"], *self._rows()]

    def _rows(self) -> Iterator[list[str]]:
        of_rates = accuracy(self.right)
        yield [RATES, "", "", in_percent(of_rates), str(of_rates.n), "", "", ""]
        if self.as_it_is:
            kept = f", {CHOSEN}" if self.is_kept else ""
            yield self._row(AS_IT_IS + kept, self.as_it_is)
        if not self.is_kept:
            yield self._row(CHOSEN, self.chosen)
        for candidates in self.candidates:
            for point in candidates.points:
                if point.setting != self.chosen.setting:
                    yield self._row("", point)

    def _row(self, name: str, point: Point) -> list[str]:
        return [
            name,
            *point.cells,
            in_percent(point.minus(self.right), "+"),
            f"{100 * point.share:.2f}",
            "" if point is self.as_it_is else str(point.setting),
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers, unrounded, as plain data, ready for JSON."""
        return {
            "spec": self.program.spec_path.as_posix(),
            "network": self.program.name,
            "seed": self.program.network.seed,
            "items": {"n": len(self.items), "which": self.items.which},
            "shown": "stream",
            "scales": dict(self.scales),
            "tried": self.tried,
            "rates": asdict(accuracy(self.right)),
            "as_it_is": self._described(self.as_it_is) if self.as_it_is else None,
            "is_kept": self.is_kept,
            "chosen": self._described(self.chosen),
            "candidates": [
                self._described(point) for each in self.candidates for point in each.points
            ],
        }

    def _described(self, point: Point) -> dict[str, Any]:
        return {
            **point.to_dict(),
            "minus_rates": asdict(point.minus(self.right)),
            "alike": point.share,
            "setting": str(point.setting),
        }
