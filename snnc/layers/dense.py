"""A fully connected layer of neurons."""

from typing import Literal

from pydantic import Field

from snnc.ir import Dense
from snnc.layers.base import Builder, Flow, NeuronLayer
from snnc.model import Count


class Layer(NeuronLayer):
    """Fully connected neurons; what they read is flattened."""

    kind: Literal["dense"]
    units: Count = Field(description="How many neurons there are.")
    use_bias: bool = Field(
        True, description="Whether the neurons have a trained bias, as in Keras."
    )

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        first, *others = sources
        # One bias for the sum: the first source brings it.
        weighted = [first.then(Dense(name, self.units, use_bias=self.use_bias))]
        weighted += [source.then(Dense(name, self.units, use_bias=False)) for source in others]
        return network.population(name, self, weighted)
