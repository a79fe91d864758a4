"""From the network that is trained to the one that runs.

Every chain of operators between two populations becomes one matrix: the chain's linear part. What the chain makes of
zeros is a bias of every neuron it leads to, added inside the gain. Dropout vanishes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.backends.network import build, keras_layer
from snnc.ir import OUTPUT, Connection, Dense, Matrix, Population, Program, Tuning, size

Array = NDArray[Any]
#: By the name of an operator: its weights in the order in which Keras has them.
Weights = Mapping[str, Sequence[Array]]


def deploy(program: Program, weights: Weights) -> Program:
    """Return the program that runs: a Matrix on every connection, gain and bias at every population.

    Every population's input current and the logits equal the trained ones up to rounding.
    """
    connections = []
    biases: dict[str, Any] = {}
    for connection in program.connections:
        matrix, bias = _folded(connection, weights, size(program.source_shape(connection)))
        name = connection.operators[-1].name
        connections.append(replace(connection, operators=(Matrix(name, matrix),)))
        biases[connection.target] = biases.get(connection.target, 0) + bias
    return replace(
        program,
        populations=tuple(_tuned(p, biases[p.name]) for p in program.populations),
        connections=tuple(connections),
        output=replace(program.output, bias=biases[OUTPUT] if program.has_bias(OUTPUT) else None),
    )


def _folded(connection: Connection, weights: Weights, size_in: int) -> tuple[Array, Any]:
    """Return a connection's weights, (size out, size in), and its bias: one value a neuron, or 0 for none."""
    lasting = connection.lasting
    if len(lasting) == 1 and isinstance(lasting[0], Dense):
        matrix, *bias = weights[lasting[0].name]
        return np.asarray(matrix.T), bias[0] if bias else 0
    # Keras itself says what zeros and every single input become.
    x = np.vstack([np.zeros(size_in), np.eye(size_in)]).astype(np.float32)
    for operator in lasting:
        layer = keras_layer(operator.keras())
        layer.build(x.shape)
        layer.set_weights(weights.get(operator.name, ()))
        x = layer(x)
    x = np.asarray(x)
    return (x[1:] - x[0]).T, x[0]


def _tuned(population: Population, bias: Any) -> Population:
    """Return a population with gain and bias: Nengo's own for its rates, the trained bias inside the gain."""
    neurons = population.neurons
    neuron_type = build(neurons.trained(population.gradient))
    gain, base = neuron_type.gain_bias(np.array([neurons.max_rate]), np.array([neurons.intercept]))
    tuning = Tuning(
        gain=np.full(population.size, gain), bias=np.full(population.size, base + gain * bias)
    )
    return replace(population, tuning=tuning)
