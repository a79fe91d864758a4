"""Pools, as ONNX has them."""

from __future__ import annotations

import math

from snnc.importing.onnx_call import NodeCall
from snnc.importing.onnx_constants import axes_of
from snnc.importing.onnx_layers import each_axis, padded
from snnc.importing.onnx_values import Traced, Unsayable
from snnc.importing.operations import GlobalPool, Pad, Padding, Pool, Shape


def pool(call: NodeCall) -> Traced:
    """Read the mean or the largest value of each window."""
    x = call.value()
    axes = len(x.shape) - 1
    window = tuple(call.attributes.get("kernel_shape", ()))
    if axes not in (1, 2) or len(window) != axes or min(window) < 1:
        raise Unsayable(
            f"a pool of {list(window)} on values of shape {x.shape}", "pool images, or series"
        )
    if any(step != 1 for step in each_axis(call, "dilations", axes)):
        raise Unsayable("a pool with gaps (dilation)", "pool without dilation")
    image, strides = call.nodes.image(x), each_axis(call, "strides", axes)
    padding = padded(call, image.shape[1:], window, strides)
    extra = ((0, 0),) * axes
    if call.attributes.get("ceil_mode"):
        extra = _cut_windows(image.shape[1:], window, strides, padding)
    return _pooled(call, image, window, strides, padding, extra)


def _pooled(
    call: NodeCall,
    image: Traced,
    window: Shape,
    strides: Shape,
    padding: Padding,
    extra: Padding,
) -> Traced:
    if call.kind == "MaxPool":
        return call.add(Pool(window, strides, _sum(padding, extra), largest=True), image)
    counts = bool(call.attributes.get("count_include_pad"))
    padded_at_all = any(map(sum, padding))
    if not any(map(sum, extra)):
        return call.add(
            Pool(window, strides, padding, counts_padding=counts and padded_at_all), image
        )
    if counts and padded_at_all:
        # Zeros around the image count in a mean, what a window sees beyond them doesn't.
        around = call.nodes.add(f"{call.name}/Pad", "Pad", Pad(padding), [image])
        image, padding = Traced(around, image.axes), ((0, 0),) * len(window)
    return call.add(Pool(window, strides, _sum(padding, extra)), image)


def global_pool(call: NodeCall) -> Traced:
    image = call.nodes.image(call.value())
    largest = call.kind == "GlobalMaxPool"
    return call.add(GlobalPool(largest=largest, keeps_axes=True), image)


def reduce(call: NodeCall) -> Traced:
    """Read the mean, or the largest value, over all axes of an image but its channels."""
    x = call.value()
    rank = len(x.shape)
    told = axes_of([None, call.constant(1)], call.attributes)
    axes = {axis % (rank + 1) for axis in told} if told else set(range(rank + 1))
    over = {axis - 1 for axis in axes if axis and x.shape[axis - 1] > 1}
    channel = _channel(x, over)
    if 0 in axes or channel is None:
        raise Unsayable(
            "it isn't over all axes of an image but its channels", "pool images: x.mean((2, 3))"
        )
    image = call.nodes.aligned(x, _with_channel_last(rank, channel))
    pooled = call.add(GlobalPool(largest=call.kind == "ReduceMax"), image)
    keeps = call.attributes.get("keepdims", 1)
    kept = {axis: 1 if axis + 1 in axes else x.shape[axis] for axis in range(rank)}
    left = tuple(length for axis, length in kept.items() if keeps or axis + 1 not in axes)
    return call.nodes.reshaped(f"{call.name}/Reshape", "Reshape", pooled, left)


def _with_channel_last(rank: int, channel: int) -> Shape:
    """Return the axes of a node with one of ONNX's last, and the others in order."""
    order = [axis for axis in range(rank) if axis != channel] + [channel]
    return tuple(order.index(axis) for axis in range(rank))


def _channel(x: Traced, over: set[int]) -> int | None:
    """Return the one axis of a value, in ONNX, that isn't pooled: the node's last, if it is among several."""
    left = [axis for axis in range(len(x.shape)) if axis not in over]
    long = [axis for axis in left if x.shape[axis] > 1]
    if not over or len(long) > 1 or not left:
        return None
    last = x.known_axes.index(len(x.shape) - 1)
    return long[0] if long else (last if last in left else left[0])


def _cut_windows(lengths: Shape, window: Shape, strides: Shape, padding: Padding) -> Padding:
    """Return what windows see behind an axis with `ceil_mode`, which keeps those that are cut at the end.

    None begins in what is padded behind, as in torch.
    """
    extra = []
    for length, size, stride, (before, behind) in zip(
        lengths, window, strides, padding, strict=True
    ):
        places = math.ceil((length + before + behind - size) / stride) + 1
        if (places - 1) * stride >= length + before:
            places -= 1
        extra.append((0, max((places - 1) * stride + size - length - before - behind, 0)))
    return tuple(extra)


def _sum(first: Padding, second: Padding) -> Padding:
    return tuple((a + c, b + d) for (a, b), (c, d) in zip(first, second, strict=True))
