"""A fully connected layer of neurons."""

from typing import Literal

from pydantic import Field

from snnc.operators.dense import Dense
from snnc.spec.base import Count
from snnc.spec.layers.base import Builder, Flow, NeuronLayer, normalised, summed
from snnc.spec.weights import L1, L2, BatchNorm


class Layer(NeuronLayer):
    """Fully connected neurons; what they read is flattened."""

    kind: Literal["dense"]
    units: Count = Field(description="How many neurons there are.")
    use_bias: bool = Field(
        True, description="Whether the neurons have a trained bias, as in Keras."
    )
    batch_norm: BatchNorm = False
    l1: L1 = 0.0
    l2: L2 = 0.0

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        weighted = summed(Dense(name, self.units, self.use_bias, l1=self.l1, l2=self.l2), sources)
        return network.population(name, self, normalised(name, weighted, self.batch_norm))
