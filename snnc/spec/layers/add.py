"""A layer of neurons that adds up layers as they are."""

from typing import Literal

from snnc.operators.linear import ShapeError
from snnc.spec.base import INPUT
from snnc.spec.layers.base import Builder, Flow, NeuronLayer


class Layer(NeuronLayer):
    """Neurons driven by the sum of several layers of one shape, value by value; nothing is trained.

    What passes weights first comes from layers with `neurons = "none"`: so a residual block is as in Keras.
    """

    kind: Literal["add"]

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        first, *others = sources
        if not (others or first.operators or first.terms):
            instead = 'write kind = "encoder"' if first.source == INPUT else "leave the layer out"
            message = f"an add layer sums several layers, and '{first.via}' has neurons already"
            if first.source == INPUT:
                message = "an add layer sums several layers, not the input alone"
            raise ShapeError(message, "from", f"{instead}, or name several in from")
        return network.population(name, self, sources)
