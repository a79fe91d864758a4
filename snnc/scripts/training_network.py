"""The network that NengoDL trains, as a script builds it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from snnc.operators.call import Call
from snnc.operators.linear import Operator, Shape, size, walk
from snnc.program.network import Branch, Network, Population
from snnc.program.program import Program
from snnc.scripts.code import Chain, Group, expression, identifier, layout, literal
from snnc.scripts.neurons import prefixes_of
from snnc.scripts.statements import INDENT, connection_code, output_node, source_name
from snnc.spec.base import OUTPUT

#: An operator, and the shape of what it gets.
Step = tuple[Operator, Shape]


class TrainingNetwork(NamedTuple):
    name: str
    #: How much NengoDL softens the slope of neurons that train with the chip's rates.
    lif_smoothing: bool
    size_in: str
    #: For each population, the statements that make it.
    populations: tuple[str, ...]
    on_loihi: bool
    output: str
    #: Whether training looks at firing rates.
    has_bands: bool
    has_dropout: bool
    keras_layers: tuple[str, ...]
    template: str = "train/network.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        keras = f"from tensorflow.keras.layers import {', '.join(self.keras_layers)}"
        return ("import nengo", "import nengo_dl", "import numpy as np", keras)


def training_network(program: Program) -> TrainingNetwork:
    network = program.network
    prefixes = prefixes_of(network)
    return TrainingNetwork(
        name=literal(network.name),
        lif_smoothing=network.lif_smoothing is not None,
        size_in=literal(network.input_size),
        populations=tuple(
            "\n".join(_population(network, p, prefixes[p.name])) for p in network.populations
        ),
        on_loihi=program.on_loihi,
        output="\n".join(_output(network)),
        has_bands=bool(network.bands),
        has_dropout=network.has_dropout,
        keras_layers=tuple(sorted({op.keras().name for op in network.operators if op.in_keras})),
    )


class Definition(NamedTuple):
    """The Keras layer of an operator that Keras doesn't have: its template bears the name of the operator's kind."""

    kind: str

    @property
    def template(self) -> str:
        return f"operators/{self.kind}.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import tensorflow as tf",)


def definitions(network: Network) -> tuple[Definition, ...]:
    """Return the definitions of the Keras layers that a network has of its own."""
    kinds = dict.fromkeys(op.kind for op in network.operators if not op.in_keras)
    return tuple(map(Definition, kinds))


def _population(network: Network, population: Population, prefix: str) -> Iterator[str]:
    """Yield the statements that make a population, whose neurons' constants begin with a prefix."""
    name = identifier(population.name)
    first, *others = network.branches(population.name)
    yield from _branch(network, first, "x")
    layer = Group("nengo_dl.Layer(", (f"{prefix}TRAINING_NEURONS",), ")")
    value = _end(first)
    arguments = (value, f"label={literal(name)}", f"**{prefix}TUNING")
    yield layout(Chain(layer, Group("(", arguments, ")")), f"{name} = ", indent=INDENT)
    for branch in others:
        yield from _branch(network, branch, "x")
        yield connection_code(_end(branch), name, "synapse=None")


def _output(network: Network) -> Iterator[str]:
    """Yield the statements that make the output: a node of its own where branches are summed."""
    first, *others = network.branches(OUTPUT)
    if not others:
        yield from _branch(network, first, "output")
        return
    yield output_node(network)
    for branch in (first, *others):
        yield from _branch(network, branch, "x")
        yield connection_code("x", "output", "synapse=None")


def _branch(network: Network, branch: Branch, last: str) -> Iterator[str]:
    """Yield the statements for what a branch passes; the output of the last one is called `last`."""
    first, *others = branch.connections
    steps = list(walk(first.operators, network.source_shape(first)))
    if not others:
        yield from _operators(steps, source_name(first), last)
        return
    behind = steps[len(first.own) :]
    node = Group("nengo.Node(", (f"size_in={literal(size(behind[0][1]))}",), ")")
    yield layout(node, "joined = ", indent=INDENT)
    for connection in branch.connections:
        own = list(walk(connection.own, network.source_shape(connection)))
        yield from _operators(own, source_name(connection), "x")
        yield connection_code("x", "joined", "synapse=None")
    yield from _operators(behind, "joined", last)


def _end(branch: Branch) -> str:
    """Return the variable that a branch ends in."""
    return "x" if branch.first.operators else source_name(branch.first)


def _operators(steps: Sequence[Step], value: str, last: str) -> Iterator[str]:
    """Yield a statement for each operator behind a value; the output of the last one is called `last`."""
    for number, (operator, shape) in enumerate(steps, 1):
        result = last if number == len(steps) else "x"
        yield layout(_layer(operator, value, shape), f"{result} = ", indent=INDENT)
        value = result


def _layer(operator: Operator, value: str, shape: tuple[int, ...]) -> Chain:
    call: Call = operator.keras()
    layer = Group("nengo_dl.Layer(", (expression(call),), ")")
    taken = operator.takes(shape)
    values = (value, f"shape_in={literal(taken)}") if len(taken) > 1 else (value,)
    return Chain(layer, Group("(", values, ")"))
