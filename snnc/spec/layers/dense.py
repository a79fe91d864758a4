"""A fully connected layer of neurons."""

from typing import Literal

from pydantic import Field

from snnc.operators.dense import Dense
from snnc.spec.base import Count
from snnc.spec.layers.base import Builder, Flow, WeightedLayer


class Layer(WeightedLayer):
    """Fully connected neurons; what they read is flattened."""

    kind: Literal["dense"]
    units: Count = Field(description="How many neurons there are.")

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        matrix = Dense(name, self.units, self.use_bias, l1=self.l1, l2=self.l2)
        return self.weighted(matrix, sources, network)
