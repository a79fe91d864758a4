"""The output is a matrix, one row of values for the classes."""

from __future__ import annotations

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.rewriting import Change, Step, Whole, made
from snnc.importing.rules.sums import ones


def row(whole: Whole, node: Node) -> Step | None:
    """What comes out of an image of one pixel is a row."""
    if node is not whole.graph.output or len(node.shape) == 1 or set(node.shape[:-1]) != {1}:
        return None
    flat = made(whole.name(f"{node.name}/row"), node.kind, ops.Flatten(), (node,))
    return Step((node, flat))


def matrix(whole: Whole, node: Node) -> Step | None:
    """Values that are the answer as they are pass a matrix of ones."""
    if node is not whole.graph.output or len(node.shape) != 1:
        return None
    parts = whole.inputs(node) if isinstance(node.operation, ops.Add) else (node,)
    if all(isinstance(part.operation, ops.Dense) for part in parts):
        return None
    name = whole.name(f"{node.name}/readout")
    readout = made(name, node.kind, ones(node.shape), (node,))
    change = Change(node.name, "read as it is", "the output is a matrix, here of ones", name)
    return Step((node, readout), (change,))


RULES = (row, matrix)
