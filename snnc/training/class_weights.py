"""How much an item of each class counts in the loss."""

from __future__ import annotations

import numpy as np

from snnc.data.prepare import Array, Labels, division
from snnc.program.program import Program


def class_weights(program: Program, y: Labels) -> Array | None:
    """Return a weight for each class, as scikit-learn balances those that are trained on; None if all items count the same."""
    if program.train.class_weight is None:
        return None
    seen, _ = division(program, len(y))
    counts = np.bincount(y[seen], minlength=program.network.output.classes)
    # Classes that aren't there never ask for their weight.
    return np.asarray(len(seen) / (np.count_nonzero(counts) * np.maximum(counts, 1)))
