"""A sketch's weights in the program of its spec, and the deployed network that they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from snnc.importing.chain import numpy_chain
from snnc.importing.operations import Array
from snnc.importing.sketch import Sketch
from snnc.networks.folding import folded
from snnc.operators.linear import Operator
from snnc.program.network import Network
from snnc.spec.base import OUTPUT

Start = dict[str, tuple[Array, ...]]


def deployed(network: Network, sketch: Sketch) -> tuple[Network, Start]:
    """Return the network that runs, and the weights of each operator as its Keras layer has them."""
    start = dict(_weights(network, sketch))
    return folded(network, start, numpy_chain), start


def _weights(network: Network, sketch: Sketch) -> Iterator[tuple[str, tuple[Array, ...]]]:
    for target in network.receivers:
        operators = [op for connection in network.into(target) for op in connection.operators]
        for operator in operators:
            if own := _own(operator, operators, target, sketch):
                yield operator.name, own


def _own(
    operator: Operator, operators: Sequence[Operator], target: str, sketch: Sketch
) -> tuple[Array, ...]:
    """Return the weights of an operator, one of those that lead to a target; none if it has none."""
    if operator.at[0] == OUTPUT:
        name, weights = OUTPUT, sketch.output.weights
    else:
        layer = sketch.layers[int(operator.at[1])]
        name, weights = layer.name, layer.weights
    if not weights:
        return ()
    # A layer's sources have weights of their own each, in order. Layers without neurons have one source.
    alike = dict.fromkeys(op.name for op in operators if op.at == operator.at)
    return weights[list(alike).index(operator.name) if name == target else 0]
