"""The network that NengoDL trains, as a script builds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from snnc.operators.call import Call
from snnc.operators.linear import Operator, walk
from snnc.program.network import Connection, Network, Population
from snnc.program.program import Program
from snnc.scripts.code import Chain, Group, expression, identifier, layout, literal
from snnc.scripts.neurons import prefixes_of
from snnc.scripts.statements import INDENT, connection_code, output_node, source_name
from snnc.spec.base import OUTPUT


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
    first, *others = network.into(population.name)
    yield from _operators(network, first, "x")
    layer = Group("nengo_dl.Layer(", (f"{prefix}TRAINING_NEURONS",), ")")
    value = "x" if first.operators else source_name(first)
    arguments = (value, f"label={literal(name)}", f"**{prefix}TUNING")
    yield layout(Chain(layer, Group("(", arguments, ")")), f"{name} = ", indent=INDENT)
    for connection in others:
        yield from _operators(network, connection, "x")
        value = "x" if connection.operators else source_name(connection)
        yield connection_code(value, name, "synapse=None")


def _output(network: Network) -> Iterator[str]:
    """Yield the statements that make the output: a node of its own where branches are summed."""
    first, *others = network.into(OUTPUT)
    if not others:
        yield from _operators(network, first, "output")
        return
    yield output_node(network)
    for connection in (first, *others):
        yield from _operators(network, connection, "x")
        yield connection_code("x", "output", "synapse=None")


def _operators(network: Network, connection: Connection, last: str) -> Iterator[str]:
    """Yield a statement for each operator of a connection; the output of the last one is called `last`."""
    value = source_name(connection)
    for operator, shape in walk(connection.operators, network.source_shape(connection)):
        result = last if operator is connection.operators[-1] else "x"
        yield layout(_layer(operator, value, shape), f"{result} = ", indent=INDENT)
        value = result


def _layer(operator: Operator, value: str, shape: tuple[int, ...]) -> Chain:
    call: Call = operator.keras()
    layer = Group("nengo_dl.Layer(", (expression(call),), ")")
    taken = operator.takes(shape)
    values = (value, f"shape_in={literal(taken)}") if len(taken) > 1 else (value,)
    return Chain(layer, Group("(", values, ")"))
