"""A sketch's weights in the program of its spec, and the deployed network that they make."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.importing.chain import numpy_chain
from snnc.importing.operations import Array
from snnc.importing.sketch import Sketch
from snnc.networks.folding import folded
from snnc.program.network import Connection, Network
from snnc.spec.base import OUTPUT

Start = dict[str, tuple[Array, ...]]


def deployed(network: Network, sketch: Sketch) -> tuple[Network, Start]:
    """Return the network that runs, and the weights of each operator as its Keras layer has them."""
    start = dict(_weights(network, sketch))
    return folded(network, start, numpy_chain), start


def _weights(network: Network, sketch: Sketch) -> Iterator[tuple[str, tuple[Array, ...]]]:
    for target in network.receivers:
        for number, connection in enumerate(network.into(target)):
            yield from _of_connection(connection, number, sketch)


def _of_connection(
    connection: Connection, number: int, sketch: Sketch
) -> Iterator[tuple[str, tuple[Array, ...]]]:
    """Yield the weights of a connection's operators; it is the one of that number into its target."""
    for operator in connection.operators:
        if operator.at[0] == OUTPUT:
            yield operator.name, sketch.output.weights[number]
            continue
        layer = sketch.layers[int(operator.at[1])]
        # Layers without neurons have one source; their weights are the same for whoever reads them.
        own = number if layer.name == connection.target else 0
        if layer.weights:
            yield operator.name, layer.weights[own]
