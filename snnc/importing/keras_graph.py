"""A Keras model as a graph: models within models laid open, each layer in as many nodes as it takes steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from snnc.diagnostics.errors import Refusal
from snnc.importing import keras_unsupported as unsupported
from snnc.importing.graph import Graph, Node
from snnc.importing.keras_config import Layer, Source
from snnc.importing.keras_given import MOST_VALUES, CannotSay, Given, Part
from snnc.importing.keras_layers import builder
from snnc.importing.keras_weights import Weights
from snnc.importing.keras_windows import activated
from snnc.importing.operations import Input, Operation, Shape, Unread, Unsupported
from snnc.spec.base import free_name

_AGAIN = "save the whole model again, with model.save('model.keras') in Keras 3 or model.save('model.h5') in Keras 2"
#: A length for axes that have none.
_SOME = 64


def graph(model: Layer, weights: Weights, written_by: str, name: str) -> Graph:
    """Return the graph of a model.

    Raises:
        Refusal: If the weights aren't those that its layers need, or it has no input of a known shape.
    """
    walk = _Walk(name)
    walk.start(model)
    outputs = walk.through(model, weights, walk.inputs)
    walk.end(model, outputs)
    if walk.wrong:
        raise Refusal(
            "\n  ".join(
                [f"layers and weights in {name} don't fit each other: {_AGAIN}", *walk.wrong]
            )
        )
    return Graph(written_by, tuple(walk.nodes.values()))


@dataclass
class _Walk:
    """The nodes so far, by name; `open` are the names of models around the one that is walked through."""

    file: str
    nodes: dict[str, Node] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    #: Nodes whose values depend on a layer that a spec has no words for.
    behind: set[str] = field(default_factory=set)
    #: What is wrong with the weights, a sentence a layer.
    wrong: list[str] = field(default_factory=list)

    def start(self, model: Layer) -> None:
        """Make the inputs: those of a Functional model, or the one that a Sequential's first layer speaks of."""
        if model.is_sequential or not model.inputs:
            first = next(
                (layer.name for layer in model.layers if layer.kind == "InputLayer"), "input"
            )
            self._input(first, "InputLayer", model.input_shape)
            return
        by_name = {layer.name: layer for layer in model.layers}
        for source in model.inputs:
            layer = by_name.get(source.layer)
            if layer is None:
                raise Refusal(
                    f"{self.file} names an input '{source.layer}', which it doesn't have: {_AGAIN}"
                )
            self._input(layer.name, layer.kind, layer.input_shape)

    def end(self, model: Layer, outputs: Sequence[str]) -> None:
        """Say so if there are several outputs."""
        for number, output in enumerate(outputs[1:], 2):
            self._add(
                f"{output}/output",
                model.kind,
                unsupported.another_output(number, len(outputs)),
                [output],
            )

    def through(
        self, model: Layer, weights: Weights, inputs: Sequence[str], prefix: str = ""
    ) -> list[str]:
        """Add the nodes of a model, and return the names of those that are its outputs."""
        of = weights.of(model.layers)
        if model.is_sequential:
            values = list(inputs)
            for layer in model.layers:
                if layer.kind != "InputLayer":
                    values = self._layer(layer, of[layer.name], values, prefix)
            return values
        return self._functional(model, of, inputs, prefix)

    def _functional(
        self, model: Layer, of: Mapping[str, Weights], inputs: Sequence[str], prefix: str
    ) -> list[str]:
        values: dict[str, list[str]] = {}
        for source, name in zip(model.inputs, inputs, strict=False):
            values[source.layer] = [name]
        for layer in self._in_order(model, values):
            sources = [_value(source, values) for source in layer.uses[0].sources]
            values[layer.name] = self._layer(layer, of[layer.name], sources, prefix)
        if not model.outputs:
            raise Refusal(f"{self.file} names no output of the model '{model.name}': {_AGAIN}")
        for source in model.outputs:
            if source.layer not in values:
                raise Refusal(
                    f"{self.file} names an output '{source.layer}', which it doesn't have: {_AGAIN}"
                )
        return [_value(source, values) for source in model.outputs]

    def _in_order(self, model: Layer, known: Mapping[str, object]) -> Iterator[Layer]:
        """Yield layers once `known` has all that they read; whoever asks adds each to it."""
        waiting = [layer for layer in model.layers if layer.name not in known]
        while waiting:
            left = []
            for layer in waiting:
                if _is_ready(layer, known):
                    yield layer
                else:
                    left.append(layer)
            if len(left) == len(waiting):
                raise Refusal(
                    f"{self.file} has a layer '{left[0].name}' that reads what no other layer returns: {_AGAIN}"
                )
            waiting = left

    def _layer(
        self, layer: Layer, weights: Weights, sources: Sequence[str], prefix: str
    ) -> list[str]:
        """Add a layer, or a model within the model, and return the names of the nodes that have its values."""
        name = prefix + layer.name
        if len(layer.uses) > 1:
            return [self._refused(name, layer, unsupported.used_again(len(layer.uses)), sources)]
        if layer.is_model:
            return self.through(layer, weights, sources, f"{name}/")
        why = unsupported.why_not(layer)
        if why is not None:
            return [self._refused(name, layer, why, sources)]
        return [self._carried(name, layer, weights, sources)]

    def _carried(self, name: str, layer: Layer, weights: Weights, sources: Sequence[str]) -> str:
        """Add the steps of a layer of a class that a spec has words for."""
        build = builder("Add" if layer.is_operation else layer.kind)
        assert build is not None
        shapes = tuple(self.nodes[source].shape for source in sources)
        given = Given(layer, shapes, weights.arrays())
        is_behind = bool(self.behind.intersection(sources))
        try:
            return self._chain(name, build(given), sources)
        except CannotSay as error:
            if not is_behind:
                return self._refused(name, layer, Unsupported(error.reason, error.advice), sources)
        except Refusal as error:
            if not is_behind:
                self.wrong.append(str(error))
        # Behind a layer that a spec has no words for, shapes are guesses.
        unread = Unread(unsupported.shape_behind(layer, shapes[0]))
        asked = [part for part in activated(given) if isinstance(part.operation, Unsupported)]
        return self._chain(name, [given.part(unread), *asked], sources)

    def _refused(self, name: str, layer: Layer, why: Unsupported, sources: Sequence[str]) -> str:
        before = self.nodes[sources[0]].shape if sources else ()
        items = unsupported.shape_behind(layer, before)
        return self._add(name, layer.kind, replace(why, items=items), sources)

    def _chain(self, name: str, parts: Sequence[Part], sources: Sequence[str]) -> str:
        reads = list(sources)
        for part in parts:
            reads = [
                self._add(
                    f"{name}/{part.suffix}" if part.suffix else name,
                    part.kind,
                    part.operation,
                    reads,
                )
            ]
        return reads[0]

    def _input(self, name: str, kind: str, shape: tuple[int | None, ...] | None) -> None:
        if shape is None:
            raise Refusal(
                f"{self.file} doesn't say what shape its items have: call model.build((None, 16)), "
                "with the shape of an item in the place of 16, and save it again"
            )
        known = tuple(size for size in shape if size is not None)
        # Any length will do to look at the layers behind.
        sizes = tuple(_SOME if size is None else size for size in shape)
        if len(known) < len(shape):
            operation: Operation = replace(unsupported.of_any_length(shape), items=sizes)
        elif not known or min(known) < 1 or math.prod(known) > MOST_VALUES:
            raise Refusal(f"{self.file} reads items of shape {shape}: no network reads those")
        elif self.inputs:
            operation = replace(unsupported.another_input(), items=known)
        else:
            operation = Input(known)
        self.inputs.append(self._add(name, kind, operation, []))

    def _add(self, name: str, kind: str, operation: Operation, sources: Sequence[str]) -> str:
        unique = free_name(name, self.nodes)
        shapes = [self.nodes[source].shape for source in sources]
        if isinstance(operation, Unsupported) or self.behind.intersection(sources):
            self.behind.add(unique)
        shape: Shape = operation.shape(*shapes)
        self.nodes[unique] = Node(unique, kind, operation, tuple(sources), shape)
        return unique


def _is_ready(layer: Layer, known: Mapping[str, object]) -> bool:
    sources = layer.uses[0].sources if layer.uses else ()
    return bool(sources) and all(source.layer in known for source in sources)


def _value(source: Source, values: Mapping[str, Sequence[str]]) -> str:
    """Return the node of a value. A layer with several values is an unsupported node, which stands for all of them."""
    found = values[source.layer]
    return found[source.value] if 0 <= source.value < len(found) else found[0]
