"""What a run would have answered had its items ended earlier."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.program.program import Program

Array = NDArray[Any]

#: A longer presentation is read this often, evenly: every reading is a mean of its own.
MOST_READ = 100


def read_from(outputs: Array, read: int) -> Any:
    """Return the answers, (items, classes), that outputs, (items, steps, classes), end with: the last, or the mean of the last `read`."""
    return outputs[:, -1] if read == 1 else outputs[:, -read:].mean(axis=1)


class OverTime:
    """Reads outputs after fewer steps than an item is shown, as the spec reads them after all of its steps.

    After t steps a mean of the last half is that of the last half of t. Outputs begin `skipped` steps before the item's first
    effect on them. `classes` are the answers, (items, readings), and `steps` says after how many steps each is read.
    """

    def __init__(self, program: Program, n_items: int, steps: int, skipped: int = 0) -> None:
        n_read = min(steps, MOST_READ)
        self.steps: tuple[int, ...] = tuple(steps * (k + 1) // n_read for k in range(n_read))
        self.classes: NDArray[np.int64] = np.zeros((n_items, n_read), np.int64)
        self._program, self._skipped = program, skipped

    def take(self, items: Any, outputs: Array) -> None:
        """Read the outputs, (items, steps, classes), of some items, by their numbers."""
        for column, steps in enumerate(self.steps):
            shown = outputs[:, : self._skipped + steps]
            logits = read_from(shown, self._program.read_steps(steps))
            self.classes[items, column] = logits.argmax(axis=1)
