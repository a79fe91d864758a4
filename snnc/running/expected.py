"""What a training should reach at the least: more than to guess the largest class, and what a linear model reaches.

Both are measured on items that were trained on, so that nothing is chosen by those that are tested on.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from snnc.data.prepare import Array, Data, Labels
from snnc.data.values import value_warnings
from snnc.diagnostics.codes import BELOW_LARGEST, DATA_SCALE, LINEAR_AHEAD
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.program.program import Program
from snnc.running.statistics import accuracy, paired_difference
from snnc.training.epochs import Epoch
from snnc.training.improving import more

#: A linear model is fitted on half of so many items, and asked about the others.
ITEMS = 3000
#: With more values an item it takes too long.
MOST_VALUES = 4096
#: How strongly it is held back, of which it takes the best on its own items.
ALPHAS = (1.0, 10.0, 100.0, 1000.0)
#: A network is far below it by this share of answers.
FAR_BELOW = 0.05
#: A loss that has fallen by less than this share has hardly moved. Steps that are so long, or so short, are why.
HARDLY = 0.05
LONG, SHORT, USUAL = 0.01, 1e-4, 0.001


@dataclass(frozen=True, eq=False)
class Learnt:
    """Which of items x, (n, size), that were trained on, with labels y, (n,), a network has right, and its float twin if there is one."""

    x: Array
    y: Labels
    right: NDArray[np.bool_]
    twin_right: NDArray[np.bool_] | None


def below_expected(
    program: Program, data: Data, learnt: Learnt, epochs: Sequence[Epoch], longer: str
) -> Iterator[Diagnostic]:
    """Yield a warning if a network is worse than to guess, or one if it is far below a linear model, with the likely reason.

    `longer` says how a number of epochs is given.
    """
    name, right = "the network", learnt.right
    if learnt.twin_right is not None and learnt.twin_right.mean() > right.mean():
        name, right = "the float twin", learnt.twin_right
    share = np.bincount(learnt.y).max() / len(learnt.y)
    # Weighted classes are asked for where the largest one counts too much.
    if accuracy(right).high < share and not program.train.class_weight:
        at, hint = _likely_reason(program, data, epochs, longer)
        message = (
            f"{name} has {100 * right.mean():.1f} % of {len(right)} items that were trained on right; always to answer the largest class "
            f"has {100 * share:.1f} %"
        )
        yield Diagnostic(BELOW_LARGEST, message, at, hint=hint)
        return
    asked, linear = _linear(learnt.x, learnt.y)
    if not len(asked):
        return
    difference = paired_difference(right[asked], linear)
    if difference.high < 0 and difference.value <= -FAR_BELOW:
        at, hint = _likely_reason(program, data, epochs, longer)
        message = (
            f"a linear model has {100 * linear.mean():.1f} % of {len(asked)} items right that it wasn't fitted on, {name}, which was trained "
            f"on them, {100 * right[asked].mean():.1f} %"
        )
        yield Diagnostic(LINEAR_AHEAD, message, at, hint=hint)


def _linear(x: Array, y: Labels) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return some of the items, and which of them a linear model has right that was fitted on others; none if that takes too long."""
    order = np.random.RandomState(0).permutation(len(x))[:ITEMS]
    fitted, asked = np.array_split(order, 2)
    if x.shape[1] > MOST_VALUES or len(np.unique(y[fitted])) < 2:
        return order[:0], np.zeros(0, bool)
    model = make_pipeline(StandardScaler(), RidgeClassifierCV(ALPHAS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that hardly vary
        model.fit(x[fitted], y[fitted])
    return asked, np.asarray(model.predict(x[asked]) == y[asked])


def _likely_reason(
    program: Program, data: Data, epochs: Sequence[Epoch], longer: str
) -> tuple[KeyPath, str]:
    """Return the likeliest place of what is wrong, and what to write there: the scale, the length of steps, or their number."""
    for found in value_warnings(program, data):
        if found.code == DATA_SCALE:
            return found.at, found.hint
    rate = program.train.optimizer.learning_rate
    if isinstance(rate, float) and len(epochs) > 1:
        hardly = epochs[-1].loss > (1 - HARDLY) * epochs[0].loss
        if rate >= LONG or (hardly and rate <= SHORT):
            better = rate / 10 if rate >= LONG else USUAL
            return ("train", "optimizer"), f"write learning_rate = {better:g}"
    if wanted := more(program):
        return ("train", "epochs"), longer.format(wanted)
    return ("train",), ""
