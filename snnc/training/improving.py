"""Tell from the history of a training whether it was over too early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.codes import STILL_IMPROVING
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.program.program import Program
from snnc.training.epochs import Epoch

Array = NDArray[np.float64]

#: The fewest epochs that a trend is seen in.
FEWEST = 4
#: A slope is one if it is so many of its standard errors away from none.
SURE = 3.0
#: What twice as many epochs have to be worth, in shares of answers: by the items that validate, and by those that are
#: trained on, whose loss falls on where nothing is gained for others.
WORTH, WORTH_IN_TRAINING = 0.003, 0.01
#: The most epochs that a spec may say.
MOST_EPOCHS = 999


def still_improving(program: Program, epochs: Sequence[Epoch], longer: str) -> Iterator[Diagnostic]:
    """Yield a warning if twice as many epochs would be worth it, as the last quarter of them tells.

    `longer` says how their number is given.
    """
    gain, wanted = gain_of_more(epochs), more(program)
    # Whoever stopped early has seen the end.
    stopped = program.train.early_stopping and len(epochs) < program.train.epochs
    if wanted is None or stopped:
        return
    by, worth = ("loss", WORTH_IN_TRAINING)
    if program.validates:
        by, worth = ("validation loss", WORTH)
    if gain >= worth:
        yield Diagnostic(
            STILL_IMPROVING,
            f"the {by} was still falling when training ended: by its slope twice as many epochs are worth {100 * gain:.1f} points",
            ("train", "epochs"),
            hint=longer.format(wanted),
        )


def more(program: Program) -> int | None:
    """Return twice the number of epochs, or as many as a spec may say; None if there are as many already."""
    wanted = min(2 * program.train.epochs, MOST_EPOCHS)
    return wanted if wanted > program.train.epochs else None


def gain_of_more(epochs: Sequence[Epoch]) -> float:
    """Return by how much accuracy would rise in twice as many epochs, in shares of answers; 0 if there is no trend to be sure of.

    Losses fall about as a power of the number of epochs, the exponent being the slope over the mean. The share of wrong answers
    falls as the loss.
    """
    last = epochs[-max(FEWEST, ceil(len(epochs) / 4)) :]
    if len(last) < FEWEST:
        return 0.0
    losses = np.array([e.validation.loss if e.validation else e.loss for e in last])
    right = np.mean([e.validation.accuracy if e.validation else e.accuracy for e in last])
    slope, error = _slope(np.log([e.number for e in last]), losses)
    if slope >= 0 or -slope < SURE * error or losses.mean() <= 0:
        return 0.0
    return float((1 - right) * (1 - 2 ** (slope / losses.mean())))


def _slope(x: Array, y: Array) -> tuple[float, float]:
    """Return the slope of a line through points, and its standard error."""
    from_mean = x - x.mean()
    spread = float(from_mean @ from_mean)
    slope = float(from_mean @ y) / spread
    left = y - y.mean() - slope * from_mean
    return slope, sqrt(float(left @ left) / (len(x) - 2) / spread)
