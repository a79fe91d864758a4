"""What a run of a network gave, as a person reads it and as programs do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc import __version__
from snnc.engine.answers import log_loss
from snnc.engine.libraries import versions
from snnc.engine.statistics import accuracy, paired_difference
from snnc.engine.table import Correct, Row, by_class, table
from snnc.ir import Program


@dataclass(frozen=True)
class Results:
    """The rows of a run, and the labels of its items; `reference` is what the float network got right, if there is one."""

    program: Program
    rows: tuple[Row, ...]
    labels: NDArray[np.int64]
    reference: Correct | None

    def text(self) -> str:
        """Return the tables."""
        parts = [table(self.rows, self.labels, self.reference)]
        if self.program.output.labels:
            parts.append(by_class(self.rows, self.labels, self.program.output.labels))
        if self.reference is None:
            parts.append("No float twin to compare with: snnc train --baseline trains one.")
        return "\n".join(parts)

    def data(self) -> dict[str, Any]:
        """Return all numbers, unrounded, as plain JSON data."""
        return {
            "spec": self.program.spec_path.as_posix(),
            "network": self.program.name,
            "seed": self.program.seed,
            "versions": {"snnc": __version__, **versions()},
            "rows": [self._row(row) for row in self.rows],
        }

    def _row(self, row: Row) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": row.name,
            "accuracy": asdict(accuracy(row.correct)),
            "minus_float": None,
            "log_loss": None,
            "layers": [],
            "classes": [self._of_class(index, row) for index in range(self.program.output.classes)],
        }
        if self.reference is not None and row.correct is not self.reference:
            found["minus_float"] = asdict(paired_difference(row.correct, self.reference))
        if row.answers is not None:
            found["layers"] = [
                {"name": name, "rate": float(hertz.mean()), "silent": float(np.mean(hertz == 0))}
                for name, hertz in row.answers.rates.items()
            ]
            if row.answers.probabilities is not None:
                loss = log_loss(row.answers.probabilities, self.labels)
                found["log_loss"] = loss if isfinite(loss) else None
        return found

    def _of_class(self, index: int, row: Row) -> dict[str, Any]:
        labels = self.program.output.labels
        correct = row.correct[self.labels == index]
        return {
            "label": index,
            "name": labels[index] if labels else None,
            "n": len(correct),
            "accuracy": float(correct.mean()) if len(correct) else None,
        }
