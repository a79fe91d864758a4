"""Which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from snnc.report.figure import svg
from snnc.running.axes import confusion as counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: More classes than this are a picture; fewer a table.
MOST_IN_TABLE = 20
#: How many pairs of classes are listed.
PAIRS = 10
#: Seen on white and on black: a picture can't ask the page for its colour.
BLUE = (0.20, 0.52, 0.82)


@dataclass(frozen=True)
class Confusion:
    """How many items of each class, in rows, got each answer, in columns."""

    where: str
    names: Sequence[str]
    counts: Sequence[Sequence[int]]

    def to_dict(self) -> dict[str, Any]:
        return {"where": self.where, "classes": self.names, "counts": self.counts}

    @property
    def shares(self) -> list[list[float]]:
        """The counts as shares of their class."""
        return [[count / max(sum(row), 1) for count in row] for row in self.counts]

    @property
    def is_small(self) -> bool:
        return len(self.names) <= MOST_IN_TABLE

    @property
    def pairs(self) -> list[list[str]]:
        """The most frequent mistakes, as a table."""
        mistakes = [
            (count, sum(row), self.names[right], self.names[answer])
            for right, row in enumerate(self.counts)
            for answer, count in enumerate(row)
            if right != answer and count
        ]
        first = sorted(mistakes, key=lambda mistake: -mistake[0])[:PAIRS]
        rows = [
            [right, answer, f"{n:,}", f"{100 * n / of_class:.1f} %"]
            for n, of_class, right, answer in first
        ]
        return [["class", "answer", "items", "of the class"], *rows]

    @property
    def figure(self) -> Markup:
        right = sum(row[k] for k, row in enumerate(self.counts))
        total = sum(map(sum, self.counts))
        says = (
            f"Share of each of {len(self.names)} classes, in rows, that got each answer, in columns; "
            f"{right:,} of {total:,} items are on the diagonal, which is right."
        )
        return svg("confusion", says, self._draw, height=5.0)

    def _draw(self, figure: Figure) -> None:
        ax = figure.subplots()
        shares = np.array(self.shares)
        pixels = np.zeros((*shares.shape, 4))
        pixels[..., :3], pixels[..., 3] = BLUE, np.sqrt(shares)
        ax.imshow(pixels, interpolation="none")
        ax.set(xlabel="answer", ylabel="class")
        ax.grid(visible=False)


def confusion(
    where: str, names: Sequence[str], labels: NDArray[np.int64], answers: NDArray[np.int64]
) -> Confusion:
    """Return the answers, (n,), of a run to items with labels, (n,)."""
    return Confusion(where, names, counted(labels, answers, len(names)).tolist())
