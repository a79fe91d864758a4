"""A layer of neurons that look at one channel of an image each."""

from typing import Literal

from pydantic import Field

from snnc.operators.depthwise_conv2d import DepthwiseConv2D
from snnc.spec.base import Count, Size1D, Size2D
from snnc.spec.layers.base import Builder, Flow, WeightedLayer


class Layer(WeightedLayer):
    """Neurons that look at a part of one channel of an image, with the same weights everywhere in the channel.

    A separable convolution is such a layer with `neurons = "none"`, and a conv2d of `kernel_size = 1` behind it.
    """

    kind: Literal["depthwise_conv2d"]
    kernel_size: Size2D = Field(
        description="Height and width of what a neuron looks at; one number for both."
    )
    strides: Size1D = Field(
        1, description="How far apart neighbours look, down and across alike, as in Keras."
    )
    padding: Literal["valid", "same"] = Field(
        "valid",
        description="Whether neurons look within the image only (valid), or beyond its edges at zeros, so that with strides of 1 "
        "as much comes out as goes in (same).",
    )
    depth_multiplier: Count = Field(
        1, description="How many channels come out for each that goes in."
    )

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        convolution = DepthwiseConv2D(
            name,
            window=self.kernel_size,
            strides=(self.strides, self.strides),
            padding=self.padding,
            depth_multiplier=self.depth_multiplier,
            use_bias=self.use_bias,
            l1=self.l1,
            l2=self.l2,
        )
        return self.weighted(convolution, sources, network)
