"""The proof of an import: random items through the file's own graph and through the deployed rate network, in double precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnc.diagnostics.errors import Refusal
from snnc.importing.graph import Graph
from snnc.importing.operations import Array
from snnc.program.network import Network
from snnc.running.rates import activity, as_trained

#: So many items; and how far logits may be apart, as a share of the largest.
ITEMS, TOLERANCE = 64, 1e-5


@dataclass(frozen=True)
class Proof:
    """How far the logits of n random items are apart, as a share of the largest of them."""

    items: int
    difference: float

    def __str__(self) -> str:
        return f"{self.items} random items: the rate network's logits are the file's, to {self.difference:.1g} of the largest"


def prove(graph: Graph, network: Network, shift: Array, scale: Array) -> Proof:
    """Compare a deployed network with the graph that it is to compute: items are x * scale + shift, and x reaches the network.

    Raises:
        Refusal: If they differ.
    """
    x = np.random.default_rng(0).normal(size=(ITEMS, network.input_size))
    ours, _ = activity(network, x, as_trained)
    theirs = graph.apply((x * scale + shift).reshape(ITEMS, *graph.input.shape))
    largest = np.abs(theirs).max()
    difference = float(np.abs(ours - theirs).max())
    if not difference <= TOLERANCE * largest:
        raise Refusal(
            f"the rate network's logits differ from the file's by up to {difference:.2g}, and the largest is {largest:.2g}: "
            "nothing is written; please report it with the file"
        )
    return Proof(ITEMS, difference / largest if largest else 0.0)
