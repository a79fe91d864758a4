"""How accuracy grows after an item's onset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from snnc.report.figure import ACCENT, MUTED, svg
from snnc.report.text import share
from snnc.running.over_time import OverTime
from snnc.running.statistics import Interval, accuracy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: How many readings stand in the table.
IN_TABLE = 10


@dataclass(frozen=True)
class Settling:
    """The accuracy after some times, in milliseconds from an item's onset, if it were read then, and that of chance."""

    where: str
    milliseconds: Sequence[float]
    accuracies: Sequence[Interval]
    chance: float

    def to_dict(self) -> dict[str, Any]:
        pairs = zip(self.milliseconds, self.accuracies, strict=True)
        readings = [{"ms": ms, "accuracy": asdict(interval)} for ms, interval in pairs]
        return {"where": self.where, "chance": self.chance, "readings": readings}

    @property
    def settled(self) -> float:
        """The first time, in milliseconds, from which on every interval holds the last accuracy."""
        last = self.accuracies[-1].value
        outside = [not each.low <= last <= each.high for each in self.accuracies]
        return self.milliseconds[max((k + 1 for k, out in enumerate(outside) if out), default=0)]

    @property
    def cells(self) -> list[list[str]]:
        places = sorted(
            {(len(self.accuracies) * (k + 1)) // IN_TABLE - 1 for k in range(IN_TABLE)} - {-1}
        )
        rows = [
            [
                f"{self.milliseconds[k]:g}",
                *(share(p) for p in (self.accuracies[k].value, self.accuracies[k].low)),
                share(self.accuracies[k].high),
            ]
            for k in places
        ]
        return [["ms after onset", "accuracy", "from", "to"], *rows]

    @property
    def figure(self) -> Markup:
        first, last = self.accuracies[0], self.accuracies[-1]
        says = (
            f"Accuracy by the time after an item's onset, with its 95 % band: {share(first.value)} after "
            f"{self.milliseconds[0]:g} ms, {share(last.value)} after {self.milliseconds[-1]:g} ms, settled from "
            f"{self.settled:g} ms on."
        )
        return svg("settling", says, self._draw)

    def _draw(self, figure: Figure) -> None:
        ax = figure.subplots()
        low, value, high = (
            [100 * getattr(each, key) for each in self.accuracies]
            for key in ("low", "value", "high")
        )
        ax.fill_between(self.milliseconds, low, high, color=ACCENT, alpha=0.25, linewidth=0)
        ax.plot(self.milliseconds, value, color=ACCENT, linewidth=1.8)
        ax.axhline(100 * self.chance, color=MUTED, linestyle=":")
        ax.annotate("chance", (self.milliseconds[-1], 100 * self.chance), ha="right", va="bottom")
        ax.set(xlabel="ms after the onset of an item", ylabel="accuracy, %")
        ax.set_xlim(0, self.milliseconds[-1])
        ax.set_ylim(bottom=0)


def settling(where: str, over_time: OverTime, labels: NDArray[np.int64], dt: float) -> Settling:
    """Return how accuracy grows in a run of items with labels, (n,), in steps of dt seconds."""
    correct = over_time.classes == labels[:, None]
    most = np.bincount(labels).max() / len(labels)
    return Settling(
        where,
        [round(1000 * dt * steps, 6) for steps in over_time.steps],
        [accuracy(column) for column in correct.T],
        float(most),
    )
