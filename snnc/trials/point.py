"""What a setting came to, which points are worth a choice, and which is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from snnc.data.prepare import Labels
from snnc.running.statistics import Interval, accuracy, paired_difference
from snnc.trials.setting import Setting

#: This share of a spec's own answers is taken for wrong, where fewer are: of items that were trained on nearly all are right.
DOUBTFUL = 0.05


@dataclass(frozen=True, eq=False)
class Point:
    """A setting, which items were answered right, (n,), and what an item takes: seconds, and spikes of all layers.

    Points are compared by `share`: that of the right answers, or of those that are right by a margin (`Yardstick`).
    """

    setting: Setting
    correct: NDArray[np.bool_]
    share: float
    seconds: float
    spikes: float

    @cached_property
    def accuracy(self) -> Interval:
        return accuracy(self.correct)

    def minus(self, reference: NDArray[np.bool_]) -> Interval:
        """Return the paired difference of accuracies from other answers to the same items, (n,)."""
        return paired_difference(self.correct, reference)

    @property
    def cost(self) -> tuple[float, float]:
        """What makes one point cheaper than another: time, and spikes where that is the same."""
        return (self.seconds, self.spikes)


def margins(logits: NDArray[np.float64], labels: Labels) -> NDArray[np.float64]:
    """Return by how much the logit of the true class is above all others, (n,): below zero for a wrong answer.

    In standard deviations of all logits: how large those are depends on rates and filters, and means nothing.
    """
    items = np.arange(len(labels))
    others = logits.copy()
    others[items, labels] = -np.inf
    return np.asarray(logits[items, labels] - others.max(axis=1)) / (logits.std() or 1.0)


@dataclass(frozen=True)
class Yardstick:
    """By which margin answers have to be right to count, and which share of them is as good as any."""

    margin: float = 0.0
    enough: float = 1.0

    @classmethod
    def of(cls, own: NDArray[np.float64]) -> Yardstick:
        """Return the one that the margins of a spec's own answers, (n,), suggest.

        Where nearly all are right, a loss would show only on items that the network doesn't know: then as many have to be as sure
        as most of the spec's own.
        """
        margin = float(np.quantile(own, DOUBTFUL))
        return cls(margin, float(np.mean(own > margin))) if margin > 0 else cls()

    def share_of(self, logits: NDArray[np.float64], labels: Labels) -> float:
        """Return the share of the answers that count, given logits, (n, classes), and labels, (n,)."""
        return self.share(margins(logits, labels))

    def share(self, own: NDArray[np.float64]) -> float:
        """Return the share of answers that count, given their margins, (n,)."""
        return min(float(np.mean(own > self.margin)), self.enough)


def front(points: Iterable[Point]) -> list[Point]:
    """Return the points to which no other is at least equal in accuracy, time and spikes, the cheapest first."""
    kept: list[Point] = []
    # No later point is cheaper than an earlier one, so that only earlier ones can leave it without a use.
    for point in sorted(points, key=lambda p: (*p.cost, -p.share)):
        if not any(o.share >= point.share and o.spikes <= point.spikes for o in kept):
            kept.append(point)
    return kept


def cheapest(points: Sequence[Point], tolerance: float) -> Point:
    """Return the cheapest point that is at most a tolerance, a share, less accurate than the most accurate one."""
    best = max(point.share for point in points)
    # A tolerance of 0.3 % of 1000 items allows three of them.
    close = (p for p in points if p.share >= best - tolerance - 1e-9)
    return min(close, key=lambda p: p.cost)
