"""How training went, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from snnc.report.figure import ACCENT, SECOND, svg
from snnc.report.text import share
from snnc.training.epochs import Epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Training:
    """Loss and accuracy after each epoch, while training and on items that validate, if any do."""

    epochs: Sequence[Epoch]

    def to_dict(self) -> list[dict[str, Any]]:
        """Return all epochs, without the seconds they took: those say nothing of the network."""
        return [{k: v for k, v in asdict(e).items() if k != "seconds"} for e in self.epochs]

    @property
    def validates(self) -> bool:
        return self.epochs[-1].validation is not None

    @property
    def cells(self) -> list[list[str]]:
        header = ["epoch", "loss", "accuracy"]
        header += ["validation loss", "validation accuracy"] if self.validates else []
        places = sorted({0, len(self.epochs) // 4, len(self.epochs) // 2, len(self.epochs) - 1})
        return [header, *(_cells(self.epochs[k]) for k in places)]

    @property
    def figure(self) -> Markup:
        first, last = self.epochs[0], self.epochs[-1]
        says = f"Loss and accuracy by epoch. Epoch {first.number}: {first}. Epoch {last.number}: {last}."
        return svg("training", says, self._draw, height=4.2)

    def _draw(self, figure: Figure) -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        losses = [epoch.loss for epoch in self.epochs]
        accuracies = [100 * epoch.accuracy for epoch in self.epochs]
        validated = [epoch.validation for epoch in self.epochs if epoch.validation]
        self._curves(above, losses, [v.loss for v in validated])
        self._curves(below, accuracies, [100 * v.accuracy for v in validated])
        above.set_ylabel("loss")
        below.set(xlabel="epoch", ylabel="accuracy, %")
        if validated:
            above.legend()

    def _curves(self, ax: Axes, trained: Sequence[float], validated: Sequence[float]) -> None:
        numbers = [epoch.number for epoch in self.epochs]
        mark = "o-" if len(numbers) == 1 else "-"
        ax.plot(numbers, trained, mark, color=ACCENT, label="training items")
        if validated:
            ax.plot(numbers, validated, mark, color=SECOND, label="items that validate")


def _cells(epoch: Epoch) -> list[str]:
    cells = [str(epoch.number), f"{epoch.loss:.4f}", share(epoch.accuracy)]
    if epoch.validation:
        cells += [f"{epoch.validation.loss:.4f}", share(epoch.validation.accuracy)]
    return cells
