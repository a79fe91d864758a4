"""What an ONNX network takes: the shape of an item, and where its channels are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from snnc.diagnostics.errors import Refusal
from snnc.importing.onnx_constants import MOST
from snnc.importing.onnx_values import channels_first
from snnc.importing.operations import Shape

#: The number of items where a file leaves it open: a prime that no other axis has.
ANY = 7919
#: Operators on images and series, which have the channels first in ONNX.
_ON_IMAGES = "Conv BatchNormalization MaxPool AveragePool GlobalAveragePool GlobalMaxPool InstanceNormalization LRN"
#: Operators that leave axes where they are.
_IN_PLACE = "Add Cast Clip Div Dropout Identity LeakyRelu Mul Pad PRelu QuantizeLinear DequantizeLinear Quant Relu Sub"


class Items(NamedTuple):
    """How many items a file is for, and the shape of one in the file's order."""

    number: int
    shape: Shape


def items_of(path: Path, value: Any) -> Items:
    """Return what a graph says about its input. Raises Refusal if an axis of an item may have any length."""
    axes = value.type.tensor_type.shape.dim
    lengths = [axis.dim_value if axis.HasField("dim_value") else None for axis in axes]
    if len(lengths) < 2:
        raise Refusal(
            f"{path}: its input '{value.name}' has {len(lengths)} axes, and no axis for items:"
            " export the network with an example of shape [1, ...]"
        )
    number, *shape = lengths
    known = tuple(length for length in shape if length)
    if number == 0 or len(known) < len(shape) or min(known) < 0 or math.prod(known) > MOST:
        said = ", ".join(
            str(length or axis.dim_param or "?") for length, axis in zip(lengths, axes, strict=True)
        )
        raise Refusal(
            f"{path}: items have the shape [{said}], which isn't known, or can't be:"
            " export the network with an example of the right shape, and leave at most the first axis open"
        )
    return Items(ANY if number is None else number, known)


def order_of_axes(shape: Shape, name: str, nodes: Sequence[Any]) -> tuple[Shape, bool]:
    """Return where each axis of an item is in a graph with channels last, and whether the file has the channels first.

    What first asks for channels says where they are. Where nothing does, a picture has one or three of them.
    """
    rank = len(shape)
    plain = tuple(range(rank))
    if rank == 1:
        return plain, False
    channel = _channel(rank, name, nodes)
    if channel is None and rank > 2:
        channel = rank - 1 if shape[-1] in (1, 3) and shape[0] not in (1, 3) else 0
    return (channels_first(rank), True) if channel == 0 else (plain, False)


def _channel(rank: int, name: str, nodes: Sequence[Any]) -> int | None:
    """Return the axis of an item that its first layer takes for channels."""
    order = list(range(rank + 1))
    for node in nodes:
        if name not in node.input:
            continue
        if node.op_type in _ON_IMAGES.split() and len(order) > 2:
            return order[1] - 1
        if node.op_type == "MatMul":
            return order[-1] - 1
        if node.op_type == "Transpose":
            perm = next((list(a.ints) for a in node.attribute if a.name == "perm"), order[::-1])
            if sorted(perm) != list(range(rank + 1)):
                return None
            order = [order[axis] for axis in perm]
        elif node.op_type not in _IN_PLACE.split():
            return None
        name = node.output[0]
    return None
