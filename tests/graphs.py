"""Graphs of trained networks by hand and at random, as a reader of files would return them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Graph, Node
from snnc.importing.operations import Operation, Shape
from snnc.importing.rewriting import made


@dataclass
class Drawn:
    """A graph in the making, with weights at random; each method adds a node and returns it."""

    shape: Shape
    seed: int = 0
    nodes: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.last = self.add("input", ops.Input(self.shape))

    def graph(self, channels_first: bool = False) -> Graph:
        return Graph("drawn at random", tuple(self.nodes), channels_first)

    def add(self, name: str, operation: Operation, *inputs: Node) -> Node:
        """Add a node that reads some, or the one before."""
        read = inputs or ((self.last,) if self.nodes else ())
        self.last = made(self._unused(name), type(operation).__name__, operation, read)
        self.nodes.append(self.last)
        return self.last

    def dense(self, units: int, *inputs: Node, name: str = "dense", bias: bool = True) -> Node:
        before = inputs[0] if inputs else self.last
        weights = self._normal(before.shape[-1], units) / np.sqrt(before.shape[-1])
        return self.add(name, ops.Dense(weights, self._normal(units) if bias else None), *inputs)

    def conv(
        self,
        filters: int,
        window: Shape,
        *inputs: Node,
        strides: Shape | None = None,
        padding: Any = "valid",
        name: str = "conv",
        bias: bool = True,
        groups: int = 1,
        dilation: Shape | None = None,
    ) -> Node:
        """Add a convolution; padding is `valid`, `same` as TensorFlow has it, or one number for all sides, as PyTorch has it."""
        before = inputs[0] if inputs else self.last
        strides = strides or (1,) * len(window)
        dilation = dilation or (1,) * len(window)
        share = before.shape[-1] // groups
        kernel = self._normal(*window, share, filters) / np.sqrt(np.prod(window) * share)
        sizes = tuple((n - 1) * step + 1 for n, step in zip(window, dilation, strict=True))
        around = self.around(before.shape, sizes, strides, padding)
        own = self._normal(filters) if bias else None
        return self.add(name, ops.Conv(kernel, own, strides, around, dilation, groups), *inputs)

    def pool(
        self,
        window: Shape,
        *inputs: Node,
        strides: Shape | None = None,
        padding: Any = "valid",
        **how: Any,
    ) -> Node:
        before = inputs[0] if inputs else self.last
        strides = strides or window
        around = self.around(before.shape, window, strides, padding)
        return self.add("pool", ops.Pool(window, strides, around, **how), *inputs)

    def relu(self, *inputs: Node, slope: float = 0.0, ceiling: float = np.inf) -> Node:
        return self.add("relu", ops.Relu(slope, ceiling), *inputs)

    def norm(self, *inputs: Node) -> Node:
        channels = (inputs[0] if inputs else self.last).shape[-1]
        return self.add(
            "norm", ops.Scale(self.rng.uniform(0.5, 2, channels), self._normal(channels)), *inputs
        )

    def around(self, shape: Shape, window: Shape, strides: Shape, padding: Any) -> ops.Padding:
        if padding == "same":
            return ops.same_padding(shape[:-1], window, strides)
        return (((0, 0) if padding == "valid" else (padding, padding)),) * len(window)

    def _normal(self, *shape: int) -> ops.Array:
        return self.rng.normal(size=shape)

    def _unused(self, name: str) -> str:
        taken = {node.name for node in self.nodes}
        return next(
            n for i in range(1, 1000) if (n := f"{name}_{i}" if i > 1 else name) not in taken
        )


def agree(one: Graph, other: Graph, x: ops.Array) -> bool:
    """Whether two graphs compute the same for items x, up to rounding."""
    ours, theirs = one.apply(x), other.apply(x)
    return ours.shape == theirs.shape and float(np.abs(ours - theirs).max()) <= 1e-9 * float(
        np.abs(theirs).max()
    )


def random_graph(seed: int) -> Graph:
    """Return a graph of all that a file may hold and a spec may say, in any order."""
    rng = np.random.default_rng(1000 + seed)
    shapes: list[Shape] = [(12,), (8, 8, 2), (9, 7, 1), (10, 3)]
    drawn = Drawn(shapes[rng.integers(4)], seed)
    for _ in range(rng.integers(2, 10)):
        values = drawn.nodes
        now = values[-1] if rng.random() < 0.75 else values[rng.integers(len(values))]
        count = len(values)
        _add(drawn, now, rng)
        if min(drawn.last.shape) < 1:
            del drawn.nodes[count:]
    if len(drawn.nodes[-1].shape) > 1:
        drawn.add("flat", ops.Flatten(bool(rng.integers(2))), drawn.nodes[-1])
    if rng.random() < 0.8:
        drawn.dense(3, drawn.nodes[-1])
    if rng.random() < 0.5:
        drawn.add("softmax", ops.Softmax(), drawn.nodes[-1])
    return drawn.graph()


def _add(drawn: Drawn, now: Node, rng: np.random.Generator) -> None:
    axes = len(now.shape) - 1
    others = [node for node in drawn.nodes if node is not now]
    alike = [node for node in others if node.shape == now.shape]
    beside = [node for node in others if node.shape[:-1] == now.shape[:-1]]
    padding = ["valid", "same", 1][rng.integers(3)]
    ways = {
        "relu": lambda: drawn.relu(now),
        "neurons": lambda: drawn.relu(now),
        "leaky": lambda: drawn.relu(
            now, slope=0.1 * rng.integers(2), ceiling=[6, np.inf, 0.5][rng.integers(3)]
        ),
        "norm": lambda: drawn.norm(now),
        "drop": lambda: drawn.add("drop", ops.Identity(), now),
        "flat": lambda: drawn.add("flat", ops.Flatten(bool(rng.integers(2))), now),
    }
    if alike:
        ways["add"] = lambda: drawn.add("add", ops.Add(), now, alike[rng.integers(len(alike))])
    if beside:
        ways["cat"] = lambda: drawn.add(
            "cat", ops.Concatenate(), now, beside[rng.integers(len(beside))]
        )
    if not axes:
        ways["dense"] = ways["more"] = lambda: drawn.dense(int(rng.integers(2, 9)), now)
    else:
        window = tuple(int(n) for n in rng.integers(1, 4, axes))
        strides = (int(rng.integers(1, 3)),) * axes
        groups = now.shape[-1] if rng.random() < 0.3 else 1
        filters = groups * int(rng.integers(1, 5))
        ways["conv"] = ways["more"] = lambda: drawn.conv(
            filters,
            window,
            now,
            strides=strides,
            padding=padding,
            bias=rng.random() < 0.7,
            groups=groups,
        )
        if min(now.shape[:-1]) > 1:
            ways["pool"] = lambda: drawn.pool(
                (2,) * axes, now, padding=["valid", "same"][rng.integers(2)]
            )
        ways["gap"] = lambda: drawn.add(
            "gap", ops.GlobalPool(keeps_axes=bool(rng.integers(2))), now
        )
        around = tuple((int(a), int(b)) for a, b in rng.integers(0, 2, (axes, 2)))
        ways["pad"] = lambda: drawn.add("pad", ops.Pad(around), now)
        if any(a < b for a, b in zip(now.shape, window, strict=False)):
            del ways["conv"], ways["more"]
    ways[list(ways)[rng.integers(len(ways))]]()
