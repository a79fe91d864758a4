"""From the network that is trained to the one that runs.

Every chain of operators between two populations becomes one linear map: the chain's linear part. What the chain makes of
zeros is a bias of every neuron it leads to, added inside the gain. Dropout vanishes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from snnc.networks.build import build, keras_layer
from snnc.operators import transforms
from snnc.operators.linear import Conv2D, Dense, Shape, size, walk
from snnc.program.network import Connection, GainBias, Network, Population
from snnc.spec.base import OUTPUT

Array = NDArray[Any]
#: By the name of an operator: its weights in the order in which Keras has them.
Weights = Mapping[str, Sequence[Array]]

#: How many single inputs go through a chain at once.
AT_ONCE = 256


def deploy(network: Network, weights: Weights) -> Network:
    """Return the network that runs: one folded operator on every connection, gain and bias at every population.

    Every population's input current and the logits equal the trained ones up to rounding.
    """
    connections = []
    biases: dict[str, Any] = {}
    for connection in network.connections:
        form = network.form(connection)
        arrays, bias = _folded(connection, form, weights, network.source_shape(connection))
        connections.append(
            replace(connection, operators=(transforms.Transform(connection.target, form, arrays),))
        )
        biases[connection.target] = biases.get(connection.target, 0) + bias
    return replace(
        network,
        populations=tuple(_tuned(p, biases[p.name]) for p in network.populations),
        connections=tuple(connections),
        output=replace(network.output, bias=biases[OUTPUT] if network.has_bias(OUTPUT) else None),
    )


def _folded(
    connection: Connection, form: transforms.Form, weights: Weights, before: Shape
) -> tuple[dict[str, Array], Any]:
    """Return the arrays of a connection's form, and its bias: one value a neuron or a channel, or 0 for none."""
    at_run_time = connection.at_run_time
    if isinstance(form, transforms.NoTransform):
        return {}, 0
    if len(at_run_time) == 1 and isinstance(at_run_time[0], Dense | Conv2D):
        kernel, *bias = weights[at_run_time[0].name]
        return {"weights": kernel.T if isinstance(form, transforms.Dense) else kernel}, bias[
            0
        ] if bias else 0
    through = _chain(connection, weights, before)
    # Keras itself says what zeros and single inputs become.
    bias = through(np.zeros((1, size(before)), np.float32))[0]
    if isinstance(form, transforms.Convolution):
        responses = _responses(through, np.array(form.inputs), size(before))
        images = (np.concatenate(list(responses)) - bias).reshape(-1, *form.output_shape)
        row, column = form.place
        return {"weights": images[:, row, column].reshape(form.shape)}, bias
    responses = _responses(through, np.arange(size(before)), size(before))
    if isinstance(form, transforms.Dense):
        return {"weights": (np.concatenate(list(responses)) - bias).T}, bias
    return _scattered(responses, bias), bias


def _chain(connection: Connection, weights: Weights, before: Shape) -> Callable[[Array], Array]:
    """Return what a connection does to values, (n, size before), when the network runs: (n, size after)."""
    layers = []
    for operator, shape in walk(connection.at_run_time, before):
        layer = keras_layer(operator.keras())
        layer.build((None, *operator.takes(shape)))
        layer.set_weights(weights.get(operator.name, ()))
        layers.append((layer, operator.takes(shape)))

    def through(x: Array) -> Array:
        for layer, shape in layers:
            x = layer(tf.reshape(x, (-1, *shape)))
        return np.asarray(x).reshape(len(x), -1)

    return through


def _responses(through: Callable[[Array], Array], inputs: Array, size_in: int) -> Iterator[Array]:
    """Yield what becomes of single inputs that are 1, some at once: (n, size after)."""
    for start in range(0, len(inputs), AT_ONCE):
        some = inputs[start : start + AT_ONCE]
        x = np.zeros((len(some), size_in), np.float32)
        x[np.arange(len(some)), some] = 1
        yield through(x)


def _scattered(responses: Iterator[Array], bias: Array) -> dict[str, Array]:
    """Return the weights that aren't zero, and the row and the column of each."""
    rows, columns, weights = [], [], []
    first = 0
    for some in responses:
        found = some - bias
        column, row = found.nonzero()
        rows.append(row)
        columns.append(first + column)
        weights.append(found[column, row])
        first += len(found)
    row, column, values = (np.concatenate(parts) for parts in (rows, columns, weights))
    return {"weights": values, "row": row, "column": column}


def _tuned(population: Population, bias: Any) -> Population:
    """Return a population with gain and bias: Nengo's own for its rates, the trained bias inside the gain."""
    neurons = population.neurons
    neuron_type = build(neurons.trained(population.gradient))
    gain, base = neuron_type.gain_bias(np.array([neurons.max_rate]), np.array([neurons.intercept]))
    # A bias a channel is that of all neurons of the channel, which is the last dimension.
    biases = np.resize(base + gain * bias, population.size)
    return replace(population, tuning=GainBias(gain=np.full(population.size, gain), bias=biases))
