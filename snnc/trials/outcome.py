"""How a variant does on some items, and how two do on the same ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.running.statistics import Interval, accuracy, paired_difference


@dataclass(frozen=True, eq=False)
class Outcome:
    """Which items were answered right, (n,), how long each was shown, in seconds, and how many spikes of all layers it took."""

    correct: NDArray[np.bool_]
    seconds: float
    spikes: float

    @cached_property
    def accuracy(self) -> Interval:
        return accuracy(self.correct)

    def minus(self, reference: NDArray[np.bool_]) -> Interval:
        """Return the paired difference of accuracies from another one's answers to the same items, (n,)."""
        return paired_difference(self.correct, reference)


def spikes_of(answers: Answers, program: Program) -> float:
    """Return the mean number of spikes an item, of the layers on the host and of those on the chip."""
    shown = program.stream_steps * program.network.dt
    return float(sum(rates.sum() for rates in answers.rates.values()) * shown)
