"""A trained network as its file has it: nodes that compute, in the order in which they do."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.importing.operations import Array, Operation, Shape, in_double


@dataclass(frozen=True, eq=False)
class Node:
    """A layer of the file, or a part of one: its name and its class there, and the nodes that it reads, in order.

    A layer with an activation is two nodes, that of the activation named `layer/activation`.
    """

    name: str
    kind: str
    operation: Operation
    inputs: tuple[str, ...]
    shape: Shape


@dataclass(frozen=True, eq=False)
class Graph:
    """All nodes, each behind those that it reads; the first is the input, the last the output.

    `written_by` says in words what the file is. With `channels_first` items come as (channels, height, width), or (channels, length);
    the shape of the input here has the channels last.
    """

    written_by: str
    nodes: tuple[Node, ...]
    channels_first: bool = False

    @property
    def input(self) -> Node:
        return self.nodes[0]

    @property
    def output(self) -> Node:
        return self.nodes[-1]

    def apply(self, x: Array, until: str = "") -> Array:
        """Return what comes out for items x, (n, *shape), channels last: of the last node, or of the one that is named."""
        values = {self.input.name: in_double(x)}
        for node in self.nodes[1:]:
            values[node.name] = node.operation.apply(*(values[name] for name in node.inputs))
            if node.name == until:
                break
        return values[until or self.output.name]
