"""Compare the answers of runs with the labels, with the float twin and with rate neurons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from snnc.program.network import Population
from snnc.program.program import Program
from snnc.running.answers import Answers, log_loss
from snnc.running.energy import energy
from snnc.running.results import ClassAccuracy, Labels, LayerRate, Row
from snnc.running.simulators import SimulatorName
from snnc.running.statistics import Interval, accuracy, paired_difference

#: Names of rows.
BASELINE = "float network (Keras, ReLU)"
RATES = "rate neurons"


@dataclass(frozen=True, eq=False)
class Scorer:
    """Turns the answers to test items into rows. `labels`, (n,), are the true classes, `baseline` the answers of the float twin."""

    program: Program
    labels: Labels
    baseline: Labels | None

    def baseline_rows(self) -> list[Row]:
        """Return the row of the float twin, or no row if there is no twin."""
        return [] if self.baseline is None else [self._row(BASELINE, "keras", self.baseline)]

    def rates_row(self, answers: Answers) -> Row:
        """Return the row of the rate neurons, with which every run is compared."""
        return self._answered(RATES, "rates", answers)

    def row(self, name: str, simulator: SimulatorName, answers: Answers, rates: Row) -> Row:
        """Return the row of a run, given that of the rate neurons."""
        minus_rates = self._minus(answers.classes, rates.predicted)
        return replace(self._answered(name, simulator, answers), minus_rates=minus_rates)

    def _answered(self, name: str, on: Literal["rates"] | SimulatorName, answers: Answers) -> Row:
        probabilities, baseline = answers.probabilities, self.baseline
        return replace(
            self._row(name, on, answers.classes),
            minus_float=None if baseline is None else self._minus(answers.classes, baseline),
            log_loss=None if probabilities is None else log_loss(probabilities, self.labels),
            layers=tuple(
                _layer_rate(self.program.network.population(name), hertz)
                for name, hertz in answers.rates.items()
            ),
            simulated=answers.simulated,
            energy=energy(self.program.network, answers.work) if answers.work else None,
        )

    def _row(
        self, name: str, on: Literal["keras", "rates"] | SimulatorName, predicted: Labels
    ) -> Row:
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
