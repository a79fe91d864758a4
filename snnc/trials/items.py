"""The items that changes of a spec are tried on: never those that it is tested on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnc.data.prepare import Array, Data, Labels, division
from snnc.program.program import Program


@dataclass(frozen=True, eq=False)
class TrialItems:
    """Scaled items, (n, size), and labels, (n,).

    `which` says whether they validated the training, or were trained on: the accuracy on those is too high, differences on
    them are between variants of one training all the same.
    """

    x: Array
    y: Labels
    which: Literal["validation", "training"]

    def __len__(self) -> int:
        return len(self.y)

    def first(self, n: int) -> TrialItems:
        """Return the first n of them: a random choice, as they are in random order."""
        return TrialItems(self.x[:n], self.y[:n], self.which)


def trial_items(program: Program, data: Data, most: int | None = None) -> TrialItems:
    """Return the items that the training held back to validate, or training items where it held back none.

    At most `most` of them, drawn by the network's seed.
    """
    trained_on, validating = division(program, len(data.x_train))
    at = validating if program.validates else trained_on
    drawn = np.random.RandomState(program.network.seed).permutation(len(at))[:most]
    return TrialItems(
        data.x_train[at[drawn]],
        data.y_train[at[drawn]],
        "validation" if program.validates else "training",
    )
