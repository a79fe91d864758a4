"""NIR's files: nodes with their arrays, and edges, as HDF5. The package nir reads and writes the same, and follows links.

The format is that of nir 1.0: a dataset `version`; a group `node` of type NIRGraph with `nodes` and `edges`; in each node a
dataset `type` and one for each of its fields. Shapes have the channels first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnc.diagnostics.errors import Refusal
from snnc.importing import hdf5
from snnc.importing.operations import Array
from snnc.importing.package import imported

#: The version of the format that is written.
VERSION = "1.0"


@dataclass(frozen=True, eq=False)
class NirNode:
    """A node of a NIR graph: its type, and its fields, as they are called there."""

    kind: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class NirGraph:
    """Nodes by name, and from which to which values go."""

    nodes: Mapping[str, NirNode]
    edges: tuple[tuple[str, str], ...]

    def into(self, name: str) -> tuple[str, ...]:
        """Return the nodes that one reads."""
        return tuple(source for source, target in self.edges if target == name)

    def in_order(self) -> Iterator[str]:
        """Yield all nodes, each behind those that it reads. Raises ValueError if they read each other in a circle."""
        done: set[str] = set()
        left = dict.fromkeys(self.nodes)
        while left:
            ready = [name for name in left if done.issuperset(self.into(name))]
            if not ready:
                raise ValueError(f"a circle of {', '.join(left)}")
            for name in ready:
                del left[name]
            done.update(ready)
            yield from ready


def write(path: Path, graph: NirGraph) -> None:
    """Write a graph. Raises OSError if the path can't be written."""
    h5py = imported("h5py")
    with h5py.File(path, "w") as file:
        file.create_dataset("version", data=VERSION)
        top = file.create_group("node")
        top.create_dataset("type", data="NIRGraph")
        top.create_dataset("edges", data=list(graph.edges), dtype=h5py.string_dtype())
        nodes = top.create_group("nodes")
        for name, node in graph.nodes.items():
            group = nodes.create_group(name)
            group.create_dataset("type", data=node.kind)
            for field, value in node.fields.items():
                group.create_dataset(field, data=value)


def read(path: Path) -> NirGraph:
    """Return the graph in a file. Raises Refusal if it is none, leads out of the file, or is damaged."""
    name = path.as_posix()
    with hdf5.opened(path, name) as file:
        if not is_nir(file):
            raise Refusal(f"{name} holds no NIR graph")
        top = file["node"]
        nodes = {key: _node(group, f"'{key}' in {name}") for key, group in top["nodes"].items()}
        pairs = np.asarray(top["edges"][()]).reshape(-1, 2)
        edges = tuple((_text(a), _text(b)) for a, b in pairs)
    for ends in edges:
        if not nodes.keys() >= set(ends):
            raise Refusal(
                f"{name} is damaged: an edge from '{ends[0]}' to '{ends[1]}', not both of which are there"
            )
    return NirGraph(nodes, edges)


def is_nir(file: Any) -> bool:
    """Whether an open HDF5 file holds a NIR graph."""
    return "node" in file and "version" in file and "edges" in file["node"]


def _node(group: Any, name: str) -> NirNode:
    fields: dict[str, Any] = {}
    for key, value in group.items():
        if key in ("type", "metadata", "nodes", "edges"):
            continue
        # Text, where padding has a name.
        content = (
            value[()] if value.dtype.kind in "OS" else hdf5.numbers_of(value, f"{key} of {name}")
        )
        fields[key] = _text(content) if isinstance(content, bytes | str) else content
    return NirNode(_text(group["type"][()]), fields)


def _text(value: Array | bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
