"""Accuracy of the file's own graph and of the deployed rate network, on the same held-out items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnc.data.prepare import Data
from snnc.importing.graph import Graph
from snnc.importing.operations import Array
from snnc.program.network import Network
from snnc.running.rates import rate_logits
from snnc.running.results import in_percent
from snnc.running.statistics import Interval, accuracy, paired_difference

#: So many items go through a file's graph at once, which bounds the memory that takes.
AT_ONCE = 200


@dataclass(frozen=True)
class Compared:
    """The share of held-out items that the file answers rightly, that of the rate network, and how it differs, paired.

    `may_be_known`: whether the file may have been trained on them.
    """

    file: Interval
    rates: Interval
    difference: Interval
    may_be_known: bool

    def __str__(self) -> str:
        known = "; the model may have been trained on some of them" if self.may_be_known else ""
        return (
            f"{self.file.n:,} held-out items: the file {_percent(self.file)}, the rate network {_percent(self.rates)}; "
            f"paired {in_percent(self.difference, '+')} points{known}"
        )


def compared(graph: Graph, network: Network, data: Data, items: Array, is_split: bool) -> Compared:
    """Return both accuracies on what a spec holds out: `items` as the file takes them; `is_split` says whether the data came so."""
    theirs = answers(graph, items)
    ours = rate_logits(network, data.x_test).argmax(axis=1)
    right, reference = ours == data.y_test, theirs == data.y_test
    return Compared(
        accuracy(reference), accuracy(right), paired_difference(right, reference), not is_split
    )


def answers(graph: Graph, x: Array) -> Array:
    """Return the classes that a graph's logits say of items x, (n, size)."""
    shape = graph.input.shape
    parts = (x[start : start + AT_ONCE] for start in range(0, len(x), AT_ONCE))
    logits = [graph.apply(part.reshape(-1, *shape)) for part in parts]
    return np.asarray(np.concatenate(logits).argmax(axis=1))


def _percent(share: Interval) -> str:
    value, low, high = (100 * each for each in (share.value, share.low, share.high))
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"
