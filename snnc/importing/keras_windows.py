"""Keras' layers that look through windows: convolutions, pools, and the zeros around images."""

from __future__ import annotations

import math
from collections.abc import Callable

from snnc.importing.keras_activations import activation
from snnc.importing.keras_given import MOST_VALUES, Given, Part
from snnc.importing.operations import (
    Array,
    Conv,
    GlobalPool,
    Identity,
    Pad,
    Padding,
    Pool,
    Shape,
    same_padding,
)

Builder = Callable[[Given], list[Part]]


def conv(axes: int) -> Builder:
    """Return the function for Conv1D or Conv2D."""

    def build(given: Given) -> list[Part]:
        given.ensure_axes(axes)
        filters, groups = given.whole("filters"), given.whole("groups", 1)
        channels = given.shape[-1]
        if channels % groups or filters % groups:
            raise given.wrong("groups")
        kernel = (*given.wholes("kernel_size", axes), channels // groups, filters)
        arrays = given.arrays(with_bias(given, {"kernel": kernel}, filters))
        step = _convolution(given, arrays["kernel"], arrays.get("bias"), groups)
        return [given.part(step), *activated(given)]

    return build


def depthwise(axes: int) -> Builder:
    """Return the function for DepthwiseConv1D or DepthwiseConv2D."""

    def build(given: Given) -> list[Part]:
        given.ensure_axes(axes)
        kernel = _depthwise_shape(given, axes)
        *_, channels, times = kernel
        arrays = given.arrays(with_bias(given, {"kernel": kernel}, channels * times))
        own = _by_channel(arrays["kernel"])
        step = _convolution(given, own, arrays.get("bias"), channels)
        return [given.part(step), *activated(given)]

    return build


def separable(axes: int) -> Builder:
    """Return the function for SeparableConv1D or SeparableConv2D: a depthwise convolution, and one that sees one pixel."""

    def build(given: Given) -> list[Part]:
        given.ensure_axes(axes)
        kernel, filters = _depthwise_shape(given, axes), given.whole("filters")
        *_, channels, times = kernel
        ones: Shape = (1,) * axes
        pointwise = (*ones, channels * times, filters)
        expected = {"depthwise kernel": kernel, "pointwise kernel": pointwise}
        arrays = given.arrays(with_bias(given, expected, filters))
        own = _by_channel(arrays["depthwise kernel"])
        within: Padding = ((0, 0),) * axes
        mixed = Conv(arrays["pointwise kernel"], arrays.get("bias"), ones, within, ones)
        return [
            given.part(_convolution(given, own, None, channels)),
            Part("pointwise", given.layer.kind, mixed),
            *activated(given),
        ]

    return build


def pool(axes: int, largest: bool) -> Builder:
    """Return the function for a pool with windows."""

    def build(given: Given) -> list[Part]:
        given.ensure_axes(axes)
        window = given.wholes("pool_size", axes)
        strides = given.wholes("strides", axes, window)
        return [given.part(Pool(window, strides, _padding(given, window, strides), largest))]

    return build


def global_pool(axes: int, largest: bool) -> Builder:
    """Return the function for a pool over all places."""

    def build(given: Given) -> list[Part]:
        given.ensure_axes(axes)
        return [given.part(GlobalPool(largest, given.flag("keepdims", False)))]

    return build


def zero_padding(axes: int) -> Builder:
    """Return the function for ZeroPadding1D, which has [before, behind], or ZeroPadding2D, which has that of each axis."""

    def build(given: Given) -> list[Part]:
        given.ensure_axes(axes)
        value = given.config.get("padding")
        sides = [value] if axes == 1 else value
        if isinstance(sides, int):
            sides = [sides] * axes
        if not isinstance(sides, list) or len(sides) != axes:
            raise given.wrong("padding")
        padding = tuple(_both(given, side) for side in sides)
        _ensure_fits(given, padding)
        return [given.part(Pad(padding))]

    return build


def activated(given: Given) -> list[Part]:
    """Return the step for a layer's activation, if it has one."""
    name, operation = activation(given.config.get("activation"))
    return [] if isinstance(operation, Identity) else [Part("activation", name, operation)]


def with_bias(given: Given, expected: dict[str, Shape], size: int) -> dict[str, Shape]:
    """Return the arrays that a layer has with its bias, if it has one."""
    return {**expected, "bias": (size,)} if given.flag("use_bias", True) else expected


def _convolution(given: Given, kernel: Array, bias: Array | None, groups: int) -> Conv:
    axes = kernel.ndim - 2
    strides, dilation = given.wholes("strides", axes, 1), given.wholes("dilation_rate", axes, 1)
    window = tuple(
        (size - 1) * step + 1 for size, step in zip(kernel.shape[:axes], dilation, strict=True)
    )
    return Conv(kernel, bias, strides, _padding(given, window, strides), dilation, groups)


def _padding(given: Given, window: Shape, strides: Shape) -> Padding:
    """Return the zeros around an image, once a window is known to fit into it."""
    lengths = given.shape[:-1]
    kind = given.config.get("padding", "valid")
    if kind == "same":
        padding = same_padding(lengths, window, strides)
    elif kind == "causal" and len(window) == 1:
        padding = ((window[0] - 1, 0),)
    elif kind == "valid":
        padding = ((0, 0),) * len(window)
    else:
        raise given.wrong("padding")
    _ensure_fits(given, padding)
    for length, size, (before, behind) in zip(lengths, window, padding, strict=True):
        if length + before + behind < size:
            raise given.wrong("pool_size" if "pool_size" in given.config else "kernel_size")
    return padding


def _both(given: Given, side: object) -> tuple[int, int]:
    pair = [side, side] if isinstance(side, int) else side
    if not isinstance(pair, list) or len(pair) != 2:
        raise given.wrong("padding")
    before, behind = (given.counted("padding", zeros, least=0) for zeros in pair)
    return before, behind


def _depthwise_shape(given: Given, axes: int) -> Shape:
    window = given.wholes("kernel_size", axes)
    return (*window, given.shape[-1], given.whole("depth_multiplier", 1))


def _by_channel(kernel: Array) -> Array:
    """Return a depthwise kernel, (..., channels, times), as that of a convolution in as many groups as channels."""
    return kernel.reshape(*kernel.shape[:-2], 1, -1)


def _ensure_fits(given: Given, padding: Padding) -> None:
    """Stop before zeros fill the memory."""
    lengths = zip(given.shape[:-1], padding, strict=True)
    if math.prod(length + sum(zeros) for length, zeros in lengths) > MOST_VALUES // given.shape[-1]:
        raise given.wrong("padding" if "dilation_rate" not in given.config else "dilation_rate")
