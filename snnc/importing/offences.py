"""Layers of a file that a spec can't say, whatever stands around them: all are known before anything is rewritten."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.importing import operations as ops
from snnc.importing.graph import Graph, Node
from snnc.importing.refusal import Offence


def offences(graph: Graph, averages: bool) -> Iterator[Offence]:
    """Yield the layers that can't be said; `averages` says whether largest values may be replaced by means."""
    for node in graph.nodes:
        if said := _why(node, node is graph.output, averages):
            yield Offence(node.name, node.kind, *said)


def _why(node: Node, is_output: bool, averages: bool) -> tuple[str, str] | None:
    match node.operation:
        case ops.Unsupported(reason, advice):
            return reason, advice
        case ops.Pool(largest=True) | ops.GlobalPool(largest=True) if not averages:
            return (
                "the chip has neurons and weights, and no maximum",
                "train the model with average pooling, or let --max-pool average replace it, and train on from there (snnc train)",
            )
        case ops.Softmax() if not is_output:
            return (
                "softmax stands within the model, and neurons have none",
                "only the last layer may have it: take ReLU here, and train the model again",
            )
        case ops.Sigmoid() if not is_output:
            return (
                "neurons rectify, and have no sigmoid",
                "take ReLU here, and train the model again",
            )
        case ops.Sigmoid() if node.shape[-1] > 1:
            return (
                f"{node.shape[-1]} sigmoids are {node.shape[-1]} labels, each of which may hold, and a spec has classes, one of which holds",
                "end the model with a softmax if one class holds at a time",
            )
    return None
