"""The items that changes of a spec are tried on: never those that it is tested on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from snnc.data.prepare import Array, Data, Labels, division
from snnc.program.program import Program


@dataclass(frozen=True, eq=False)
class TrialItems:
    """Scaled items, (n, size), and labels, (n,).

    `which` says whether they validated the training, or were trained on: the accuracy on those is too high, differences on
    them are between variants of one training all the same. Mixed ones are each a training item with some of another.
    """

    x: Array
    y: Labels
    which: Literal["validation", "training", "mixed training"]

    def __len__(self) -> int:
        return len(self.y)

    def first(self, n: int) -> TrialItems:
        """Return the first n of them: a random choice, as they are in random order."""
        return TrialItems(self.x[:n], self.y[:n], self.which)


def trial_items(program: Program, data: Data, most: int | None = None) -> TrialItems:
    """Return the items that the training held back to validate, or training items where it held back none.

    At most `most` of them, drawn by the network's seed.
    """
    if not program.validates:
        return training_items(program, data, most)
    _, validating = division(program, len(data.x_train))
    return TrialItems(*_drawn(program, data, validating, most), "validation")


def training_items(program: Program, data: Data, most: int | None = None) -> TrialItems:
    """Return items that were trained on, at most `most` of them, drawn by the network's seed."""
    trained_on, _ = division(program, len(data.x_train))
    return TrialItems(*_drawn(program, data, trained_on, most), "training")


def _drawn(
    program: Program, data: Data, at: NDArray[np.int64], most: int | None
) -> tuple[Array, Labels]:
    drawn = np.random.RandomState(program.network.seed).permutation(len(at))[:most]
    return data.x_train[at[drawn]], data.y_train[at[drawn]]
