"""Nodes with weights or windows as a table of a spec has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.operations import Array, Padding, Shape, same_padding
from snnc.importing.refusal import Unsayable


def weights(node: Node) -> tuple[Array, ...]:
    """Return the weights of a node, and its bias if it has one, as its Keras layer has them."""
    match node.operation:
        case ops.Dense(matrix, bias):
            return (matrix,) if bias is None else (matrix, bias)
        case ops.Conv(kernel, bias):
            return (kernel,) if bias is None else (kernel, bias)
    raise AssertionError(f"{node.name} has no weights")


def table(node: Node, before: Shape) -> tuple[str, dict[str, Any]]:
    """Return the kind of the layer that has a node's weights, and its settings; `before` is the shape of what the node reads."""
    match node.operation:
        case ops.Dense():
            return "dense", {"units": node.shape[-1]}
        case ops.Conv(kernel, _, strides, padding):
            *window, _, filters = kernel.shape
            settings: dict[str, Any] = {"filters": filters, "kernel_size": short(window)}
            if set(strides) != {1}:
                settings["strides"] = short(strides)
            return f"conv{len(window)}d", settings | padded(
                node, before[:-1], tuple(window), strides, padding
            )
    raise AssertionError(f"{node.name} has no weights")


def padded(
    node: Node, lengths: Shape, window: Shape, strides: Shape, padding: Padding
) -> dict[str, str]:
    """Return the setting that pads as a node does. Raises Unsayable if none does."""
    if not np.any(padding):
        return {}
    if padding == same_padding(lengths, window, strides):
        return {"padding": "same"}
    zeros = ", ".join(f"{before} before and {behind} behind" for before, behind in padding)
    raise Unsayable(
        node,
        f"it puts zeros around its input ({zeros}) in another way than `same` or `valid`",
        "pad so that as much comes out as goes in, divided by the strides, or not at all, and train the model again",
    )


def short(lengths: Shape | list[int]) -> Any:
    """Return one number for two that are the same, and for one."""
    return lengths[0] if len(set(lengths)) == 1 else list(lengths)
