"""A fully connected layer of neurons."""

from typing import Literal

from pydantic import Field

from snnc.operators.dense import Dense
from snnc.spec.base import Count
from snnc.spec.layers.base import Builder, Flow, NeuronLayer, normalised, summed


class Layer(NeuronLayer):
    """Fully connected neurons; what they read is flattened."""

    kind: Literal["dense"]
    units: Count = Field(description="How many neurons there are.")
    use_bias: bool = Field(
        True, description="Whether the neurons have a trained bias, as in Keras."
    )
    batch_norm: bool = Field(
        False,
        description="Whether what reaches the neurons is normalised batch by batch in training.",
    )

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        weighted = summed(Dense(name, self.units, use_bias=self.use_bias), sources)
        if self.batch_norm:
            weighted = normalised(name, weighted)
        return network.population(name, self, weighted)
