"""Layers with weights, as ONNX has them: dense, convolutions, normalisation."""

from __future__ import annotations

import math

import numpy as np

from snnc.importing.onnx_call import NodeCall
from snnc.importing.onnx_values import Traced, Unsayable
from snnc.importing.operations import Array, Conv, Dense, Padding, Scale, Shape, same_padding

TRAINING = (
    "it was exported as it trains",
    "write model.eval() before torch.onnx.export",
)


def gemm(call: NodeCall) -> Traced:
    """Read alpha * x @ B + beta * C, as torch writes a Linear layer."""
    x, weights, bias = call.value(), call.given(1), call.weights(2)
    of = call.attributes
    if of.get("transA"):
        raise Unsayable("it transposes the items", "put items on the first axis")
    if len(x.shape) != 1 or weights.ndim != 2:
        raise Unsayable(f"values of shape {x.shape}", "flatten before a Linear layer")
    kernel = (weights.T if of.get("transB") else weights) * of.get("alpha", 1.0)
    if bias is not None:
        bias = _of_each(bias, kernel.shape[1]) * of.get("beta", 1.0)
    return call.add(Dense(kernel, bias), x)


def matmul(call: NodeCall) -> Traced:
    """Read x @ B, on the last axis."""
    if len(call.traced) == 2:
        raise Unsayable(
            "a product of two values that depend on the items: attention",
            "neurons add, they don't multiply: leave attention out, and train again",
        )
    x, weights = call.value(), call.given(1)
    if weights.ndim != 2:
        raise Unsayable(f"weights with {weights.ndim} axes", "use a Linear layer")
    # The channels of a node come last: those that the weights meet.
    return call.add(Dense(weights, None), call.nodes.aligned(x, tuple(range(len(x.shape)))))


def conv(call: NodeCall) -> Traced:
    """Read a convolution, its kernel (filters, channels, *window)."""
    x, weights, bias = call.value(), call.given(1), call.weights(2)
    axes = len(x.shape) - 1
    if axes not in (1, 2) or weights.ndim != axes + 2:
        raise Unsayable(
            f"a convolution of values of shape {x.shape}", "use Conv1d or Conv2d on their own axes"
        )
    image, groups = call.nodes.image(x), call.attributes.get("group", 1)
    if groups < 1 or image.shape[0] != weights.shape[1] * groups or weights.shape[0] % groups:
        raise Unsayable(
            f"a kernel for {weights.shape[1] * groups} channels on {image.shape[0]}",
            "the file is damaged: export the network again",
        )
    window, dilation = weights.shape[2:], each_axis(call, "dilations", axes)
    strides = each_axis(call, "strides", axes)
    wide = tuple((size - 1) * step + 1 for size, step in zip(window, dilation, strict=True))
    kernel = np.moveaxis(weights, (0, 1), (-1, -2))
    padding = padded(call, image.shape[1:], wide, strides)
    if bias is not None:
        bias = _of_each(bias, weights.shape[0])
    return call.add(Conv(kernel, bias, strides, padding, dilation, groups), image)


def batch_norm(call: NodeCall) -> Traced:
    """Read a batch normalisation as its scale and shift of each channel."""
    if call.attributes.get("training_mode"):
        raise Unsayable(*TRAINING)
    x = call.nodes.image(call.value())
    gamma, beta, mean, variance = (call.given(number) for number in (1, 2, 3, 4))
    channels = (x.shape[0],)
    if any(values.shape != channels for values in (gamma, beta, mean, variance)):
        raise Unsayable(
            f"statistics of another number of channels than {channels[0]}",
            "the file is damaged: export the network again",
        )
    if (variance < 0).any():
        raise Unsayable("a variance is negative", "the file is damaged: export the network again")
    scale = gamma / np.sqrt(variance + call.attributes.get("epsilon", 1e-5))
    return call.add(Scale(scale, beta - mean * scale), x)


def each_axis(call: NodeCall, name: str, axes: int) -> Shape:
    """Return an attribute with a number for each axis of an image, 1 if it isn't there."""
    values = tuple(call.attributes.get(name, (1,) * axes))
    if len(values) != axes or min(values) < 1:
        raise Unsayable(
            f"{name} {list(values)} on {axes} axes", "the file is damaged: export the network again"
        )
    return values


def padded(call: NodeCall, lengths: Shape, window: Shape, strides: Shape) -> Padding:
    """Return how many zeros a window sees before and behind each axis."""
    automatic = call.attributes.get("auto_pad", b"NOTSET").decode("ascii", "replace")
    if automatic in ("SAME_UPPER", "SAME_LOWER"):
        padding = same_padding(lengths, window, strides)
        return padding if automatic == "SAME_UPPER" else tuple((b, a) for a, b in padding)
    if automatic == "VALID":
        return ((0, 0),) * len(lengths)
    pads = tuple(call.attributes.get("pads", (0,) * 2 * len(lengths)))
    if len(pads) != 2 * len(lengths) or min(pads) < 0:
        raise Unsayable(f"pads {list(pads)}", "use padding that isn't negative")
    if any(zeros >= size for zeros, size in zip(pads, (*window, *window), strict=True)):
        raise Unsayable(
            f"pads {list(pads)}, by which windows of {list(window)} see nothing but zeros",
            "pad by less than the window's size",
        )
    return tuple(zip(pads[: len(lengths)], pads[len(lengths) :], strict=True))


def _of_each(bias: Array, outputs: int) -> Array:
    """Return a bias of each output, from one that may stand for all."""
    if bias.size not in (1, outputs) or math.prod(bias.shape[:-1]) != 1:
        raise Unsayable(
            f"a bias of shape {bias.shape} for {outputs} outputs",
            "use a bias of each output",
        )
    return np.array(np.broadcast_to(bias.reshape(-1), (outputs,)))
