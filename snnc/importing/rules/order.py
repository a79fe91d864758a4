"""The order of values: a spec has channels last, and a matrix reads values in a row."""

from __future__ import annotations

import math

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.rewriting import Change, Step, Whole, flattens, like, made, swapped


def rows(whole: Whole, node: Node) -> Step | None:
    """A matrix behind values in another order has its rows in another order."""
    if not isinstance(node.operation, ops.Dense) or len(node.shape) != 1:
        return None
    ways = _ways(whole, node)
    if not ways or (len(ways) == 1 and flattens(ways[0])):
        return None
    source = whole.before(ways[-1])
    order = np.arange(math.prod(source.shape)).reshape(1, *source.shape)
    for way in reversed(ways):
        order = way.operation.apply(order)
    weights = np.empty_like(node.operation.weights)
    weights[order.reshape(-1)] = node.operation.weights
    dense = ops.Dense(weights, node.operation.bias)
    if len(source.shape) == 1:
        return Step((like(node, dense, (source,)),))
    flat = made(whole.name(f"{node.name}_flat"), ways[0].kind, ops.Flatten(), (source,))
    changes: tuple[Change, ...] = ()
    if (order.reshape(-1) != np.arange(order.size)).any():
        changes = (
            Change(
                ways[0].name, "the order of the rows of", "a spec has the channels last", node.name
            ),
        )
    return Step((flat, like(node, dense, (flat,))), changes)


def _ways(whole: Whole, node: Node) -> list[Node]:
    """Return the nodes that change order and shape alone right before a node, from its side."""
    ways = []
    before = whole.before(node)
    while isinstance(before.operation, ops.Flatten | ops.Reshape | ops.Permute):
        ways.append(before)
        before = whole.before(before)
    return ways


def rectified_in_order(whole: Whole, node: Node) -> Step | None:
    """Values may be rectified before they are put into another order."""
    if not isinstance(node.operation, ops.Relu):
        return None
    before = whole.before(node)
    if not isinstance(before.operation, ops.Flatten | ops.Reshape | ops.Permute):
        return None
    return Step(swapped(whole, node, node.operation, before.operation))


def items(whole: Whole, node: Node) -> Step | None:
    """Items that are first of all given another shape come in that shape: only the order of their values counts."""
    if not isinstance(node.operation, ops.Reshape):
        return None
    before = whole.before(node)
    if not isinstance(before.operation, ops.Input) or not whole.for_one(before):
        return None
    came = like(before, ops.Input(node.shape), ())
    change = Change(node.name, f"the shape of the input, {list(node.shape)}", "", before.name)
    return Step((came,), (change,))


RULES = (items, rows, rectified_in_order)
