"""What became of each layer of a file, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from snnc.importing.graph import Graph, Node
from snnc.importing.operations import Input
from snnc.importing.rewriting import Change
from snnc.importing.sketch import Sketch


@dataclass(frozen=True)
class Row:
    """A layer of the file: its name and its class there, what became of it, and why."""

    layer: str
    kind: str
    became: str
    why: str

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return self.layer, self.kind, self.became, self.why


def rows(graph: Graph, changes: Sequence[Change], sketch: Sketch) -> tuple[Row, ...]:
    """Return a row for each layer of a file."""
    said = {node: f"{layer.kind} '{layer.name}'" for layer in sketch.layers for node in layer.nodes}
    said |= dict.fromkeys(sketch.output.nodes, "the output")
    said |= sketch.others
    of_layers: dict[str, list[Node]] = {}
    for node in graph.nodes:
        of_layers.setdefault(layer_of(node, graph), []).append(node)
    return tuple(
        _row(name, nodes, changes, said)
        for name, nodes in of_layers.items()
        if not isinstance(nodes[0].operation, Input) or any(c.of == name for c in changes)
    )


def layer_of(node: Node, graph: Graph) -> str:
    """Return the layer that a node is of: what a layer does step by step is named after it, with a slash."""
    layer, _, step = node.name.rpartition("/")
    return layer if step and any(other.name == layer for other in graph.nodes) else node.name


def _row(
    name: str, nodes: Sequence[Node], changes: Sequence[Change], said: Mapping[str, str]
) -> Row:
    names = [node.name for node in nodes]
    own = [change for change in changes if change.of in names]
    became = [said[node] for node in names if node in said]
    became += [f"{c.became} {said.get(c.into, c.into)}".rstrip() for c in own]
    why = [change.why for change in own if change.why]
    return Row(name, nodes[0].kind, "; ".join(dict.fromkeys(became)), "; ".join(dict.fromkeys(why)))
