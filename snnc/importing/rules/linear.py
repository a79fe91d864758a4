"""Weights right behind weights are the product of both: between them are no neurons."""

from __future__ import annotations

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.operations import Array
from snnc.importing.rewriting import Change, Step, Whole, like

LINEAR = "nothing is rectified between them, so both are one matrix"


def dense_of_dense(whole: Whole, node: Node) -> Step | None:
    before = whole.before(node) if node.inputs else node
    match node.operation, before.operation:
        case ops.Dense(weights, bias), ops.Dense(inner, inner_bias):
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
    shift = plus(node.operation.bias, None if inner.bias is None else inner.bias @ matrix)
    product = ops.Conv(inner.kernel @ matrix, shift, inner.strides, inner.padding, inner.dilation)
    change = Change(before.name, "multiplied into", LINEAR, node.name)
    return Step((like(node, product, whole.inputs(before)),), (change,))


def is_pointwise(conv: ops.Conv) -> bool:
    """Whether a convolution looks at one pixel at a time, and at each."""
    window = conv.kernel.shape[:-2]
    return set(window) | set(conv.strides) == {1} and not np.any(conv.padding)


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


def plus(bias: Array | None, other: Array | None) -> Array | None:
    """Return the sum of two biases, either of which may be missing."""
    if bias is None or other is None:
        return other if bias is None else bias
    return np.asarray(bias + other)


RULES = (dense_of_dense, pointwise_of_conv)
