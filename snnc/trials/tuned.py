"""What a search came to, as a table and as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.screen import PAPER, Screen
from snnc.program.program import Program
from snnc.running.results import in_percent
from snnc.running.scoring import BASELINE
from snnc.running.statistics import accuracy
from snnc.show.table import Cells, aligned
from snnc.trials.items import TrialItems
from snnc.trials.point import Point

AS_IT_IS = "the spec as it is"
CHOSEN = "chosen"
#: What items are, in words.
WORDS = {
    "validation": "items that validated the training",
    "training": "items trained on",
    "mixed training": "items trained on, each mixed with a fifth of another, as nearly all are right without",
}


@dataclass(frozen=True, eq=False, repr=False)
class Tuned:
    """The spec as it is, the front of what was tried, and the point of it that is chosen.

    `twin` says which items the float twin answers right, (n,), if there is one; `tolerance` is a share, `tried` the number of runs.
    """

    program: Program
    items: TrialItems
    as_it_is: Point
    twin: NDArray[np.bool_] | None
    front: tuple[Point, ...]
    chosen: Point
    tolerance: float
    tried: int

    def __str__(self) -> str:
        return self.text()

    def text(self, screen: Screen = PAPER) -> str:
        """Return the table, and what explains it, as they fit a screen."""
        table = aligned(self.cells(), width=screen.width)
        return "\n".join([table, *map(screen.wrapped, self.notes)])

    @property
    def notes(self) -> list[str]:
        """Sentences that explain the table."""
        return [
            f"On {len(self.items):,} {WORDS[self.items.which]}, drawn by the seed, as a stream on the emulator; no test item was looked at. "
            f"Spikes are those of all layers, an item; {self.tried} runs.",
            f"Chosen is the shortest time, and there the fewest spikes, at most {100 * self.tolerance:g} points below the best.",
        ]

    def cells(self) -> Cells:
        header = ["", "time, ms", "spikes", "accuracy, % (95 %)", "n", "minus the spec (95 %)"]
        header += [] if self.twin is None else ["minus float (95 %)"]
        return [[*header, "set"], *self._rows()]

    def _rows(self) -> Iterator[list[str]]:
        if self.twin is not None:
            of_twin = accuracy(self.twin)
            yield [BASELINE, "", "", in_percent(of_twin), str(of_twin.n), "", "", ""]
        yield self._row(AS_IT_IS, self.as_it_is)
        for point in self.front:
            yield self._row(CHOSEN if point is self.chosen else "", point)

    def _row(self, name: str, point: Point) -> list[str]:
        is_other = point is not self.as_it_is
        return [
            name,
            *point.cells,
            in_percent(point.minus(self.as_it_is.correct), "+") if is_other else "",
            *([] if self.twin is None else [in_percent(point.minus(self.twin), "+")]),
            str(point.setting) if is_other else "",
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers, unrounded, as plain data, ready for JSON."""
        return {
            "spec": self.program.spec_path.as_posix(),
            "network": self.program.name,
            "seed": self.program.network.seed,
            "items": {"n": len(self.items), "which": self.items.which},
            "shown": "stream",
            "tolerance": self.tolerance,
            "tried": self.tried,
            "float": None if self.twin is None else asdict(accuracy(self.twin)),
            "as_it_is": self._described(self.as_it_is),
            "front": [self._described(point) for point in self.front],
            "chosen": self._described(self.chosen),
        }

    def _described(self, point: Point) -> dict[str, Any]:
        changes = point.setting.changes(self.program)
        return {
            **point.to_dict(),
            "minus_spec": asdict(point.minus(self.as_it_is.correct)),
            "minus_float": None if self.twin is None else asdict(point.minus(self.twin)),
            "changes": {".".join(map(str, path)): value for path, value in changes.items()},
        }
