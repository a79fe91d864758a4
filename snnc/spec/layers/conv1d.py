"""A layer of neurons that look along a series."""

from typing import Literal

from pydantic import Field

from snnc.operators.conv1d import Conv1D
from snnc.spec.base import Count, Size1D
from snnc.spec.layers.base import Builder, Flow, WeightedLayer


class Layer(WeightedLayer):
    """Neurons that look at a part of a series, with the same weights everywhere; a series is (length, channels)."""

    kind: Literal["conv1d"]
    filters: Count = Field(description="How many channels come out.")
    kernel_size: Size1D = Field(description="Length of what a neuron looks at.")
    strides: Size1D = Field(1, description="How far apart neighbours look.")
    padding: Literal["valid", "same"] = Field(
        "valid",
        description="Whether neurons look within the series only (valid), or beyond its ends at zeros, so that with strides of 1 "
        "as much comes out as goes in (same).",
    )

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        convolution = Conv1D(
            name,
            window=self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            filters=self.filters,
            use_bias=self.use_bias,
            l1=self.l1,
            l2=self.l2,
        )
        return self.weighted(convolution, sources, network)
