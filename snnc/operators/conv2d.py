"""A convolution of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.operators.call import Call, unlike_defaults
from snnc.operators.kernel import Kernel
from snnc.operators.linear import Shape, Window, short, size


@dataclass(frozen=True)
class Conv2D(Kernel, Window):
    """Every output is a weighted sum of what stands in a window, with the same weights everywhere."""

    kind: ClassVar[str] = "conv2d"
    size_key: ClassVar[str] = "kernel_size"
    width_key: ClassVar[str | None] = "filters"
    zero_padded: ClassVar[bool] = True

    filters: int
    use_bias: bool

    def shape(self, before: Shape) -> Shape:
        return (*self.images(before), self.filters)

    def parameters(self, before: Shape) -> int:
        return (size(self.window) * before[-1] + self.use_bias) * self.filters

    @property
    def adds_bias(self) -> bool:
        return self.use_bias

    def keras(self) -> Call:
        settings = unlike_defaults(
            strides=(short(self.strides), 1),
            padding=(self.padding, "valid"),
            use_bias=(self.use_bias, True),
        )
        settings |= {**self.regularizer, "name": self.name}
        return Call("Conv2D", (self.filters, short(self.window)), settings)
