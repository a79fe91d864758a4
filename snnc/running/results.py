"""The results of several runs of a network, as numbers and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.errors import Refusal
from snnc.diagnostics.screen import PAPER, Screen
from snnc.environment.libraries import own_versions
from snnc.program.program import Program
from snnc.running.simulators import FRESH, SimulatorName
from snnc.running.statistics import Interval
from snnc.show.table import Cells, aligned, html, paragraph

if TYPE_CHECKING:
    from snnc.running.answers import Simulated
    from snnc.running.energy import Energy

Labels = NDArray[np.int64]

NOTE = "Under each layer: its mean firing rate in Hz (the share of its neurons that never fired)."
NOT_TESTED = "No test item was shown: snnc run shows them."
NO_BASELINE = "No float twin to compare with: snnc train --baseline trains one."


@dataclass(frozen=True)
class LayerRate:
    """A layer's mean firing rate in hertz, and the share of its neurons that never fired.

    `silent_channels` is the number of channels in which no neuron fired; None in a layer without channels.
    """

    name: str
    rate: float
    silent: float
    silent_channels: int | None


def never_fires(layer: str, n_items: int) -> Refusal:
    """Return the refusal of answers that nothing got through to."""
    return Refusal(
        f"layer '{layer}' never fires on these {n_items} items, so nothing gets through it: "
        "raise max_rate, lower the intercept, train longer, or try another seed"
    )


@dataclass(frozen=True)
class ClassAccuracy:
    """The share of a class's n items that was right; None if there are no such items."""

    label: int
    name: str | None
    n: int
    accuracy: float | None


@dataclass(frozen=True, eq=False)
class Row:
    """The results of one way to run a network: the predicted classes of n test items, (n,), and their accuracy.

    `minus_float` is the difference of its accuracy from that of the float twin, on the same items; None without a twin, and
    for the twin. `minus_rates` is the difference from the network's own rate neurons; None for rows that don't run over
    time. `log_loss` is None unless the spec asks for probabilities.
    """

    name: str
    on: Literal["keras", "rates"] | SimulatorName
    predicted: Labels
    accuracy: Interval
    minus_float: Interval | None
    minus_rates: Interval | None
    log_loss: float | None
    layers: tuple[LayerRate, ...]
    classes: tuple[ClassAccuracy, ...]
    #: For runs on the emulator.
    simulated: Simulated | None = None
    energy: Energy | None = None

    @property
    def shown(self) -> Literal["fresh", "stream"] | None:
        """Whether each item started from a cleared state (fresh), or followed another one (stream); None for rows without time."""
        if self.on in ("keras", "rates"):
            return None
        return "fresh" if self.on in FRESH else "stream"

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain data, without the answers to single items."""
        return {
            "name": self.name,
            "on": self.on,
            "shown": self.shown,
            "accuracy": asdict(self.accuracy),
            "minus_float": asdict(self.minus_float) if self.minus_float else None,
            "minus_rates": asdict(self.minus_rates) if self.minus_rates else None,
            "log_loss": self.log_loss,
            "layers": [asdict(layer) for layer in self.layers],
            "classes": [asdict(label) for label in self.classes],
            "simulated": self.simulated.as_json if self.simulated else None,
            "energy": self.energy.to_dict() if self.energy else None,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """Rows of a table, all of the same test items, with their labels, (n,). `str()` is the table that `snnc run` prints."""

    program: Program
    rows: tuple[Row, ...]
    labels: Labels

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers, unrounded, as plain data, ready for JSON."""
        return {
            "spec": self.program.spec_path.as_posix(),
            "network": self.program.name,
            "seed": self.program.network.seed,
            "versions": own_versions(),
            "rows": [row.to_dict() for row in self.rows],
        }

    def refuse_silence(self) -> None:
        """Raise a Refusal if a layer never fired in a run: the answers would come from biases alone."""
        for row in self.rows:
            silent = [layer.name for layer in row.layers if layer.silent == 1]
            if silent and row.on != "rates":
                raise never_fires(silent[0], len(self.labels))

    @property
    def has_baseline(self) -> bool:
        return any(row.on == "keras" for row in self.rows)

    @property
    def notes(self) -> list[str]:
        """Sentences that explain the tables."""
        simulated = [f"On the emulator: {row.simulated}." for row in self.rows if row.simulated]
        energy = [f"Energy of an item, estimated: {row.energy}." for row in self.rows if row.energy]
        return [NOTE, *([] if self.has_baseline else [NO_BASELINE]), *simulated, *energy]

    def cells(self) -> Cells:
        """Return accuracies, their differences from the float twin and from rate neurons, all with intervals, and firing rates."""
        has_loss = any(row.log_loss is not None for row in self.rows)
        layers = [population.name for population in self.program.network.populations]
        header = ["", "accuracy, % (95 %)", "n"]
        header += ["minus float (95 %)"] if self.has_baseline else []
        header += ["minus rates (95 %)"]
        header += ["log loss"] if has_loss else []
        rows = [_cells(row, layers, self.has_baseline, has_loss) for row in self.rows]
        return [[*header, *layers], *rows]

    def class_cells(self) -> Cells:
        """Return the accuracy of each class in every row; empty if the classes have no names."""
        if not self.program.network.output.labels:
            return []
        present = [label.name or "" for label in self.rows[0].classes if label.n]
        lines = [["of each class, %", *present]]
        for row in self.rows:
            shares = (label.accuracy for label in row.classes if label.accuracy is not None)
            lines.append([row.name, *(f"{100 * share:.1f}" for share in shares)])
        return lines

    def _repr_html_(self) -> str:
        if not self.rows:
            return paragraph(NOT_TESTED)
        first, *rest = self.notes
        classes = self.class_cells()
        parts = [html(self.cells(), numbers=True), paragraph(first)]
        parts += [html(classes, numbers=True)] if classes else []
        return "\n".join([*parts, *map(paragraph, rest)])

    def __repr__(self) -> str:
        return self.text()

    def text(self, screen: Screen = PAPER) -> str:
        """Return the tables, and what explains them, as they fit a screen."""
        if not self.rows:
            return NOT_TESTED
        first, *rest = map(screen.wrapped, self.notes)
        classes = self.class_cells()
        below = [aligned(classes, True, screen.width)] if classes else []
        return "\n".join([aligned(self.cells(), True, screen.width), first, *below, *rest])


def _cells(row: Row, layers: Sequence[str], has_baseline: bool, has_loss: bool) -> list[str]:
    """Return the cells of a row; those that don't apply to it are empty."""
    cells = [row.name, in_percent(row.accuracy), str(row.accuracy.n)]
    cells += [in_percent(row.minus_float, "+")] if has_baseline else []
    cells += [in_percent(row.minus_rates, "+")]
    if has_loss:
        cells.append("" if row.log_loss is None else f"{row.log_loss:.3f}")
    rates = {layer.name: f"{layer.rate:.0f} ({layer.silent:.0%})" for layer in row.layers}
    return [*cells, *(rates.get(layer, "") for layer in layers)]


def in_percent(interval: Interval | None, sign: str = "") -> str:
    """Return "97.2 (95.0 to 98.5)", or "" for None; with `sign` "+", all numbers are signed."""
    if interval is None:
        return ""
    value, low, high = (
        _tenths(100 * share, sign) for share in (interval.value, interval.low, interval.high)
    )
    return f"{value} ({low} to {high})"


def _tenths(number: float, sign: str) -> str:
    """Return "+1.5"; a number that rounds to zero has no sign."""
    rounded = round(number, 1)
    return f"{rounded:{sign}.1f}" if rounded else "0.0"
