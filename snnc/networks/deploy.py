"""Deploy: from the network that is trained to the one that runs, by what its Keras layers compute."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from snnc.networks.build import keras_layer
from snnc.networks.folding import Array, Map, Weights, folded
from snnc.operators.linear import Operator, Shape, walk
from snnc.program.network import Network


def deploy(network: Network, weights: Weights) -> Network:
    """Fold each connection's operators into a transform, and give each population its gain and bias.

    Every population's input current and the logits equal the trained ones up to rounding. A transform that differs from
    its Keras layers is refused.
    """
    return folded(network, weights, keras_chain)


def keras_chain(operators: Sequence[Operator], weights: Weights, before: Shape) -> Map:
    """Return a function that sends values through the operators' Keras layers, as they are when nothing is trained."""
    layers = []
    for operator, shape in walk(operators, before):
        layer = keras_layer(operator.keras())
        layer.build((None, *operator.takes(shape)))
        layer.set_weights(weights.get(operator.name, ()))
        layers.append((layer, operator.takes(shape)))

    def through(x: Array) -> Array:
        for layer, shape in layers:
            x = layer(tf.reshape(x, (-1, *shape)))
        return np.asarray(x).reshape(len(x), -1)

    return through
