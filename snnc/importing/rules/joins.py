"""Values beside each other: weights behind them are a part for each, and the sum of those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.rewriting import Change, Step, Whole, flattens, like, made
from snnc.importing.rules.linear import ungrouped
from snnc.importing.rules.sums import with_bias

WHY = "each source has its share of the weights"


def weights_of_join(whole: Whole, node: Node) -> Step | None:
    """Weights behind joined values are the sum of the weights behind each."""
    if not isinstance(node.operation, ops.Dense | ops.Conv):
        return None
    before = whole.before(node)
    flat = before if flattens(before) else None
    join = whole.before(flat) if flat else before
    if not isinstance(join.operation, ops.Concatenate):
        return None
    sources = whole.inputs(join)
    if _is_sayable(sources) and not _is_joined(whole, node):
        return None
    shares = _shares(node.operation, join.shape, [source.shape[-1] for source in sources])
    nodes: list[Node] = []
    parts = []
    for number, (source, share) in enumerate(zip(sources, shares, strict=True)):
        read = source
        if flat and len(source.shape) > 1:
            read = made(
                whole.name(f"{flat.name}_{number + 1}"), flat.kind, ops.Flatten(), (source,)
            )
            nodes.append(read)
        name = node.name if number == 0 else whole.name(f"{node.name}_{number + 1}")
        own = share if number == 0 else with_bias(share, None)
        parts.append(like(node, own, (read,), name))
    total = made(whole.name(f"{node.name}/sum"), join.kind, ops.Add(), parts)
    change = Change(join.name, "the sources of", WHY, node.name)
    return Step((*nodes, *parts, total), (change,))


def _is_joined(whole: Whole, node: Node) -> bool:
    """Whether what a node puts out is joined with others."""
    return any(isinstance(each.operation, ops.Concatenate) for each in whole.readers(node))


def _is_sayable(sources: Sequence[Node]) -> bool:
    """Whether a spec can concatenate nodes: the channels of layers, each of them once."""
    alike = len(set(map(_is_pixel, sources))) == 1 and len(set(sources)) == len(sources)
    return alike and not any(map(_is_no_layer, sources))


def _is_no_layer(node: Node) -> bool:
    """Whether a spec has no layer with just the values of a node, in their shape."""
    return isinstance(node.operation, ops.Flatten | ops.Add)


def _is_pixel(node: Node) -> bool:
    """Whether a node's values are those of an image of one pixel, in a spec."""
    return isinstance(node.operation, ops.GlobalPool)


def _shares(
    operation: ops.Operation, joined: ops.Shape, channels: list[int]
) -> list[ops.Operation]:
    """Return the same weights for some of the channels after the other."""
    ends = np.cumsum(channels)[:-1]
    if isinstance(operation, ops.Conv):
        whole = ungrouped(operation)
        return [replace(whole, kernel=kernel) for kernel in np.split(whole.kernel, ends, axis=-2)]
    assert isinstance(operation, ops.Dense)
    units = operation.weights.shape[-1]
    places = operation.weights.reshape(-1, joined[-1], units)
    return [
        replace(operation, weights=weights.reshape(-1, units))
        for weights in np.split(places, ends, axis=1)
    ]


def each_of_join(whole: Whole, node: Node) -> Step | None:
    """What treats each channel by itself may do so before they are joined."""
    join = whole.before(node) if node.inputs else node
    if not isinstance(join.operation, ops.Concatenate):
        return None
    sources = whole.inputs(join)
    match node.operation:
        case ops.Relu() | ops.Pool() | ops.GlobalPool():
            own: list[ops.Operation] = [node.operation] * len(sources)
        case ops.Scale(scale, shift):
            ends = np.cumsum([source.shape[-1] for source in sources])[:-1]
            pairs = [
                np.split(np.broadcast_to(each, node.shape), ends, axis=-1)
                for each in (scale, shift)
            ]
            own = [ops.Scale(*pair) for pair in zip(*pairs, strict=True)]
        case _:
            return None
    parts = [
        made(whole.name(f"{node.name}_{number}"), node.kind, operation, (source,))
        for number, (operation, source) in enumerate(zip(own, sources, strict=True), 1)
    ]
    return Step((*parts, like(join, join.operation, parts, whole.instead(join))))


def join_of_joins(whole: Whole, node: Node) -> Step | None:
    """What is joined and joined again may be joined at once."""
    if not isinstance(node.operation, ops.Concatenate):
        return None
    parts = whole.inputs(node)
    if not any(isinstance(part.operation, ops.Concatenate) for part in parts):
        return None
    flat: list[Node] = []
    for part in parts:
        inner = isinstance(part.operation, ops.Concatenate)
        flat += whole.inputs(part) if inner else (part,)
    return Step((like(node, node.operation, flat),))


RULES = (join_of_joins, weights_of_join, each_of_join)
