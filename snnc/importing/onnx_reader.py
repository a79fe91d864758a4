"""Read ONNX files as PyTorch exports them: the graph with channels last, every node in double precision, nothing run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from snnc.diagnostics.errors import Refusal
from snnc.importing import onnx_constants
from snnc.importing.graph import Graph, Node
from snnc.importing.onnx_attributes import attributes_of, constant
from snnc.importing.onnx_call import NodeCall
from snnc.importing.onnx_file import AGAIN, OWN_DOMAINS, Opened, open_onnx
from snnc.importing.onnx_input import ANY, items_of, order_of_axes
from snnc.importing.onnx_keras import refuse_keras
from snnc.importing.onnx_names import layer_names
from snnc.importing.onnx_operators import (
    READERS,
    is_product,
    keeps_shape,
    moves_items,
    rearranges,
    refusal,
    remembers,
)
from snnc.importing.onnx_values import MixesItems, Nodes, Traced, Unsayable, Value, channels_first
from snnc.importing.operations import Array, Input, Shape, Unread, Unsupported


def read_onnx(path: Path) -> Graph:
    """Return the graph of an ONNX file.

    All nodes that can't be said in a spec are in it, as Unsupported. Raises UsageError if the file can't be read or onnx
    isn't installed, Refusal if there is no network in it.
    """
    opened = open_onnx(path)
    refuse_keras(opened)
    reading = _Reading(opened, _needed(opened))
    first_channels = reading.read_inputs()
    for node, name in zip(reading.needed, layer_names(reading.needed, opened.arrays), strict=True):
        reading.read(node, name)
    nodes = reading.read_outputs()
    model = opened.model
    program = f"{model.producer_name} {model.producer_version}".strip()
    written_by = f"ONNX, written by {program or 'a program without a name'}"
    return Graph(written_by, nodes, first_channels)


def _needed(opened: Opened) -> list[Any]:
    """Return the nodes that outputs depend on, in order."""
    wanted = {output.name for output in opened.graph.output}
    nodes = []
    for node in reversed(opened.graph.node):
        if not wanted.isdisjoint(node.output):
            nodes.append(node)
            wanted.update(node.input)
    return nodes[::-1]


class _Reading:
    """What is known of a file so far: what its names stand for, and the nodes that were made of it."""

    def __init__(self, opened: Opened, needed: Sequence[Any]) -> None:
        self.path, self.arrays, self.onnx = opened.path, opened.arrays, opened.graph
        self.needed = needed
        self.values: dict[str, Value] = {**opened.arrays}
        self.nodes = Nodes()
        #: How many read each name.
        self.uses = Counter(name for node in needed for name in node.input)
        self.uses.update(output.name for output in self.onnx.output)
        #: What layers with weights give, by the names that they give it.
        self.weighted = {
            node.output[0] for node in needed if node.op_type in ("Conv", "Gemm", "MatMul")
        }
        self.items = ANY
        self.moves_items = any(moves_items(node, self.arrays) for node in needed)
        # Shapes as the exporter noted them, for what comes behind nodes that can't be said.
        self.noted = {value.name: value for value in (*self.onnx.value_info, *self.onnx.output)}

    def read_inputs(self) -> bool:
        """Add the input, and those that are too many. Returns whether channels come first."""
        inputs = [
            value
            for value in self.onnx.input
            if value.name not in self.arrays and self.uses[value.name]
        ]
        if not inputs:
            raise Refusal(f"{self.path}: its output depends on no input; {AGAIN}")
        first, *others = inputs
        self.items, shape = items_of(self.path, first)
        axes, first_channels = order_of_axes(shape, first.name, self.needed)
        own = Input(_in_node(shape, axes))
        self.values[first.name] = Traced(self.nodes.add(first.name, "Input", own, []), axes)
        for other in others:
            why = Unsupported(
                f"an input beside '{first.name}', and a spec has one",
                "put all values into one array, and train a network on it",
            )
            self.values[other.name] = Traced(self.nodes.add(other.name, "Input", why, []), None)
        return first_channels

    def read(self, node: Any, layer: str) -> None:
        """Say what the outputs of a node stand for."""
        for name in node.input:
            if name and name not in self.values:
                raise Refusal(
                    f"{self.path} is damaged: '{node.name or node.op_type}' reads '{name}', which nothing computes"
                )
        inputs = tuple(self.values[name] if name else None for name in node.input)
        traced = [value for value in inputs if isinstance(value, Traced)]
        try:
            value = self._value_or_damage(node, layer, inputs)
        except Unsayable as error:
            # Layers with a memory, and attention, are refused themselves; what prepares their items needn't be.
            if self.moves_items and (isinstance(error, MixesItems) or rearranges(node.op_type)):
                value = self._unread(node, layer, traced)
            else:
                value = self._unsaid(node, layer, error, traced)
        self.values.update(dict.fromkeys(filter(None, node.output), value))

    def read_outputs(self) -> tuple[Node, ...]:
        """Return the nodes that lead to the output. Refuses what is no answer to an item, and more outputs than one."""
        traced = [self.values.get(output.name) for output in self.onnx.output]
        outputs = [value for value in traced if isinstance(value, Traced)]
        if not outputs or len(outputs) < len(traced):
            raise Refusal(f"{self.path}: an output depends on no input; {AGAIN}")
        if len(outputs) > 1:
            names = ", ".join(output.name for output in self.onnx.output)
            why = Unsupported(
                f"{len(outputs)} outputs: {names}; a spec has one",
                "export a module that returns the logits alone",
            )
            return self.nodes.leading_to(self.nodes.add("outputs", "Output", why, outputs).name)
        nodes = self.nodes.leading_to(outputs[0].node.name)
        kinds = {type(node.operation) for node in nodes}
        if Unread in kinds and Unsupported not in kinds:
            raise Refusal(f"{self.path}: it mixes items; {AGAIN}, for one item")
        return nodes

    def _value_or_damage(self, node: Any, name: str, inputs: tuple[Value | None, ...]) -> Value:
        try:
            return self._value(node, name, inputs)
        # Exceptions that attributes raise which are missing, of another type, or out of all bounds.
        except (
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            ArithmeticError,
            MemoryError,
        ) as error:
            raise Unsayable(
                f"what it says of itself isn't what ONNX has for {node.op_type}",
                "the file is damaged: export the network again",
            ) from error

    def _value(self, node: Any, name: str, inputs: tuple[Value | None, ...]) -> Value:
        traced = [value for value in inputs if isinstance(value, Traced)]
        own, kind = node.domain in OWN_DOMAINS, node.op_type
        if own and kind == "Constant":
            return constant(self.path, node)
        attributes = attributes_of(self.path, node)
        if own and (not traced or kind == "Shape"):
            return self._computed(kind, inputs, attributes)
        if not own or kind not in READERS:
            raise Unsayable(*refusal(kind, "" if own else node.domain))
        if any(value.axes is None for value in traced) and not is_product(kind, len(traced)):
            return self._unread(node, name, traced)
        alone = self._reads_alone(node)
        return READERS[kind](
            NodeCall(name, kind, inputs, attributes, self.nodes, alone, self.items)
        )

    def _reads_alone(self, node: Any) -> bool:
        """Whether nothing else reads what a layer with weights gave to a node, also by another name."""
        if any(self.uses[other] for other in node.output[1:]):
            raise Unsayable("more of its outputs than the first are read", "use its values alone")
        name = next(name for name in node.input if isinstance(self.values.get(name), Traced))
        return self.uses[name] == 1 and name in self.weighted

    def _computed(
        self, kind: str, inputs: tuple[Value | None, ...], attributes: onnx_constants.Attributes
    ) -> Array:
        """Compute what shapes and constants alone decide."""
        known: list[Array | None] = []
        for value in inputs:
            if not isinstance(value, Traced):
                known.append(value)
            elif value.axes is None:
                raise Unsayable("it asks for a shape that isn't known", "see the layers before it")
            else:
                # Only its shape is asked for.
                known.append(onnx_constants.of_shape((self.items, *value.shape)))
        try:
            return onnx_constants.computed(kind, known, attributes)
        except onnx_constants.Unknown as error:
            raise Unsayable(
                str(error), "compute constants before the network is exported"
            ) from error

    def _unread(self, node: Any, name: str, traced: Sequence[Traced]) -> Traced:
        return Traced(self.nodes.add(name, node.op_type, Unread(()), traced), None)

    def _unsaid(self, node: Any, name: str, error: Unsayable, traced: Sequence[Traced]) -> Traced:
        """Add a node that can't be said, with the shape that it keeps, or that the exporter noted."""
        axes: Shape | None = None
        shape: Shape = ()
        if traced and traced[0].axes is not None and keeps_shape(node.op_type):
            axes, shape = traced[0].axes, traced[0].node.shape
        elif not remembers(node.op_type) and (noted := self._noted(node.output[0])):
            axes = channels_first(len(noted))
            shape = _in_node(noted, axes)
        operation = Unsupported(error.reason, error.advice, shape)
        return Traced(self.nodes.add(name, node.op_type, operation, traced), axes)

    def _noted(self, name: str) -> Shape:
        """Return the shape of an item that the exporter noted for a value; nothing if it didn't, or not all of it."""
        if name not in self.noted:
            return ()
        lengths = [axis.dim_value for axis in self.noted[name].type.tensor_type.shape.dim][1:]
        return tuple(lengths) if all(length > 0 for length in lengths) else ()


def _in_node(shape: Shape, axes: Shape) -> Shape:
    """Return the shape of a node from the one in ONNX."""
    return tuple(shape[axes.index(axis)] for axis in range(len(axes)))
