"""Nodes without neurons as tables of a spec, and their weights as Keras has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Node
from snnc.importing.operations import Array, Padding, Shape, same_padding
from snnc.importing.refusal import Unsayable
from snnc.importing.rules.linear import plus
from snnc.importing.rules.scales import each_channel

EACH_PLACE = (
    "it scales each place of an image by itself",
    "let it scale channels, or the data before they reach the model",
)
#: Keras' epsilon for batch normalisation.
EPSILON = 0.001


@dataclass(frozen=True, eq=False)
class Table:
    """A layer's kind, its settings, and its weights as its Keras layer has them."""

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    weights: tuple[Array, ...] = ()

    def having(self, **settings: Any) -> Table:
        """Return the same with more settings."""
        return replace(self, settings={**self.settings, **settings})

    @property
    def looks(self) -> tuple[Any, ...]:
        """What layers that sum have to have in common: all but weights."""
        return (self.kind, *((key, str(value)) for key, value in self.settings.items()))


def without_neurons(node: Node, before: Shape) -> Table:
    """Return the table of a node that rectifies nothing; `before` is the shape of what it reads. Raises Unsayable if there is none."""
    match node.operation:
        case ops.Dense() if len(node.shape) == 1:
            return Table("dense", {"units": node.shape[-1]}, weights(node))
        case ops.Conv():
            return _convolution(node, node.operation, before)
        case ops.Pool(largest=False):
            return _pool(node, node.operation, before)
        case ops.GlobalPool(largest=False, keeps_axes=False):
            return Table(f"global_avg_pool{len(before) - 1}d")
        case ops.Scale():
            return _norm(node, node.operation)
        case ops.Add():
            raise Unsayable(
                node,
                "what it adds isn't rectified before it goes on",
                "put a ReLU behind it, and train the model again",
            )
        case ops.Relu():
            raise Unsayable(
                node,
                "neurons rectify: they have no slope below zero, and no ceiling",
                "take ReLU, and train the model again",
            )
    raise Unsayable(
        node, "a spec can't say what it does here", "leave it out, and train the model again"
    )


def weights(node: Node) -> tuple[Array, ...]:
    """Return the weights of a node, and its bias if it has one, as its Keras layer has them."""
    match node.operation:
        case ops.Dense(matrix, bias):
            return (matrix,) if bias is None else (matrix, bias)
        case ops.Conv(kernel, bias):
            return (kernel,) if bias is None else (kernel, bias)
    raise AssertionError(f"{node.name} has no weights")


def together(tables: Sequence[Table]) -> tuple[tuple[Array, ...], ...]:
    """Return the weights of what is added: the first one's bias is that of the sum."""
    kernels = [table.weights[:1] for table in tables]
    bias: Array | None = None
    for table in tables:
        bias = plus(bias, next(iter(table.weights[1:]), None))
    first, *others = kernels
    return (first if bias is None else (*first, bias), *others)


def _convolution(node: Node, conv: ops.Conv, before: Shape) -> Table:
    if conv.groups > 1:
        return _depthwise(node, conv, before)
    *window, _, filters = conv.kernel.shape
    settings: dict[str, Any] = {"filters": filters, "kernel_size": _short(window)}
    if set(conv.strides) != {1}:
        settings["strides"] = _short(conv.strides)
    settings |= _padded(node, before[:-1], tuple(window), conv.strides, conv.padding)
    return Table(f"conv{len(window)}d", settings, weights(node))


def _depthwise(node: Node, conv: ops.Conv, before: Shape) -> Table:
    *window, _, filters = conv.kernel.shape
    channels = before[-1]
    settings: dict[str, Any] = {"kernel_size": _short(window)}
    if conv.strides[0] != 1:
        settings["strides"] = conv.strides[0]
    settings |= _padded(node, before[:-1], tuple(window), conv.strides, conv.padding)
    if filters > channels:
        settings["depth_multiplier"] = filters // channels
    kernel = conv.kernel.reshape(*window, channels, filters // channels)
    return Table("depthwise_conv2d", settings, (kernel, *weights(node)[1:]))


def _pool(node: Node, pool: ops.Pool, before: Shape) -> Table:
    if pool.counts_padding and np.any(pool.padding):
        raise Unsayable(
            node,
            "its means count zeros beyond the edges",
            "pool without padding, or without counting it, and train the model again",
        )
    settings: dict[str, Any] = {"pool_size": _short(pool.window)}
    if pool.strides != pool.window:
        settings["strides"] = _short(pool.strides)
    settings |= _padded(node, before[:-1], pool.window, pool.strides, pool.padding)
    return Table(f"avg_pool{len(pool.window)}d", settings)


def _norm(node: Node, scale: ops.Scale) -> Table:
    times, shift = each_channel(scale, node.shape)
    if times is None or shift is None:
        raise Unsayable(node, *EACH_PLACE)
    # Keras adds epsilon to the variance.
    moving = (times, shift, np.zeros_like(times), np.full_like(times, 1 - EPSILON))
    return Table("batch_norm", {}, moving)


def _padded(
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


def _short(lengths: Sequence[int]) -> Any:
    """Return one number for two that are the same, and for one."""
    return lengths[0] if len(set(lengths)) == 1 else list(lengths)
