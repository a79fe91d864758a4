"""What the names in an ONNX graph stand for: arrays that are known, and values of nodes whose axes may be in another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from snnc.importing.graph import Node
from snnc.importing.operations import (
    Array,
    Conv,
    Dense,
    Flatten,
    Operation,
    Permute,
    Reshape,
    Shape,
    in_double,
)
from snnc.spec.base import free_name


class Unsayable(Exception):
    """A node that no spec can say: why, and what to do about it."""

    def __init__(self, reason: str, advice: str) -> None:
        self.reason, self.advice = reason, advice
        super().__init__(reason)


class MixesItems(Unsayable):
    """A node that moves values from item to item."""

    def __init__(self) -> None:
        super().__init__("it mixes items", "reshape each item by itself: x.flatten(1)")


@dataclass(frozen=True)
class Traced:
    """The value of a node. Its axis i in ONNX, without the items', is axis `axes[i]` of the node.

    So a Transpose costs nothing: nodes have the channels last, whatever order the file has. The shape is unknown behind
    a node that can't be said; then `axes` are None.
    """

    node: Node
    axes: Shape | None

    @property
    def shape(self) -> Shape:
        """The shape in ONNX, without the items' axis."""
        return tuple(self.node.shape[axis] for axis in self.known_axes)

    @property
    def known_axes(self) -> Shape:
        assert self.axes is not None, "nodes behind one that can't be said aren't read"
        return self.axes

    def values_in_graph(self, constant: Array) -> Array:
        """Return a constant that meets this value, item by item the same, in the order of the node's axes.

        One number, one of each channel, or one of each value.
        """
        rank = len(self.shape)
        if constant.ndim > rank + 1:
            raise Unsayable(*_OTHER_SHAPE)
        aligned: Array = constant.reshape((1,) * (rank + 1 - constant.ndim) + constant.shape)
        if aligned.shape[0] != 1 or any(
            n not in (1, own) for n, own in zip(aligned.shape[1:], self.shape, strict=True)
        ):
            raise Unsayable(*_OTHER_SHAPE)
        ordered = np.transpose(aligned[0], [self.known_axes.index(axis) for axis in range(rank)])
        if ordered.size == 1:
            return in_double(ordered.reshape(()))
        if ordered.size == ordered.shape[-1]:
            return in_double(ordered.reshape(-1))
        return in_double(np.broadcast_to(ordered, self.node.shape))


#: What a name of the graph stands for.
Value = Traced | Array

_OTHER_SHAPE = (
    "a constant of another shape than the values that it meets",
    "use constants with one value, or one of each channel",
)


def channels_first(rank: int) -> Shape:
    """Return the axes of a node with channels last that ONNX has with channels first."""
    return (rank - 1, *range(rank - 1))


@dataclass
class Nodes:
    """The nodes so far, by name, in order."""

    by_name: dict[str, Node] = field(default_factory=dict)

    def add(self, name: str, kind: str, operation: Operation, inputs: Sequence[Traced]) -> Node:
        """Add a node under a name that is its own."""
        own = free_name(name, self.by_name)
        shape = operation.shape(*(value.node.shape for value in inputs))
        node = Node(own, kind, operation, tuple(value.node.name for value in inputs), shape)
        self.by_name[own] = node
        return node

    def with_bias(self, value: Traced, bias: Array) -> Traced:
        """Give a layer without a bias, which nothing has read yet, one."""
        operation = value.node.operation
        assert isinstance(operation, Dense | Conv)
        out = value.node.shape[-1]
        node = replace(
            value.node,
            operation=replace(operation, bias=np.broadcast_to(bias, (out,)).copy()),
        )
        self.by_name[node.name] = node
        return replace(value, node=node)

    def aligned(self, value: Traced, axes: Shape) -> Traced:
        """Return a value with its axes in a certain order, by a node that permutes them if they aren't."""
        if value.axes == axes:
            return value
        old = [value.known_axes[axes.index(axis)] for axis in range(len(axes))]
        long = [axis for axis in old if value.node.shape[axis] > 1]
        operation: Operation = Permute(tuple(old))
        if long == sorted(long):
            operation = Reshape(tuple(value.node.shape[axis] for axis in old))
        kind = "Transpose" if isinstance(operation, Permute) else "Reshape"
        node = self.add(f"{value.node.name}/{kind}", kind, operation, [value])
        return Traced(node, axes)

    def image(self, value: Traced) -> Traced:
        """Return a value with the channels first in ONNX, and last in its node."""
        return self.aligned(value, channels_first(len(value.shape)))

    def reshaped(self, name: str, kind: str, value: Traced, shape: Shape) -> Traced:
        """Return a value of the same numbers in another shape, in ONNX's order."""
        if shape == value.shape:
            return value
        source = self._before_reshapes(value.node)
        before = _order(value.shape, value.known_axes)
        rank = len(shape)
        for axes in (channels_first(rank), tuple(range(rank))):
            if rank and np.array_equal(before, _order(shape, axes)):
                items = tuple(shape[axes.index(axis)] for axis in range(rank))
                if items == source.shape:
                    return Traced(source, axes)
                operation: Operation = Flatten() if rank == 1 else Reshape(items)
                return Traced(self.add(name, kind, operation, [Traced(source, None)]), axes)
        if rank == 1 and value.axes == channels_first(len(value.shape)):
            return Traced(self.add(name, kind, Flatten(channels_first=True), [value]), (0,))
        plain = tuple(range(len(value.shape)))
        if value.axes == plain:
            return Traced(self.add(name, kind, Reshape(shape), [value]), tuple(range(rank)))
        return self.reshaped(name, kind, self.aligned(value, plain), shape)

    def _before_reshapes(self, node: Node) -> Node:
        """Return the node that has the same values in the same order, in the shape in which they were computed."""
        while isinstance(node.operation, Reshape) or (
            isinstance(node.operation, Flatten) and not node.operation.channels_first
        ):
            node = self.by_name[node.inputs[0]]
        return node

    def leading_to(self, *last: str) -> tuple[Node, ...]:
        """Return the nodes that some depend on, in order."""
        wanted = set(last)
        for node in reversed(self.by_name.values()):
            if node.name in wanted:
                wanted.update(node.inputs)
        return tuple(node for node in self.by_name.values() if node.name in wanted)


def _order(shape: Shape, axes: Shape) -> Array:
    """Return the places, in ONNX's order, of all values in the order of a node."""
    places = np.arange(int(np.prod(shape))).reshape(shape)
    return np.transpose(places, [axes.index(axis) for axis in range(len(axes))]).ravel()
