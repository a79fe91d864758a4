"""Read NIR graphs as networks of rates: integrate-and-fire neurons as rectifiers, images with channels last."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from snnc.diagnostics.errors import Refusal
from snnc.importing import nir_file
from snnc.importing.graph import Graph, Node
from snnc.importing.nir_file import NirGraph, NirNode
from snnc.importing.operations import (
    Add,
    Array,
    Conv,
    Dense,
    Flatten,
    Identity,
    Input,
    Operation,
    Padding,
    Pool,
    Relu,
    Scale,
    Shape,
    Unsupported,
    same_padding,
)

#: Shapes that a file may have; those of networks for a chip are far smaller.
MOST = 1 << 26
_ADVICE = "export a graph of Affine, Linear, Conv1d, Conv2d, AvgPool2d, Flatten and IF"


def read_nir(path: Path) -> Graph:
    """Return the graph of a NIR file. A spike of an IF neuron counts 1, and a time step is 1 / r.

    Nodes that can't be said are in it as Unsupported. Raises Refusal if the file is damaged, or holds no network.
    """
    graph = nir_file.read(path)
    try:
        return _read(graph)
    # Exceptions that fields raise which are missing, or don't fit.
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise Refusal(f"{path.as_posix()} can't be read as a NIR graph: {error}") from error


def _read(graph: NirGraph) -> Graph:
    ends = {
        kind: [n for n, node in graph.nodes.items() if node.kind == kind]
        for kind in ("Input", "Output")
    }
    if any(len(names) != 1 for names in ends.values()):
        raise ValueError("it has not one Input and one Output")
    (first,), (last,) = ends.values()
    items = _whole(graph.nodes[first].fields["shape"])
    if math.prod(items) > MOST or min(items, default=0) < 1:
        raise ValueError(f"items of shape {items}")
    nodes: dict[str, Node] = {first: Node(first, "Input", Input(_last(items)), (), _last(items))}
    for name in graph.in_order():
        if name != first:
            _add(nodes, graph, name)
    kept = _leading_to(nodes, last)
    return Graph("NIR", kept, channels_first=len(items) > 1)


def _add(nodes: dict[str, Node], graph: NirGraph, name: str) -> None:
    """Add a node, with a sum before it where several lead to it."""
    sources = graph.into(name)
    if not sources:
        raise ValueError(f"'{name}' reads nothing")
    if len(sources) > 1:
        shape = nodes[sources[0]].shape
        nodes[f"{name}/sum"] = Node(f"{name}/sum", "Sum", Add(), sources, shape)
        sources = (f"{name}/sum",)
    for own, operation in _operations(graph.nodes[name], name, nodes[sources[0]].shape):
        shape = operation.shape(nodes[sources[0]].shape)
        nodes[own] = Node(own, graph.nodes[name].kind, operation, sources, shape)
        sources = (own,)


def _operations(node: NirNode, name: str, before: Shape) -> list[tuple[str, Operation]]:
    """Return what a node computes of values of a shape, the last step under its own name."""
    if node.kind == "IF":
        scale, relu = _spikes(node, before), (name, Relu())
        # What one spike a step takes.
        if np.all(scale == 1):
            return [relu]
        return [(f"{name}/scale", Scale(scale, np.zeros(()))), relu]
    if node.kind not in _READERS:
        why = Unsupported(f"NIR's {node.kind} isn't in a spec's language", _ADVICE, before)
        return [(name, why)]
    return [(name, _READERS[node.kind](node.fields, before))]


def _spikes(node: NirNode, before: Shape) -> Array:
    """Return the spikes a step of each neuron for an input of 1, in the order of the graph."""
    fields = node.fields
    threshold, resistance, reset = (
        np.asarray(fields[key], float) if key in fields else np.zeros(())
        for key in ("v_threshold", "r", "v_reset")
    )
    if np.unique(resistance).size != 1 or np.any(resistance <= 0):
        raise ValueError("neurons of an IF with several r")
    if np.any(threshold - reset <= 0):
        raise ValueError("a threshold that isn't above the reset")
    scale = np.broadcast_to(1 / (threshold - reset), _first(before))
    if np.unique(scale).size == 1:
        return np.asarray(scale.flat[0])
    return np.moveaxis(scale, 0, -1) if scale.ndim > 1 else scale


def _affine(fields: Any, before: Shape) -> Operation:
    if len(before) > 1:
        raise ValueError("an Affine of images, not flattened")
    bias = fields.get("bias")
    return Dense(np.asarray(fields["weight"]).T, None if bias is None else np.asarray(bias))


def _conv(fields: Any, before: Shape) -> Operation:
    """Read a convolution, its weights (filters, channels, *window)."""
    kernel = np.moveaxis(np.asarray(fields["weight"]), (0, 1), (-1, -2))
    axes = kernel.ndim - 2
    strides, dilation = _each(fields["stride"], axes), _each(fields["dilation"], axes)
    window = tuple(
        (size - 1) * step + 1 for size, step in zip(kernel.shape, dilation, strict=False)
    )
    padding = _padding(fields["padding"], before[:-1], window, strides)
    return Conv(
        kernel, np.asarray(fields["bias"]), strides, padding, dilation, int(fields["groups"])
    )


def _pool(fields: Any, before: Shape) -> Operation:
    window, strides = _each(fields["kernel_size"], 2), _each(fields["stride"], 2)
    padding = _padding(fields["padding"], before[:-1], window, strides)
    return Pool(window, strides, padding, counts_padding=True)


def _flatten(fields: Any, before: Shape) -> Operation:
    start, end = int(fields.get("start_dim", 0)), int(fields.get("end_dim", -1))
    if start != 0 or end % len(before) != len(before) - 1:
        return Unsupported("it flattens some of the axes", "flatten all of them", before)
    return Flatten(channels_first=len(before) > 1)


_READERS: dict[str, Callable[[Any, Shape], Operation]] = {
    "Affine": _affine,
    "AvgPool2d": _pool,
    "Conv1d": _conv,
    "Conv2d": _conv,
    "Flatten": _flatten,
    "Linear": _affine,
    "Output": lambda _fields, _before: Identity(),
}


def _padding(value: Any, lengths: Shape, window: Shape, strides: Shape) -> Padding:
    if isinstance(value, str):
        if value not in ("valid", "same"):
            raise ValueError(f"a padding '{value}'")
        none = ((0, 0),) * len(lengths)
        return same_padding(lengths, window, strides) if value == "same" else none
    return tuple((zeros, zeros) for zeros in _each(value, len(lengths), least=0))


def _each(value: Any, axes: int, least: int = 1) -> Shape:
    numbers = tuple(int(n) for n in np.broadcast_to(np.asarray(value).ravel(), axes))
    if min(numbers) < least or max(numbers) > MOST:
        raise ValueError(f"windows, strides or paddings of {numbers}")
    return numbers


def _whole(shape: Any) -> Shape:
    return tuple(int(length) for length in np.asarray(shape).ravel())


def _last(shape: Shape) -> Shape:
    """Return a shape with the channels last, from NIR's with the channels first."""
    return (*shape[1:], shape[0]) if len(shape) > 1 else shape


def _first(shape: Shape) -> Shape:
    return (shape[-1], *shape[:-1]) if len(shape) > 1 else shape


def _leading_to(nodes: dict[str, Node], last: str) -> tuple[Node, ...]:
    """Return the nodes that the output depends on, in order."""
    wanted = {last}
    for node in reversed(nodes.values()):
        if node.name in wanted:
            wanted.update(node.inputs)
    return tuple(node for node in nodes.values() if node.name in wanted)
