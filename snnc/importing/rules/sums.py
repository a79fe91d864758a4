"""Sums: what reads one reads its parts, as neurons alone add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.operations import Array
from snnc.importing.rewriting import Change, Step, Whole, flattens, like, made
from snnc.importing.rules.linear import plus


def sum_of_sums(whole: Whole, node: Node) -> Step | None:
    """A sum that a sum reads is a part of it."""
    if not isinstance(node.operation, ops.Add):
        return None
    parts = whole.inputs(node)
    inner = [part for part in parts if isinstance(part.operation, ops.Add)]
    if not inner:
        return None
    flat: list[Node] = []
    for part in parts:
        flat += whole.inputs(part) if part in inner else (part,)
    changes = (Change(part.name, "a part of", "", node.name) for part in inner)
    return Step((like(node, node.operation, flat),), tuple(changes))


def is_weighted(node: Node) -> bool:
    return isinstance(node.operation, ops.Dense | ops.Conv)


def with_bias(operation: ops.Operation, bias: Array | None) -> ops.Operation:
    assert isinstance(operation, ops.Dense | ops.Conv), "only what has weights has a bias"
    return replace(operation, bias=bias)


def weights_of_sum(whole: Whole, node: Node) -> Step | None:
    """Weights behind a sum of values are the same weights behind each of them, and one bias."""
    if not is_weighted(node):
        return None
    total = whole.before(node)
    if not isinstance(total.operation, ops.Add):
        return None
    parts = []
    for number, each in enumerate(whole.inputs(total)):
        own = node.operation if number == 0 else with_bias(node.operation, None)
        name = node.name if number == 0 else whole.name(f"{node.name}_{number + 1}")
        parts.append(like(node, own, (each,), name))
    summed = like(total, total.operation, parts, whole.name(f"{node.name}_sum"))
    change = Change(
        total.name, "the sources of", "weights of a sum are those of each part", node.name
    )
    return Step((*parts, summed), (change,))


def each_of_sum(whole: Whole, node: Node) -> Step | None:
    """The mean of a sum is the sum of means, and a sum in another order that of its parts in it."""
    total = whole.before(node) if node.inputs else node
    if not isinstance(total.operation, ops.Add):
        return None
    match node.operation:
        case ops.Pool(largest=False) | ops.GlobalPool(largest=False):
            pass
        case ops.Flatten() | ops.Reshape() | ops.Permute():
            pass
        case _:
            return None
    parts = [
        made(whole.name(f"{node.name}_{number}"), node.kind, node.operation, (each,))
        for number, each in enumerate(whole.inputs(total), 1)
    ]
    return Step((*parts, like(total, total.operation, parts, whole.instead(total))))


def one_source_once(whole: Whole, node: Node) -> Step | None:
    """Weights on the same values that are added are one."""
    if not isinstance(node.operation, ops.Add):
        return None
    parts = whole.inputs(node)
    for i, one in enumerate(parts):
        for other in parts[i + 1 :]:
            both = _together(whole, one, other)
            if both is None:
                continue
            merged = like(one, both, whole.inputs(one), whole.instead(one))
            rest = [part for part in parts if part is not one and part is not other]
            return Step((merged, like(node, node.operation, [merged, *rest])))
    return None


def _together(whole: Whole, one: Node, other: Node) -> ops.Operation | None:
    """Return what two nodes with weights add up to, if they look at the same values through the same window."""
    source = _source(whole, one)
    if source is None or source is not _source(whole, other):
        return None
    match one.operation, other.operation:
        case ops.Dense(weights, bias), ops.Dense(others, own):
            return ops.Dense(weights + others, plus(bias, own))
        case ops.Conv(kernel, bias), ops.Conv(others, own):
            how = [
                (c.strides, c.padding, c.dilation, c.groups)
                for c in (one.operation, other.operation)
            ]
            if kernel.shape == others.shape and how[0] == how[1]:
                return replace(one.operation, kernel=kernel + others, bias=plus(bias, own))
    return None


def _source(whole: Whole, node: Node) -> Node | None:
    """Return what weights are on, whether it is flattened or not."""
    if not is_weighted(node):
        return None
    before = whole.before(node)
    return whole.before(before) if flattens(before) else before


def ones(shape: ops.Shape) -> ops.Operation:
    """Return weights that leave values as they are."""
    eye = np.eye(shape[-1])
    axes = len(shape) - 1
    if not axes:
        return ops.Dense(eye, None)
    one = (1,) * axes
    return ops.Conv(eye.reshape(*one, *eye.shape), None, one, ((0, 0),) * axes, one)


RULES = (sum_of_sums, weights_of_sum, each_of_sum, one_source_once)
