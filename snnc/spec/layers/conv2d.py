"""A convolutional layer of neurons."""

from typing import Literal

from pydantic import Field

from snnc.operators.conv2d import Conv2D
from snnc.spec.base import Count, Size2D
from snnc.spec.layers.base import Builder, Flow, WeightedLayer


class Layer(WeightedLayer):
    """Neurons that look at a part of an image, with the same weights everywhere."""

    kind: Literal["conv2d"]
    filters: Count = Field(description="How many channels come out.")
    kernel_size: Size2D = Field(
        description="Height and width of what a neuron looks at; one number for both."
    )
    strides: Size2D = Field(
        (1, 1), description="How far apart neighbours look, down and across; one number for both."
    )
    padding: Literal["valid", "same"] = Field(
        "valid",
        description="Whether neurons look within the image only (valid), or beyond its edges at zeros, so that with strides of 1 "
        "as much comes out as goes in (same).",
    )

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        convolution = Conv2D(
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
