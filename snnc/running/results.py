"""What runs of a network came to: numbers first, and the tables that show them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from snnc import __version__
from snnc.diagnostics.errors import Refusal
from snnc.environment.libraries import versions
from snnc.program.network import Population
from snnc.program.program import Program
from snnc.running.answers import Answers, log_loss
from snnc.running.simulators import Place
from snnc.running.statistics import Interval, accuracy, paired_difference
from snnc.show.table import Cells, aligned, html, paragraph

if TYPE_CHECKING:
    from snnc.running.answers import Simulated

Labels = NDArray[np.int64]

TWIN = "float network (Keras, ReLU)"
RATES = "rate neurons"
NOTE = "Under each layer: its mean firing rate in Hz (the share of its neurons that never fired)."
NO_BASELINE = "No float twin to compare with: snnc train --baseline trains one."


@dataclass(frozen=True)
class LayerRate:
    """A layer's mean firing rate in hertz, and the share of its neurons that never fired.

    `silent_channels` is how many channels had no neuron that fired; None in a layer that has no channels.
    """

    name: str
    rate: float
    silent: float
    silent_channels: int | None


@dataclass(frozen=True)
class ClassAccuracy:
    """How much of a class was right: of its n items, if there are any."""

    label: int
    name: str | None
    n: int
    accuracy: float | None


@dataclass(frozen=True, eq=False)
class Row:
    """One way to run a network, and what it answered to n test items, (n,).

    `minus_float` is by how much more was right than in the float twin, on the same items; None without a twin, and for
    the twin. `minus_rates` is the same against the network's own rate neurons, for what ran over time. `log_loss` is there if
    the spec asks for probabilities.
    """

    name: str
    on: Literal["keras", "rates"] | Place
    predicted: Labels
    accuracy: Interval
    minus_float: Interval | None
    minus_rates: Interval | None
    log_loss: float | None
    layers: tuple[LayerRate, ...]
    classes: tuple[ClassAccuracy, ...]
    #: On the emulator.
    simulated: Simulated | None = None

    @property
    def shown(self) -> Literal["fresh", "stream"] | None:
        """How items were shown, each from a cleared state or one after another; None where there is no time."""
        if self.on in ("keras", "rates"):
            return None
        return "fresh" if self.on == "nengo_dl" else "stream"

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
        }


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """Rows of a table, all about the same test items with these labels, (n,). `str()` is what `snnc run` prints."""

    program: Program
    rows: tuple[Row, ...]
    labels: Labels

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers, unrounded, as plain data, ready for JSON."""
        return {
            "spec": self.program.spec_path.as_posix(),
            "network": self.program.name,
            "seed": self.program.network.seed,
            "versions": {"snnc": __version__, **versions()},
            "rows": [row.to_dict() for row in self.rows],
        }

    def refuse_silence(self) -> None:
        """Raise a Refusal if a layer never fired when it ran: its answers would rest on biases alone."""
        for row in self.rows:
            silent = [layer.name for layer in row.layers if layer.silent == 1]
            if silent and row.on != "rates":
                raise Refusal(
                    f"layer '{silent[0]}' never fires on these {len(self.labels)} items, so nothing gets through it: "
                    "raise max_rate, lower the intercept, train longer, or try another seed"
                )

    @property
    def has_baseline(self) -> bool:
        return any(row.on == "keras" for row in self.rows)

    @property
    def notes(self) -> list[str]:
        """What has to be said of the tables."""
        simulated = [f"On the emulator: {row.simulated}." for row in self.rows if row.simulated]
        return [NOTE, *([] if self.has_baseline else [NO_BASELINE]), *simulated]

    def cells(self) -> Cells:
        """Return accuracies, differences from the float network and from rate neurons, all with intervals, and firing rates."""
        has_loss = any(row.log_loss is not None for row in self.rows)
        layers = [population.name for population in self.program.network.populations]
        header = ["", "accuracy, % (95 %)", "n"]
        header += ["minus float (95 %)"] if self.has_baseline else []
        header += ["minus rates (95 %)"]
        header += ["log loss"] if has_loss else []
        lines = [[*header, *layers]]
        for row in self.rows:
            cells = [row.name, _cell(row.accuracy), str(row.accuracy.n)]
            if self.has_baseline:
                cells.append(_cell(row.minus_float, "+"))
            cells.append(_cell(row.minus_rates, "+"))
            if has_loss:
                cells.append("" if row.log_loss is None else f"{row.log_loss:.3f}")
            rates = {layer.name: f"{layer.rate:.0f} ({layer.silent:.0%})" for layer in row.layers}
            lines.append([*cells, *(rates.get(layer, "") for layer in layers)])
        return lines

    def class_cells(self) -> Cells:
        """Return how much of each class every row got right, or nothing if the classes have no names."""
        if not self.program.network.output.labels:
            return []
        present = [label.name or "" for label in self.rows[0].classes if label.n]
        lines = [["of each class, %", *present]]
        for row in self.rows:
            shares = (label.accuracy for label in row.classes if label.accuracy is not None)
            lines.append([row.name, *(f"{100 * share:.1f}" for share in shares)])
        return lines

    def _repr_html_(self) -> str:
        first, *rest = self.notes
        classes = self.class_cells()
        parts = [html(self.cells(), numbers=True), paragraph(first)]
        parts += [html(classes, numbers=True)] if classes else []
        return "\n".join([*parts, *map(paragraph, rest)])

    def __repr__(self) -> str:
        first, *rest = self.notes
        classes = self.class_cells()
        below = [aligned(classes, numbers=True)] if classes else []
        return "\n".join([aligned(self.cells(), numbers=True), first, *below, *rest])


@dataclass(frozen=True, eq=False)
class Scorer:
    """Turns answers to test items into rows, given their labels, (n,), and what the float twin answered, if there is one."""

    program: Program
    labels: Labels
    baseline: Labels | None

    def baseline_rows(self) -> list[Row]:
        """Return the row of the float twin, or nothing if there is none."""
        return [] if self.baseline is None else [self._row(TWIN, "keras", self.baseline)]

    def rates_row(self, answers: Answers) -> Row:
        """Return the row of the network as rate neurons, which every run of it is compared with."""
        return self._answered(RATES, "rates", answers)

    def row(self, name: str, place: Place, answers: Answers, rates: Row) -> Row:
        """Return the row of a run, given that of the rate neurons."""
        minus_rates = self._minus(answers.classes, rates.predicted)
        return replace(self._answered(name, place, answers), minus_rates=minus_rates)

    def _answered(self, name: str, on: Literal["rates"] | Place, answers: Answers) -> Row:
        found, baseline = answers.probabilities, self.baseline
        return replace(
            self._row(name, on, answers.classes),
            minus_float=None if baseline is None else self._minus(answers.classes, baseline),
            log_loss=None if found is None else log_loss(found, self.labels),
            layers=tuple(
                _layer_rate(self.program.network.population(name), hertz)
                for name, hertz in answers.rates.items()
            ),
            simulated=answers.simulated,
        )

    def _row(self, name: str, on: Literal["keras", "rates"] | Place, predicted: Labels) -> Row:
        correct = predicted == self.labels
        output = self.program.network.output
        names = output.labels or [None] * output.classes
        classes = (self._class(label, name, correct) for label, name in enumerate(names))
        return Row(name, on, predicted, accuracy(correct), None, None, None, (), tuple(classes))

    def _class(self, label: int, name: str | None, correct: NDArray[np.bool_]) -> ClassAccuracy:
        of_class = correct[self.labels == label]
        share = float(of_class.mean()) if len(of_class) else None
        return ClassAccuracy(label, name, len(of_class), share)

    def _minus(self, predicted: Labels, reference: Labels) -> Interval:
        return paired_difference(predicted == self.labels, reference == self.labels)


def _layer_rate(population: Population, hertz: NDArray[np.float64]) -> LayerRate:
    fired = hertz.reshape(population.shape) > 0
    silent_channels = int(np.sum(~fired.any(axis=(0, 1)))) if fired.ndim == 3 else None
    return LayerRate(population.name, float(hertz.mean()), float(np.mean(~fired)), silent_channels)


def _cell(found: Interval | None, sign: str = "") -> str:
    """Return "97.2 (95.0 to 98.5)", or nothing if there is nothing to compare with; with `sign` "+" all signed."""
    if found is None:
        return ""
    value, low, high = (
        _tenths(100 * share, sign) for share in (found.value, found.low, found.high)
    )
    return f"{value} ({low} to {high})"


def _tenths(number: float, sign: str) -> str:
    """Return "+1.5"; what is rounded to zero has no sign, since none can be told from it."""
    rounded = round(number, 1)
    return f"{rounded:{sign}.1f}" if rounded else "0.0"
