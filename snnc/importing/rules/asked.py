"""What changes a model because it was asked for."""

from __future__ import annotations

from dataclasses import replace

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.rewriting import Change, Step, Whole, like

WHY = "--max-pool average asks for it; the chip has no maximum"


def average(whole: Whole, node: Node) -> Step | None:
    """The mean of a window instead of its largest value."""
    match node.operation:
        case ops.Pool(largest=True) | ops.GlobalPool(largest=True):
            mean = replace(node.operation, largest=False)
            change = Change(node.name, "the mean, so that it is another network", WHY)
            return Step((like(node, mean, whole.inputs(node)),), (change,))
    return None


def rectified_first(whole: Whole, node: Node) -> Step | None:
    """The largest value, rectified, is the largest of the rectified ones: so neurons come first, whose mean is taken."""
    if not isinstance(node.operation, ops.Relu) or node.operation.slope < 0:
        return None
    before = whole.before(node)
    match before.operation:
        case ops.Pool(largest=True) | ops.GlobalPool(largest=True):
            rectified = like(node, node.operation, whole.inputs(before))
            name = whole.instead(before)
            return Step((rectified, like(before, before.operation, (rectified,), name)))
    return None


RULES = (rectified_first, average)
