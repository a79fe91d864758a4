"""From the float network to the chip, rung by rung: where accuracy goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from snnc.report.figure import ACCENT, INK, MUTED, svg
from snnc.running.results import Results, in_percent
from snnc.running.statistics import Interval, paired_difference

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Rung:
    """One way to run a network on the same items, with its paired differences from the rung above, and from the float network."""

    name: str
    accuracy: Interval
    minus_above: Interval | None
    minus_float: Interval | None


@dataclass(frozen=True)
class Ladder:
    """Rungs from the top down."""

    rungs: Sequence[Rung]

    def to_dict(self) -> list[dict[str, Any]]:
        return [asdict(rung) for rung in self.rungs]

    @property
    def cells(self) -> list[list[str]]:
        header = ["run", "accuracy, % (95 %)", "n", "minus the one above", "minus float"]
        rows = [
            [
                rung.name,
                in_percent(rung.accuracy),
                f"{rung.accuracy.n:,}",
                in_percent(rung.minus_above, "+"),
                in_percent(rung.minus_float, "+"),
            ]
            for rung in self.rungs
        ]
        return [header, *rows]

    @property
    def figure(self) -> Markup:
        says = "; ".join(f"{rung.name}: {in_percent(rung.accuracy)} %" for rung in self.rungs)
        says = f"Accuracy of each rung with its 95 % interval. {says}"
        return svg("ladder", says, self._draw, height=0.9 + 0.5 * len(self.rungs))

    def _draw(self, figure: Figure) -> None:
        ax = figure.subplots()
        for row, rung in enumerate(self.rungs):
            share = rung.accuracy
            ax.plot([100 * share.low, 100 * share.high], [row, row], color=ACCENT, linewidth=2)
            ax.plot([100 * share.value], [row], "o", color=ACCENT, markersize=7)
            ax.annotate(
                rung.name,
                (0, row - 0.32),
                xycoords=("axes fraction", "data"),
                color=INK,
                fontsize=10,
            )
        ax.axvline(100 * self.rungs[0].accuracy.value, color=MUTED, linestyle=":")
        ax.set_ylim(len(self.rungs) - 0.5, -0.75)
        ax.set_yticks([])
        ax.margins(x=0.15)
        ax.set_xlabel("accuracy, %, with its 95 % interval")
        ax.grid(visible=False, axis="y")
        ax.spines["left"].set_visible(False)


def ladder(results: Results) -> Ladder:
    """Return the rows of a run as rungs."""
    return Ladder(tuple(_rungs(results)))


def _rungs(results: Results) -> Iterator[Rung]:
    above = None
    for row in results.rows:
        correct = row.predicted == results.labels
        minus_above = None if above is None else paired_difference(correct, above)
        yield Rung(row.name, row.accuracy, minus_above, row.minus_float)
        above = correct
