"""Lower a graph to the layers of a spec, once it is rewritten as far as it goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from snnc.importing import operations as ops
from snnc.importing.graph import Graph, Node
from snnc.importing.names import spec_name
from snnc.importing.operations import Array
from snnc.importing.refusal import Offence, Unsayable
from snnc.importing.rewriting import Whole
from snnc.importing.rules.encoding import OnOff
from snnc.importing.rules.scales import at_input
from snnc.importing.rules.sums import is_weighted
from snnc.importing.sketch import Layer, Output, Sketch
from snnc.importing.weighted import EACH_PLACE, Table, together, without_neurons
from snnc.spec.base import INPUT

#: What a layer has for neurons that has none.
WITHOUT = "none"
REGRESSION = (
    "one value comes out: that is a regression, or the logit of two classes",
    "put a sigmoid behind it if it is the logit of the second of two classes, and save the model again",
)
NO_CLASSES = (
    "the output is no row of values, one a class",
    "end the model with a Dense layer, one unit a class",
)


def lowered(graph: Graph) -> tuple[Sketch | None, tuple[Offence, ...]]:
    """Return the spec of a graph, or all of its nodes that can't be said."""
    builder = _Builder(Whole(graph))
    offences = tuple(builder.build())
    return (None, offences) if offences else (builder.sketch(), ())


@dataclass
class _Builder:
    """Collects layers; `says` is by node what a layer that follows it names as its source."""

    whole: Whole
    layers: list[Layer] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)
    scale: ops.Scale | None = None
    others: dict[str, str] = field(default_factory=dict)

    def build(self) -> Iterator[Offence]:
        """Add a layer for every node that takes one; yield those that can't be said."""
        within = self._within_others()
        for node in self.whole.graph.nodes:
            try:
                if node.name not in within:
                    self._add(node)
            except Unsayable as unsayable:
                self.says[node.name] = INPUT  # what follows it has no fault of its own
                yield unsayable.offence
        wrong = self._wrong_output()
        if wrong:
            output = self.whole.graph.output
            yield Offence(output.name, output.kind, *wrong)

    def sketch(self) -> Sketch:
        graph = self.whole.graph
        parts = self._parts(graph.output)
        output = Output(
            graph.output.shape[0],
            tuple(self.says[part.inputs[0]] for part in parts),
            together(self._tables(parts)),
            _names(graph.output, parts),
        )
        layers = tuple(self.layers)
        return Sketch(
            graph.input.shape,
            layers,
            output,
            graph.channels_first,
            self.scale,
            others=self.others,
        )

    def _within_others(self) -> set[str]:
        """Return the nodes that stand in the layer of another: weights before neurons or the output, sums, and what encodes."""
        graph = self.whole.graph
        ends = [graph.output, *(self.whole.before(n) for n in graph.nodes if _is_neurons(n))]
        within = set()
        for end in ends:
            parts = self._parts(end)
            if isinstance(end.operation, ops.Add | OnOff):
                within.add(end.name)
            if end is graph.output or self._is_one_layer(parts):
                within.update(part.name for part in parts if is_weighted(part))
        return within

    def _wrong_output(self) -> tuple[str, str] | None:
        output = self.whole.graph.output
        are_rows = all(isinstance(part.operation, ops.Dense) for part in self._parts(output))
        if len(output.shape) != 1 or not are_rows:
            return NO_CLASSES
        return REGRESSION if output.shape[0] < 2 else None

    def _add(self, node: Node) -> None:
        """Say what a node puts out, with a layer of its own if it takes one."""
        match node.operation:
            case ops.Input():
                self.says[node.name] = INPUT
            case ops.Flatten(channels_first=False):
                self.says[node.name] = self._source(node)
                self.others[node.name] = "nothing: a dense layer takes its input flat"
            case ops.Scale() if at_input(self.whole, node):
                self.says[node.name] = INPUT
                self.scale = node.operation
                self.others[node.name] = "scale in [data]"
            case ops.Relu():
                self._neurons(node)
            case ops.Concatenate():
                sources = tuple(self.says[name] for name in node.inputs)
                self._layer(node, node.name, Table("concatenate"), sources, ())
            case ops.Scale() if isinstance(self.whole.before(node).operation, ops.Flatten):
                raise Unsayable(node, *EACH_PLACE)
            case _:
                table = without_neurons(node, self.whole.before(node).shape)
                if is_weighted(node):
                    table = table.having(neurons=WITHOUT)
                self._layer(node, node.name, table, (self._source(node),), (table.weights,))

    def _neurons(self, node: Node) -> None:
        before = self.whole.before(node)
        if self._encodes(node, before):
            return
        parts = self._parts(before)
        if self._is_one_layer(parts):
            tables = self._tables(parts)
            table, weights = tables[0], together(tables)
            if len(weights[0]) == 1:
                table = table.having(use_bias=False)
            sources = tuple(map(self._source, parts))
            called, taken = parts[0].name, (before, *parts)
        else:
            table, weights = Table("add"), ()
            sources = tuple(self.says[part.name] for part in parts)
            taken = (before,) if isinstance(before.operation, ops.Add) else ()
            called = taken[0].name if taken else node.name
        self._layer(node, called, table, sources, weights, taken)

    def _encodes(self, node: Node, before: Node) -> bool:
        """Add an encoder, if neurons have the values of items, each by itself."""
        both = isinstance(before.operation, OnOff)
        items = self.whole.before(before) if both else before
        if self.says.get(items.name) != INPUT:
            return False
        table = Table("encoder", {"mode": "on_off"} if both else {})
        self._layer(node, node.name, table, (INPUT,), ())
        return True

    def _source(self, node: Node) -> str:
        return self.says[node.inputs[0]]

    def _parts(self, node: Node) -> tuple[Node, ...]:
        """Return what is added, or the node itself if it is no sum."""
        return self.whole.inputs(node) if isinstance(node.operation, ops.Add) else (node,)

    def _is_one_layer(self, parts: Sequence[Node]) -> bool:
        """Whether weights that are added are those of one layer with several sources: their windows are alike."""
        if not all(map(is_weighted, parts)):
            return False
        try:
            return len(parts) == 1 or len({table.looks for table in self._tables(parts)}) == 1
        except Unsayable:
            return False  # its own layer says so

    def _tables(self, parts: Sequence[Node]) -> list[Table]:
        return [without_neurons(part, self.whole.before(part).shape) for part in parts]

    def _layer(
        self,
        node: Node,
        called: str,
        table: Table,
        sources: tuple[str, ...],
        weights: tuple[tuple[Array, ...], ...],
        parts: Sequence[Node] = (),
    ) -> None:
        name = spec_name(called, {layer.name for layer in self.layers}, table.kind)
        nodes = _names(node, parts)
        self.layers.append(Layer(name, table.kind, table.settings, sources, weights, nodes))
        self.says[node.name] = name


def _is_neurons(node: Node) -> bool:
    return isinstance(node.operation, ops.Relu)


def _names(node: Node, parts: Sequence[Node]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(part.name for part in parts), node.name]))
