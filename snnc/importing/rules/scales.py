"""Scales and shifts, which batch normalisation is when the network runs, go into the weights before or behind them.

Behind weights they always can. Before weights a shift can't where those look at zeros beyond the edges, which aren't shifted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.operations import Array
from snnc.importing.rewriting import Change, Step, Whole, like, made, swapped

ZEROS = "what follows looks at zeros beyond the edges, which aren't normalised"
CONSTANT = "its mean and variance are constants when the network runs"


def two_scales(whole: Whole, node: Node) -> Step | None:
    """A scale of a scale is one."""
    match node.operation:
        case ops.Scale(scale, shift):
            before = whole.before(node)
            if isinstance(before.operation, ops.Scale):
                inner = before.operation
                both = ops.Scale(
                    np.asarray(inner.scale * scale), np.asarray(inner.shift * scale + shift)
                )
                change = Change(before.name, "folded into", CONSTANT, node.name)
                return Step((like(node, both, whole.inputs(before)),), (change,))
    return None


def behind_weights(whole: Whole, node: Node) -> Step | None:
    """A scale behind weights goes into them."""
    if not isinstance(node.operation, ops.Scale):
        return None
    before = whole.before(node)
    scale, shift = each_channel(node.operation, node.shape)
    if scale is None or shift is None:
        return None
    match before.operation:
        case ops.Dense(weights, bias):
            folded: ops.Operation = ops.Dense(weights * scale, _of(bias) * scale + shift)
        case ops.Conv(kernel, bias):
            shifted = _of(bias) * scale + shift
            folded = replace(before.operation, kernel=kernel * scale, bias=shifted)
        case _:
            return None
    name = whole.instead(before)
    return Step(
        (like(before, folded, whole.inputs(before), name),),
        (Change(node.name, "folded into", CONSTANT, name),),
    )


def before_dense(whole: Whole, node: Node) -> Step | None:
    """A scale before a matrix goes into it."""
    if not isinstance(node.operation, ops.Dense) or len(node.shape) != 1:
        return None
    before = whole.before(node)
    if not isinstance(before.operation, ops.Scale) or at_input(whole, before):
        return None
    weights = node.operation.weights
    scale, shift = (
        np.broadcast_to(each, before.shape)
        for each in (before.operation.scale, before.operation.shift)
    )
    folded = ops.Dense(weights * scale[:, None], _of(node.operation.bias) + shift @ weights)
    return Step((like(node, folded, whole.inputs(before)),), (_into(before, node),))


def before_conv(whole: Whole, node: Node) -> Step | None:
    """A scale before a convolution goes into it, and so does a shift where nothing beyond the edges is looked at."""
    if not isinstance(node.operation, ops.Conv):
        return None
    before = whole.before(node)
    if not isinstance(before.operation, ops.Scale) or at_input(whole, before):
        return None
    scale, shift = each_channel(before.operation, before.shape)
    conv = node.operation
    if scale is None or shift is None or (np.any(conv.padding) and np.any(shift)):
        return None
    window = tuple(range(conv.kernel.ndim - 2))
    share = conv.kernel.shape[-2]
    filters = conv.kernel.shape[-1] // conv.groups
    #: The channels that each filter reads, (channels in / groups, filters).
    read = np.arange(share)[:, None] + share * (np.arange(conv.kernel.shape[-1]) // filters)
    bias = _of(conv.bias) + (shift[read] * conv.kernel.sum(axis=window)).sum(axis=0)
    folded = replace(conv, kernel=conv.kernel * scale[read], bias=bias)
    return Step((like(node, folded, whole.inputs(before)),), (_into(before, node),))


def before_pool(whole: Whole, node: Node) -> Step | None:
    """The mean of scaled values is the scaled mean, and the largest stays the largest if none changes its sign."""
    before = whole.before(node) if node.inputs else node
    if not isinstance(before.operation, ops.Scale) or at_input(whole, before):
        return None
    scale, shift = each_channel(before.operation, before.shape)
    match node.operation:
        case ops.Pool(_, _, padding, largest, counts):
            moves = not (counts and np.any(padding))
        case ops.GlobalPool(largest):
            moves = True
        case _:
            return None
    if scale is None or shift is None or not moves or (largest and np.any(scale <= 0)):
        return None
    return Step(swapped(whole, node, node.operation, ops.Scale(scale, shift)))


def before_order(whole: Whole, node: Node) -> Step | None:
    """Values may be scaled before or after they are put into another order."""
    if not isinstance(node.operation, ops.Flatten | ops.Reshape | ops.Permute):
        return None
    before = whole.before(node)
    if not isinstance(before.operation, ops.Scale) or at_input(whole, before):
        return None
    scale, shift = (
        node.operation.apply(np.broadcast_to(each, before.shape)[None])[0]
        for each in (before.operation.scale, before.operation.shift)
    )
    return Step(swapped(whole, node, node.operation, ops.Scale(scale, shift)))


def behind_sum(whole: Whole, node: Node) -> Step | None:
    """A scaled sum is the sum of what is scaled; one of it is shifted."""
    if not isinstance(node.operation, ops.Scale):
        return None
    total = whole.before(node)
    if not isinstance(total.operation, ops.Add):
        return None
    scale, shift = node.operation.scale, node.operation.shift
    scaled = []
    for number, each in enumerate(whole.inputs(total)):
        own = ops.Scale(scale, shift if number == 0 else np.zeros(()))
        scaled.append(made(whole.name(f"{node.name}_{number + 1}"), node.kind, own, (each,)))
    name = whole.instead(total)
    change = Change(node.name, "folded into what is added by", CONSTANT, name)
    return Step((*scaled, like(total, total.operation, scaled, name)), (change,))


def before_rectifier(whole: Whole, node: Node) -> Step | None:
    """What is scaled by positive numbers may be rectified first."""
    if not isinstance(node.operation, ops.Relu) or node.operation.ceiling < np.inf:
        return None
    before = whole.before(node)
    if not isinstance(before.operation, ops.Scale) or at_input(whole, before):
        return None
    scale, shift = before.operation.scale, before.operation.shift
    if np.any(shift) or np.any(scale <= 0):
        return None
    return Step(swapped(whole, node, node.operation, before.operation))


def as_weights(whole: Whole, node: Node) -> Step | None:
    """A scale of channels that nothing takes in is weights of its own, of one pixel of one channel each."""
    if not isinstance(node.operation, ops.Scale) or at_input(whole, node) or len(node.shape) == 1:
        return None
    scale, shift = each_channel(node.operation, node.shape)
    if scale is None or shift is None:
        return None
    one = (1,) * (len(node.shape) - 1)
    kernel = scale.reshape(*one, 1, -1)
    conv = ops.Conv(kernel, shift, one, ((0, 0),) * len(one), one, groups=node.shape[-1])
    return Step(
        (like(node, conv, whole.inputs(node)),), (Change(node.name, "weights of its own", ZEROS),)
    )


def at_input(whole: Whole, node: Node) -> bool:
    """Whether a scale is that of the items themselves: the spec says it of its input."""
    source = whole.before(node)
    return (
        isinstance(node.operation, ops.Scale)
        and isinstance(source.operation, ops.Input)
        and whole.for_one(source)
        and bool(np.all(node.operation.scale != 0))
    )


def each_channel(scale: ops.Scale, shape: ops.Shape) -> tuple[Array | None, Array | None]:
    """Return scale and shift of each channel, (channels,); None where one isn't the same everywhere."""
    return _each_channel(scale.scale, shape), _each_channel(scale.shift, shape)


def _each_channel(values: Array, shape: ops.Shape) -> Array | None:
    rows = np.broadcast_to(values, shape).reshape(-1, shape[-1])
    return np.array(rows[0]) if np.all(rows == rows[0]) else None


def _of(bias: Array | None) -> Array:
    return np.zeros(()) if bias is None else bias


def _into(before: Node, node: Node) -> Change:
    return Change(before.name, "folded into", CONSTANT, node.name)


RULES = (
    two_scales,
    behind_weights,
    behind_sum,
    before_dense,
    before_conv,
    before_pool,
    before_order,
    before_rectifier,
)
