"""Lower a graph to the layers of a spec, once it is rewritten as far as it goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.graph import Graph, Node
from snnc.importing.names import spec_name
from snnc.importing.operations import Array
from snnc.importing.refusal import Offence, Unsayable
from snnc.importing.rewriting import Whole
from snnc.importing.rules.encoding import OnOff
from snnc.importing.rules.scales import at_input, each_channel
from snnc.importing.rules.sums import is_weighted
from snnc.importing.sketch import Layer, Output, Sketch
from snnc.importing.weighted import padded, short, table, weights
from snnc.spec.base import INPUT

#: That of Keras' BatchNormalization, and of snnc's.
EPSILON = 0.001


def lowered(graph: Graph) -> tuple[Sketch | None, tuple[Offence, ...]]:
    """Return the spec of a graph, or all of its nodes that can't be said."""
    builder = _Builder(Whole(graph))
    offences = [*builder.layers_of_values()]
    if offences:
        return None, tuple(offences)
    try:
        return builder.sketch(), ()
    except Unsayable as unsayable:
        return None, (unsayable.offence,)


@dataclass
class _Builder:
    """Collects layers; `says` is by node what a layer that follows it names as its source."""

    whole: Whole
    layers: list[Layer] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    scale: ops.Scale | None = None

    def layers_of_values(self) -> Iterator[Offence]:
        """Add a layer for every node that puts out values of neurons; yield those for which there is none."""
        graph = self.whole.graph
        for node in graph.nodes:
            try:
                self._add(node)
            except Unsayable as unsayable:
                self.says[node.name] = node.name  # what follows it has no fault of its own
                yield unsayable.offence

    def sketch(self) -> Sketch:
        graph = self.whole.graph
        parts = self._parts(graph.output)
        wrong = next((part for part in parts if not isinstance(part.operation, ops.Dense)), None)
        if wrong is not None or len(graph.output.shape) != 1:
            raise Unsayable(
                wrong or graph.output,
                "the output is no row of values, one a class",
                "end the model with a Dense layer, one unit a class",
            )
        (classes,) = graph.output.shape
        if classes < 2:
            raise Unsayable(
                graph.output,
                "one value comes out: that is a regression, or a logit of two classes",
                "add a sigmoid behind it if it is the logit of the second of two classes, and save the model again",
            )
        output = Output(
            classes,
            tuple(self.says[part.inputs[0]] for part in parts),
            tuple(map(weights, parts)),
            _names(graph.output, parts),
        )
        return Sketch(
            graph.input.shape,
            tuple(self.layers),
            output,
            graph.channels_first,
            self.scale,
            self.renamed,
        )

    def _add(self, node: Node) -> None:
        """Say what a node puts out, with a layer of its own if it takes one."""
        match node.operation:
            case ops.Input():
                self.says[node.name] = INPUT
            case ops.Dense() | ops.Conv() | ops.Add() | OnOff():
                pass  # whoever reads it has it in a layer
            case ops.Flatten(channels_first=False):
                self.says[node.name] = self._source(node)
            case ops.Scale():
                self._scale(node)
            case ops.Relu():
                self._neurons(node)
            case ops.Pool() | ops.GlobalPool():
                self._pool(node)
            case ops.Unsupported(reason, advice):
                raise Unsayable(node, reason, advice)
            case _:
                raise Unsayable(
                    node,
                    "a spec can't say what it does here",
                    "leave it out, and train the model again",
                )

    def _source(self, node: Node) -> str:
        """Return what a node's layer follows. Raises Unsayable if that is no layer."""
        before = self.whole.before(node)
        if before.name not in self.says:
            raise Unsayable(
                before,
                f"{node.name} ({node.kind}) reads it before it is rectified",
                "put a ReLU behind it, and train the model again",
            )
        return self.says[before.name]

    def _scale(self, node: Node) -> None:
        if at_input(self.whole, node):
            self.says[node.name] = INPUT
            assert isinstance(node.operation, ops.Scale)
            self.scale = node.operation
            return
        assert isinstance(node.operation, ops.Scale)
        scale, shift = each_channel(node.operation, node.shape)
        if scale is None or shift is None:
            raise Unsayable(
                node, "it scales each place of an image by itself", "scale the data instead"
            )
        # Keras adds epsilon to the variance.
        moving = (scale, shift, np.zeros_like(scale), np.full_like(scale, 1 - EPSILON))
        self._layer(
            node, node.name, "batch_norm", {}, (self._source(node),), (moving,), (node.name,)
        )

    def _neurons(self, node: Node) -> None:
        rectifier = node.operation
        assert isinstance(rectifier, ops.Relu)
        if rectifier.slope or rectifier.ceiling < np.inf:
            raise Unsayable(
                node,
                "neurons rectify: they have no slope below zero, and no ceiling",
                "take ReLU, and train the model again",
            )
        if self._encodes(node):
            return
        parts = self._parts(self.whole.before(node))
        first = parts[0]
        if not all(map(is_weighted, parts)):
            raise Unsayable(
                node,
                "neurons need weights before them",
                "put a Dense or a convolution before it, and train the model again",
            )
        kind, settings = self._table(first)
        if any(self._table(part) != (kind, settings) for part in parts):
            raise Unsayable(
                self.whole.before(node),
                "it adds what differs in windows or strides",
                "let all that is added have the same kernel size and strides",
            )
        sources = tuple(self._source(part) for part in parts)
        arrays = tuple(map(weights, parts))
        if len(arrays[0]) == 1:
            settings["use_bias"] = False
        self._layer(
            node,
            first.name,
            kind,
            settings,
            sources,
            arrays,
            _names(node, (self.whole.before(node), *parts)),
        )

    def _encodes(self, node: Node) -> bool:
        """Add an encoder, if neurons have the values of items, each by itself."""
        before = self.whole.before(node)
        settings = {"mode": "on_off"} if isinstance(before.operation, OnOff) else {}
        items = self.whole.before(before) if settings else before
        if self.says.get(items.name) != INPUT:
            return False
        self._layer(node, node.name, "encoder", settings, (INPUT,), (), (node.name,))
        return True

    def _pool(self, node: Node) -> None:
        axes = len(self.whole.before(node).shape) - 1
        match node.operation:
            case ops.Pool(largest=True) | ops.GlobalPool(largest=True):
                raise Unsayable(
                    node,
                    "the chip has no maximum",
                    "take average pooling and train the model again, or let --max-pool average put it in its place",
                )
            case ops.GlobalPool():
                self._layer(
                    node,
                    node.name,
                    f"global_avg_pool{axes}d",
                    {},
                    (self._source(node),),
                    (),
                    (node.name,),
                )
            case ops.Pool(window, strides, padding, counts_padding=counts):
                settings: dict[str, Any] = {"pool_size": short(window)}
                if strides != window:
                    settings["strides"] = short(strides)
                settings |= padded(
                    node, self.whole.before(node).shape[:-1], window, strides, padding
                )
                if counts and np.any(padding):
                    raise Unsayable(
                        node, "its means count zeros beyond the edges", "pool without padding"
                    )
                self._layer(
                    node,
                    node.name,
                    f"avg_pool{axes}d",
                    settings,
                    (self._source(node),),
                    (),
                    (node.name,),
                )

    def _table(self, part: Node) -> tuple[str, dict[str, Any]]:
        return table(part, self.whole.before(part).shape)

    def _parts(self, node: Node) -> tuple[Node, ...]:
        """Return what is added, or the node itself if it is no sum."""
        return self.whole.inputs(node) if isinstance(node.operation, ops.Add) else (node,)

    def _layer(
        self,
        node: Node,
        called: str,
        kind: str,
        settings: dict[str, Any],
        sources: tuple[str, ...],
        weights: tuple[tuple[Array, ...], ...],
        nodes: tuple[str, ...],
    ) -> None:
        taken = {layer.name for layer in self.layers}
        name = spec_name(called, taken, kind)
        if name != called:
            self.renamed[called] = name
        self.layers.append(Layer(name, kind, settings, sources, weights, nodes))
        self.says[node.name] = name


def _names(node: Node, parts: Sequence[Node]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(part.name for part in parts), node.name]))
