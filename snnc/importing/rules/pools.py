"""Means of windows and of whole images, among weights that nothing rectifies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.rewriting import Change, Step, Whole, like, made, swapped
from snnc.importing.rules.linear import is_pointwise, ungrouped


def axes_of_one(whole: Whole, node: Node) -> Step | None:
    """A mean of a whole image is a row; axes of length 1 are put to it afterwards."""
    if not isinstance(node.operation, ops.GlobalPool) or not node.operation.keeps_axes:
        return None
    row = like(node, replace(node.operation, keeps_axes=False), whole.inputs(node))
    name = whole.name(f"{node.name}/axes")
    return Step((row, made(name, node.kind, ops.Reshape(node.shape), (row,))))


def counted_zeros(whole: Whole, node: Node) -> Step | None:
    """Means that count the zeros around an image are weights that are all the same, of one channel each."""
    pool = node.operation
    if not isinstance(pool, ops.Pool) or pool.largest or not pool.counts_padding:
        return None
    if not np.any(pool.padding):
        return None
    channels, ones = node.shape[-1], (1,) * len(pool.window)
    kernel = np.full((*pool.window, 1, channels), 1 / np.prod(pool.window))
    conv = ops.Conv(kernel, None, pool.strides, pool.padding, ones, groups=channels)
    change = Change(
        node.name, "weights that are all the same", "its means count zeros beyond the edges"
    )
    return Step((like(node, conv, whole.inputs(node)),), (change,))


def conv_of_a_pixel(whole: Whole, node: Node) -> Step | None:
    """A convolution of an image of one pixel is a matrix."""
    conv = node.operation
    if not isinstance(conv, ops.Conv):
        return None
    before = whole.before(node)
    if set(before.shape[:-1]) != {1} or set(node.shape[:-1]) != {1} or set(conv.dilation) != {1}:
        return None
    kernel = ungrouped(conv).kernel[tuple(front for front, _ in conv.padding)]
    flat = made(whole.name(f"{node.name}/flat"), node.kind, ops.Flatten(), (before,))
    dense = like(node, ops.Dense(kernel, conv.bias), (flat,))
    image = made(whole.name(f"{node.name}/axes"), node.kind, ops.Reshape(node.shape), (dense,))
    return Step(
        (flat, dense, image), (Change(node.name, "a dense layer", "its image is one pixel"),)
    )


def dense_of_images(whole: Whole, node: Node) -> Step | None:
    """A matrix at each pixel is a convolution of 1 x 1."""
    dense = node.operation
    if not isinstance(dense, ops.Dense) or len(node.shape) == 1:
        return None
    axes = len(node.shape) - 1
    kernel = dense.weights.reshape(*(1,) * axes, *dense.weights.shape)
    ones = (1,) * axes
    conv = ops.Conv(kernel, dense.bias, ones, ((0, 0),) * axes, ones)
    change = Change(node.name, "a convolution of one pixel", "it has the same weights at each")
    return Step((like(node, conv, whole.inputs(node)),), (change,))


def mean_of_pointwise(whole: Whole, node: Node) -> Step | None:
    """The mean of what a 1 x 1 convolution puts out is a matrix on the mean of what it reads."""
    if not isinstance(node.operation, ops.GlobalPool) or node.operation.keeps_axes:
        return None
    before = whole.before(node)
    conv = before.operation
    if node.operation.largest or not isinstance(conv, ops.Conv) or not is_pointwise(conv):
        return None
    kernel = ungrouped(conv).kernel
    dense = ops.Dense(kernel.reshape(kernel.shape[-2:]), conv.bias)
    nodes = swapped(whole, node, node.operation, dense)
    why = "it is linear, so either may come first"
    change = Change(before.name, "a matrix behind the mean", why, nodes[-1].name)
    return Step(nodes, (change,))


def mean_in_any_shape(whole: Whole, node: Node) -> Step | None:
    """The mean of a whole image is that of its pixels, in whatever shape they stand."""
    if not isinstance(node.operation, ops.GlobalPool) or node.operation.keeps_axes:
        return None
    before = whole.before(node)
    if not isinstance(before.operation, ops.Reshape):
        return None
    (source,) = whole.inputs(before)
    if len(source.shape) == 1 or source.shape[-1] != before.shape[-1]:
        return None
    change = Change(before.name, "nothing", "a mean takes all pixels, in any shape")
    return Step((like(node, node.operation, (source,)),), (change,))


RULES = (
    mean_in_any_shape,
    axes_of_one,
    counted_zeros,
    dense_of_images,
    conv_of_a_pixel,
    mean_of_pointwise,
)
