"""Weights right behind weights are the product of both, where that takes no more weights: between them are no neurons."""

from __future__ import annotations

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.operations import Array
from snnc.importing.rewriting import Change, Step, Whole, flattens, like, made

#: The class of what an import puts before a model to turn its items into spikes.
ENCODER = "Encoder"

LINEAR = "nothing is rectified between them, so both are one matrix"


def dense_of_dense(whole: Whole, node: Node) -> Step | None:
    before = whole.before(node) if node.inputs else node
    match node.operation, before.operation:
        case ops.Dense(weights, bias), ops.Dense(inner, inner_bias):
            if not worth_it(before, inner @ weights, inner, weights):
                return None
            shift = plus(bias, None if inner_bias is None else inner_bias @ weights)
            product = ops.Dense(inner @ weights, shift)
            change = Change(before.name, "multiplied into", LINEAR, node.name)
            return Step((like(node, product, whole.inputs(before)),), (change,))
    return None


def pointwise_of_conv(whole: Whole, node: Node) -> Step | None:
    """A convolution of 1 x 1 behind another is one with it."""
    before = whole.before(node) if node.inputs else node
    if not (isinstance(node.operation, ops.Conv) and isinstance(before.operation, ops.Conv)):
        return None
    if not is_pointwise(node.operation) or node.operation.groups != 1:
        return None
    inner = ungrouped(before.operation)
    matrix = node.operation.kernel.reshape(node.operation.kernel.shape[-2:])
    if not worth_it(before, inner.kernel @ matrix, before.operation.kernel, matrix):
        return None
    shift = plus(node.operation.bias, None if inner.bias is None else inner.bias @ matrix)
    product = ops.Conv(inner.kernel @ matrix, shift, inner.strides, inner.padding, inner.dilation)
    change = Change(before.name, "multiplied into", LINEAR, node.name)
    return Step((like(node, product, whole.inputs(before)),), (change,))


def conv_of_conv(whole: Whole, node: Node) -> Step | None:
    """Two convolutions are one with a larger kernel, unless the second looks at zeros where the first has something else."""
    before = whole.before(node) if node.inputs else node
    conv, inner = node.operation, before.operation
    if not (isinstance(conv, ops.Conv) and isinstance(inner, ops.Conv)):
        return None
    if set(conv.dilation) | set(inner.dilation) != {1}:
        return None
    first_is_plain = is_pointwise(inner) and (inner.bias is None or not np.any(inner.bias))
    if np.any(conv.padding) and not first_is_plain:
        return None
    outer, within = ungrouped(conv), ungrouped(inner)
    kernel = _behind(outer.kernel, within)
    if not worth_it(before, kernel, conv.kernel, inner.kernel):
        return None
    window = tuple(range(kernel.ndim - 2))
    bias = None if inner.bias is None else inner.bias @ outer.kernel.sum(axis=window)
    strides = tuple(a * b for a, b in zip(conv.strides, inner.strides, strict=True))
    # As many steps lead through the padded input as through both, one after the other.
    padding = conv.padding if first_is_plain else inner.padding
    both = ops.Conv(kernel, plus(conv.bias, bias), strides, padding, conv.dilation)
    change = Change(before.name, "multiplied into", LINEAR, node.name)
    return Step((like(node, both, whole.inputs(before)),), (change,))


def _behind(kernel: Array, inner: ops.Conv) -> Array:
    """Return the kernel of both of two convolutions."""
    window = kernel.shape[:-2]
    sizes = [
        length + (size - 1) * stride
        for length, size, stride in zip(inner.kernel.shape, window, inner.strides, strict=False)
    ]
    wide = np.zeros((*sizes, inner.kernel.shape[-2], kernel.shape[-1]))
    for place in np.ndindex(*window):
        starts = [step * stride for step, stride in zip(place, inner.strides, strict=True)]
        where = tuple(
            slice(start, start + length)
            for start, length in zip(starts, inner.kernel.shape, strict=False)
        )
        wide[where] += inner.kernel @ kernel[place]
    return wide


def is_pointwise(conv: ops.Conv) -> bool:
    """Whether a convolution looks at one pixel at a time, and at each."""
    window = conv.kernel.shape[:-2]
    return set(window) | set(conv.strides) == {1} and not np.any(conv.padding)


def is_depthwise(conv: ops.Conv) -> bool:
    """Whether a convolution of images looks at single channels, as one of Keras' does: down and across alike."""
    return conv.kernel.ndim == 4 and conv.kernel.shape[-2] == 1 and len(set(conv.strides)) == 1


def ungrouped(conv: ops.Conv) -> ops.Conv:
    """Return a convolution in groups as one of all channels, most of whose weights are zero."""
    if conv.groups == 1:
        return conv
    *window, share, filters = conv.kernel.shape
    whole = np.zeros((*window, share * conv.groups, filters))
    width = filters // conv.groups
    for group in range(conv.groups):
        channels = slice(group * share, (group + 1) * share)
        own = slice(group * width, (group + 1) * width)
        whole[..., channels, own] = conv.kernel[..., own]
    return ops.Conv(whole, conv.bias, conv.strides, conv.padding, conv.dilation)


def matrix_of_pointwise(whole: Whole, node: Node) -> Step | None:
    """A matrix on what a 1 x 1 convolution puts out is one on what that reads."""
    dense = node.operation
    flat = whole.before(node) if node.inputs else node
    if not (isinstance(dense, ops.Dense) and flattens(flat)):
        return None
    before = whole.before(flat)
    conv = before.operation
    if not isinstance(conv, ops.Conv) or not is_pointwise(conv):
        return None
    matrix = ungrouped(conv).kernel.reshape(-1, conv.kernel.shape[-1])
    places = dense.weights.reshape(-1, matrix.shape[1], dense.weights.shape[-1])
    weights = np.einsum("ic,pcu->piu", matrix, places).reshape(-1, dense.weights.shape[-1])
    if not worth_it(before, weights, dense.weights, conv.kernel):
        return None
    shift = None if conv.bias is None else (conv.bias @ places).sum(axis=0)
    read = made(whole.name(f"{node.name}_flat"), flat.kind, ops.Flatten(), whole.inputs(before))
    change = Change(before.name, "multiplied into", LINEAR, node.name)
    return Step((read, like(node, ops.Dense(weights, plus(dense.bias, shift)), (read,))), (change,))


def worth_it(before: Node, product: Array, *factors: Array) -> bool:
    """Whether a product takes no more weights than its factors; an encoder's always goes into what follows."""
    return before.kind == ENCODER or product.size <= sum(factor.size for factor in factors)


def all_channels(whole: Whole, node: Node) -> Step | None:
    """A convolution in groups has all channels in each filter, most of the weights zero."""
    conv = node.operation
    if not isinstance(conv, ops.Conv) or conv.groups == 1 or is_depthwise(conv):
        return None
    change = Change(
        node.name,
        "with zeros for the channels that a filter doesn't read",
        "a spec's filters read all channels",
    )
    return Step((like(node, ungrouped(conv), whole.inputs(node)),), (change,))


def plus(bias: Array | None, other: Array | None) -> Array | None:
    """Return the sum of two biases, either of which may be missing."""
    if bias is None or other is None:
        return other if bias is None else bias
    return np.asarray(bias + other)


RULES = (dense_of_dense, pointwise_of_conv, conv_of_conv, matrix_of_pointwise)
