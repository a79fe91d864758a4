"""A convolution of images, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.operators.call import Call, unlike_defaults
from snnc.operators.kernel import Kernel
from snnc.operators.linear import Shape, Window, short, size


@dataclass(frozen=True)
class DepthwiseConv2D(Kernel, Window):
    """Every output is a weighted sum of what stands in a window of one channel, with the same weights everywhere."""

    kind: ClassVar[str] = "depthwise_conv2d"
    size_key: ClassVar[str] = "kernel_size"
    width_key: ClassVar[str | None] = "depth_multiplier"
    zero_padded: ClassVar[bool] = True
    own_channel: ClassVar[bool] = True
    penalty: ClassVar[str] = "depthwise_regularizer"

    depth_multiplier: int
    use_bias: bool

    def shape(self, before: Shape) -> Shape:
        return (*self.images(before), before[-1] * self.depth_multiplier)

    def leads_to(self, channels: range) -> range:
        return range(channels.start * self.depth_multiplier, channels.stop * self.depth_multiplier)

    def fan_in(self, before: Shape) -> int:
        return size(self.window)

    def parameters(self, before: Shape) -> int:
        return (size(self.window) + self.use_bias) * before[-1] * self.depth_multiplier

    @property
    def adds_bias(self) -> bool:
        return self.use_bias

    def keras(self) -> Call:
        settings = unlike_defaults(
            strides=(short(self.strides), 1),
            padding=(self.padding, "valid"),
            depth_multiplier=(self.depth_multiplier, 1),
            use_bias=(self.use_bias, True),
        )
        settings |= {**self.regularizer, "name": self.name}
        return Call("DepthwiseConv2D", (short(self.window),), settings)
