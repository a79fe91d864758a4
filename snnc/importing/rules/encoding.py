"""Neurons for the values of an item and for their negatives, where nothing else would turn them into spikes on the host."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Graph, Node
from snnc.importing.operations import Array, Operation
from snnc.importing.rewriting import Change, Whole, made
from snnc.importing.rules.linear import ENCODER
from snnc.importing.rules.nothing import is_positive
from snnc.importing.rules.scales import at_input

FEWER = (
    "a core of the chip has 4096 input axons, and what follows would read all that the means are of"
)
#: The name of an encoder.
NAME = "encoder"


@dataclass(frozen=True, eq=False, repr=False)
class OnOff(Operation):
    """Every value, then the negative of every value, channel by channel."""

    def apply(self, *values: Array) -> Array:
        (x,) = values
        return np.concatenate([x, -x], axis=-1)


def encoded(graph: Graph) -> tuple[Graph, tuple[Change, ...]]:
    """Return a graph whose items pass neurons first: x = relu(x) - relu(-x)."""
    whole = Whole(graph)
    source = next(
        (node for node in whole.readers(graph.input) if at_input(whole, node)), graph.input
    )
    channels = source.shape[-1]
    name = whole.name(NAME)
    both = made(f"{name}/both", ENCODER, OnOff(), (source,))
    neurons = made(name, ENCODER, ops.Relu(), (both,))
    eye = np.eye(channels)
    difference = np.concatenate([eye, -eye])
    if len(source.shape) == 1:
        minus: Operation = ops.Dense(difference, None)
    else:
        axes = len(source.shape) - 1
        kernel = difference.reshape(*(1,) * axes, 2 * channels, channels)
        minus = ops.Conv(kernel, None, (1,) * axes, ((0, 0),) * axes, (1,) * axes)
    values = made(f"{name}/values", ENCODER, minus, (neurons,))
    place = graph.nodes.index(source) + 1
    behind = (
        replace(node, inputs=tuple(values.name if i == source.name else i for i in node.inputs))
        for node in graph.nodes[place:]
    )
    nodes = (*graph.nodes[:place], both, neurons, values, *behind)
    change = Change(
        graph.input.name,
        "behind an encoder",
        "the chip needs a layer, and the first one runs on the host",
    )
    return replace(graph, nodes=nodes), (change,)


def pooled(graph: Graph) -> tuple[Graph, tuple[Change, ...]]:
    """Return a graph with neurons for the means of what neurons put out: these are never negative, and fewer than what they are of."""
    whole = Whole(graph)
    nodes: list[Node] = []
    changes = []
    renamed: dict[str, str] = {}
    for node in graph.nodes:
        inputs = tuple(renamed.get(name, name) for name in node.inputs)
        nodes.append(replace(node, inputs=inputs))
        is_mean = isinstance(node.operation, ops.Pool) and is_positive(whole, node)
        if is_mean and any(not isinstance(r.operation, ops.Relu) for r in whole.readers(node)):
            neurons = made(whole.name(f"{node.name}/neurons"), node.kind, ops.Relu(), (nodes[-1],))
            nodes.append(neurons)
            renamed[node.name] = neurons.name
            changes.append(Change(node.name, "with neurons for its means", FEWER))
    return replace(graph, nodes=tuple(nodes)), tuple(changes)


def halves(graph: Graph) -> tuple[Graph, tuple[Change, ...]]:
    """Return a graph that rectifies nothing with neurons for its logits, positive and negative: z = relu(z) - relu(-z)."""
    whole, output = Whole(graph), graph.output
    eye = np.eye(output.shape[-1])
    name = f"{output.name}/halves"
    both = made(
        whole.name(f"{name}/both"),
        output.kind,
        ops.Dense(np.concatenate([eye, -eye], axis=1), None),
        (output,),
    )
    neurons = made(whole.name(name), output.kind, ops.Relu(), (both,))
    minus = ops.Dense(np.concatenate([eye, -eye]), None)
    logits = made(whole.name(f"{name}/logits"), output.kind, minus, (neurons,))
    change = Change(
        output.name, "behind neurons for it and its negative", "the model has none for the chip"
    )
    return replace(graph, nodes=(*graph.nodes, both, neurons, logits)), (change,)
