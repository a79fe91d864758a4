"""Batch normalisation of what a layer puts out."""

from typing import Literal

from snnc.operators.batch_norm import BatchNorm
from snnc.spec.layers.base import Builder, Flow, LayerKind
from snnc.spec.weights import Epsilon, Momentum


class Layer(LayerKind):
    """Normalises what it follows, batch by batch in training; when the network runs, the weights that follow hold it."""

    kind: Literal["batch_norm"]
    momentum: Momentum = 0.99
    epsilon: Epsilon = 0.001

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        (source,) = sources
        return source.then(BatchNorm(name, self.momentum, self.epsilon))
