"""Zeros around images: a spec has TensorFlow's two ways to pad, `valid` and `same`, and windows without gaps."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.operations import Padding, same_padding, spread
from snnc.importing.rewriting import Change, Step, Whole, flattens, like, made, swapped

#: By how many zeros on each side a kernel is widened at most.
WIDEST = 8


def zeros_into_window(whole: Whole, node: Node) -> Step | None:
    """Zeros around an image are those that the window behind it looks at."""
    before = whole.before(node) if node.inputs else node
    if not isinstance(before.operation, ops.Pad):
        return None
    around = before.operation.padding
    match node.operation:
        case ops.Pad(padding):
            wide: ops.Operation = ops.Pad(_both(around, padding))
        case ops.Conv(padding=padding):
            wide = replace(node.operation, padding=_both(around, padding))
        case ops.Pool(padding=padding, largest=False, counts_padding=counts) if (
            counts or not np.any(padding)
        ):
            wide = replace(node.operation, padding=_both(around, padding), counts_padding=True)
        case _:
            return None
    change = Change(before.name, "padding of", "", node.name)
    return Step((like(node, wide, whole.inputs(before)),), (change,))


def zeros_behind_neurons(whole: Whole, node: Node) -> Step | None:
    """Zeros stay zeros when they are rectified."""
    if not isinstance(node.operation, ops.Relu):
        return None
    before = whole.before(node)
    if not isinstance(before.operation, ops.Pad):
        return None
    return Step(swapped(whole, node, node.operation, before.operation))


def zeros_of_matrix(whole: Whole, node: Node) -> Step | None:
    """What a matrix would read of zeros, it needn't read."""
    dense = node.operation
    flat = whole.before(node) if node.inputs else node
    if not (isinstance(dense, ops.Dense) and flattens(flat)):
        return None
    before = whole.before(flat)
    if not isinstance(before.operation, ops.Pad):
        return None
    (source,) = whole.inputs(before)
    where = before.operation.apply(np.ones((1, *source.shape)))
    weights = dense.weights[where.reshape(-1) == 1]
    read = made(whole.name(f"{node.name}_flat"), flat.kind, ops.Flatten(), (source,))
    change = Change(before.name, "nothing", "a matrix needn't read zeros")
    return Step((read, like(node, replace(dense, weights=weights), (read,))), (change,))


def without_gaps(whole: Whole, node: Node) -> Step | None:
    """A dilated kernel is a larger one with zeros between its weights."""
    conv = node.operation
    if not isinstance(conv, ops.Conv) or set(conv.dilation) == {1}:
        return None
    kernel = spread(conv.kernel, conv.dilation)
    dense = replace(conv, kernel=kernel, dilation=(1,) * len(conv.dilation))
    change = Change(node.name, "with zeros in its kernel", "a spec's kernels have no gaps")
    return Step((like(node, dense, whole.inputs(node)),), (change,))


def as_tensorflow_pads(whole: Whole, node: Node) -> Step | None:
    """A kernel with zeros at its edges looks at the same pixels from another place: where `same` puts it."""
    conv = node.operation
    if not isinstance(conv, ops.Conv) or set(conv.dilation) != {1} or not np.any(conv.padding):
        return None
    lengths, window = whole.before(node).shape[:-1], conv.kernel.shape[:-2]
    if conv.padding == same_padding(lengths, window, conv.strides):
        return None
    axes = list(zip(lengths, node.shape, window, conv.strides, conv.padding, strict=False))
    if all(_looks_within(*axis) for axis in axes):
        within = replace(conv, padding=((0, 0),) * len(axes))
        return Step((like(node, within, whole.inputs(node)),))
    wider = [each for axis in axes if (each := _wider(*axis))]
    if len(wider) < len(axes):
        return None
    kernel = np.pad(conv.kernel, (*wider, (0, 0), (0, 0)))
    padding = same_padding(lengths, kernel.shape[:-2], conv.strides)
    changes: tuple[Change, ...] = ()
    if kernel.shape != conv.kernel.shape:
        sizes = " x ".join(map(str, kernel.shape[:-2]))
        became = f"with zeros at the edge of its kernel, {sizes}"
        changes = (Change(node.name, became, "TensorFlow's `same` pads behind first"),)
    wide = replace(conv, kernel=kernel, padding=padding)
    return Step((like(node, wide, whole.inputs(node)),), changes)


def _looks_within(
    length: int, steps: int, window: int, stride: int, padding: tuple[int, int]
) -> bool:
    """Whether a window never reaches the zeros around it, and takes as many steps without them."""
    return padding[0] == 0 and steps == (length - window) // stride + 1


def _wider(
    length: int, steps: int, window: int, stride: int, padding: tuple[int, int]
) -> tuple[int, int] | None:
    """Return by how many zeros in front and behind a window has to be longer to be padded as TensorFlow does; None if by none."""
    if steps != -(-length // stride):
        return None
    sides = sorted(product(range(WIDEST), repeat=2), key=lambda pair: (sum(pair), pair))
    for front, behind in sides:
        ((before, _),) = same_padding((length,), (window + front + behind,), (stride,))
        if before == padding[0] + front:
            return front, behind
    return None


def _both(one: Padding, other: Padding) -> Padding:
    return tuple((a + c, b + d) for (a, b), (c, d) in zip(one, other, strict=True))


RULES = (
    zeros_into_window,
    zeros_behind_neurons,
    zeros_of_matrix,
    without_gaps,
    as_tensorflow_pads,
)
