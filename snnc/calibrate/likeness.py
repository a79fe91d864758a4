"""How near answers of spikes are to those of the network without time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnc.data.prepare import Labels

Array = NDArray[np.float64]

#: The mean of the largest probabilities above which a network is too sure of its items: nothing that spikes lose would show.
SURE = 0.9
#: By how much logits are divided at a time until it isn't.
STEP = 1.25


@dataclass(frozen=True, eq=False)
class Likeness:
    """Compares logits with those of rates, (n, classes), for the same items; it looks at no label.

    Of many settings the one with the most right answers on some items owes part of that to chance. Probabilities tell small
    differences on few items.
    """

    rates: Array

    @classmethod
    def of(cls, rates: Array) -> Likeness:
        """Return the one of a network whose logits of rates are these; of items that it has learned by heart they are made smaller."""
        centred: Array = _centred(rates)
        while _probabilities(centred).max(axis=1).mean() > SURE:
            centred = centred / STEP
        return cls(centred)

    def share_of(self, logits: Array, labels: Labels) -> float:
        """Return the share of probability that lies on the same classes as that of rates, the mean of all items.

        That all logits are larger or smaller by the same factor changes no answer, and doesn't count.
        """
        ours, theirs = _centred(logits), _centred(self.rates)
        factor = float((ours * theirs).sum() / ((ours**2).sum() or 1.0))
        if factor <= 0:
            return 0.0
        both = np.minimum(_probabilities(factor * ours), _probabilities(theirs))
        return float(both.sum(axis=1).mean())

    def first(self, n: int) -> Likeness:
        """Return the same of the first n items."""
        return Likeness(self.rates[:n])


def _centred(logits: Array) -> Array:
    centred: Array = logits - logits.mean(axis=1, keepdims=True)
    return centred


def _probabilities(logits: Array) -> Array:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))
