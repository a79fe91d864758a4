"""Operators of ONNX that move values and compute nothing: flatten, reshape, transpose, pad, concatenate."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from snnc.importing.onnx_call import NodeCall
from snnc.importing.onnx_constants import axes_of, reshaped, squeezed, unsqueezed, whole_numbers
from snnc.importing.onnx_layers import TRAINING
from snnc.importing.onnx_values import MixesItems, Traced, Unsayable, channels_first
from snnc.importing.operations import Array, Concatenate, Identity, Pad, Shape


def same(call: NodeCall) -> Traced:
    """Read what does nothing to values."""
    return call.value()


def dropout(call: NodeCall) -> Traced:
    """Read dropout, which does nothing once the network is trained."""
    training = call.constant(2)
    if training is not None and training.any():
        raise Unsayable(*TRAINING)
    return call.add(Identity(), call.value())


def cast(call: NodeCall) -> Traced:
    """Read a cast to a type of real numbers, which loses nothing here."""
    from onnx import helper

    kind = np.dtype(helper.tensor_dtype_to_np_dtype(call.attributes["to"]))
    if kind.kind != "f":
        raise Unsayable(f"it rounds values to {kind}", "compute with real numbers: x.float()")
    return call.value()


def transpose(call: NodeCall) -> Traced:
    """Read another order of the axes, which nodes needn't follow."""
    x = call.value()
    rank = len(x.shape) + 1
    order = tuple(call.attributes.get("perm", range(rank)[::-1]))
    if sorted(order) != list(range(rank)) or order[0] != 0:
        raise MixesItems
    return Traced(x.node, tuple(x.known_axes[axis - 1] for axis in order[1:]))


def flatten(call: NodeCall) -> Traced:
    x = call.value()
    shape = (call.items, *x.shape)
    axis = call.attributes.get("axis", 1) % (len(shape) + 1)
    return _into(call, (math.prod(shape[:axis]), math.prod(shape[axis:])))


def reshape(call: NodeCall) -> Traced:
    asked = call.constant(1)
    if asked is None:
        asked = np.array(call.attributes.get("shape", ()), np.int64)
    return _into(
        call,
        _fitting(call, whole_numbers(asked), bool(call.attributes.get("allowzero"))),
    )


def squeeze(call: NodeCall) -> Traced:
    shape = (call.items, *call.value().shape)
    told = _known(call)
    axes = axes_of(told, call.attributes)
    try:
        return _into(call, squeezed(shape, axes))
    except ValueError as error:
        raise Unsayable(str(error), "squeeze axes that are 1 long") from error


def unsqueeze(call: NodeCall) -> Traced:
    shape = (call.items, *call.value().shape)
    return _into(call, unsqueezed(shape, axes_of(_known(call), call.attributes) or ()))


def pad(call: NodeCall) -> Traced:
    """Read zeros around an image."""
    x = call.value()
    mode = call.attributes.get("mode", b"constant").decode("ascii", "replace")
    if mode != "constant":
        raise Unsayable(f"padding that isn't zeros ({mode})", "pad with zeros")
    value = call.weights(2)
    if value is None:
        value = np.array(call.attributes.get("value", 0.0))
    if value.any():
        raise Unsayable(f"padding with {value.reshape(-1)[0]:g}", "pad with zeros")
    before, behind = _zeros(call, len(x.shape) + 1)
    if min((*before, *behind)) < 0:
        raise Unsayable("padding that is negative cuts values off", "pad with zeros")
    if before[0] or behind[0]:
        raise MixesItems
    if not any((*before, *behind)):
        return x
    of_axis = dict(zip(x.known_axes, zip(before[1:], behind[1:], strict=True), strict=True))
    if any(of_axis[len(x.shape) - 1]) or len(x.shape) == 1:
        raise Unsayable("it adds channels of zeros", "widen the layer instead")
    return call.add(Pad(tuple(of_axis[axis] for axis in range(len(x.shape) - 1))), x)


def concat(call: NodeCall) -> Traced:
    """Read several values beside each other, by their channels."""
    first, *others = (call.value(number) for number in range(len(call.inputs)))
    rank = len(first.shape)
    axis = call.attributes.get("axis", 1) % (rank + 1)
    if axis == 0:
        raise MixesItems
    if any(len(value.shape) != rank for value in others):
        raise Unsayable("values with other numbers of axes", "flatten all of them before")
    order = first.known_axes
    if order[axis - 1] != rank - 1:
        order = channels_first(rank)
        if axis != 1:
            raise Unsayable(
                f"it joins pictures on axis {axis}, which isn't their channels",
                "join channels: torch.cat(..., 1)",
            )
    return call.add(
        Concatenate(), *(call.nodes.aligned(value, order) for value in (first, *others))
    )


def _into(call: NodeCall, shape: Sequence[int]) -> Traced:
    """Reshape to a shape with the items' axis, which must stay."""
    if not shape or shape[0] != call.items:
        raise MixesItems
    return call.nodes.reshaped(call.name, call.kind, call.value(), tuple(shape[1:]))


def _fitting(call: NodeCall, asked: Sequence[int], zero_is_zero: bool) -> Shape:
    """Return the shape that is asked for: a number of items that is written down stands for any."""
    shape = (call.items, *call.value().shape)
    try:
        return reshaped(shape, asked, zero_is_zero)
    except ValueError as error:
        if asked and asked[0] == 1 and math.prod(asked[1:]) == math.prod(shape[1:]):
            return (call.items, *asked[1:])
        raise MixesItems from error


def _known(call: NodeCall) -> list[Array | None]:
    return [None, *(call.constant(number) for number in range(1, len(call.inputs)))]


def _zeros(call: NodeCall, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return how many values Pad adds before and behind each axis, the items' first."""
    told = call.constant(1)
    pads = call.attributes.get("pads", ()) if told is None else whole_numbers(told)
    axes = call.constant(3)
    of_axes = range(rank) if axes is None else [axis % rank for axis in whole_numbers(axes)]
    if len(pads) != 2 * len(of_axes):
        raise Unsayable(f"pads {list(pads)}", "the file is damaged: export the network again")
    before, behind = [0] * rank, [0] * rank
    for number, axis in enumerate(of_axes):
        before[axis], behind[axis] = pads[number], pads[len(of_axes) + number]
    return tuple(before), tuple(behind)
