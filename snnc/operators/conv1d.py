"""A convolution of series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.operators.call import Call, unlike_defaults
from snnc.operators.conv2d import Conv2D
from snnc.operators.kernel import Kernel
from snnc.operators.linear import Shape
from snnc.operators.series import SeriesWindow


@dataclass(frozen=True)
class Conv1D(Kernel, SeriesWindow):
    """Every output is a weighted sum of what stands in a window, with the same weights everywhere."""

    kind: ClassVar[str] = "conv1d"
    size_key: ClassVar[str] = "kernel_size"
    width_key: ClassVar[str | None] = "filters"

    filters: int
    use_bias: bool

    @property
    def receptive_field(self) -> Conv2D:
        size, strides = (self.window, 1), (self.strides, 1)
        return Conv2D(self.name, size, strides, self.padding, self.filters, self.use_bias)

    def parameters(self, before: Shape) -> int:
        return (self.window * before[-1] + self.use_bias) * self.filters

    @property
    def adds_bias(self) -> bool:
        return self.use_bias

    def keras(self) -> Call:
        settings = unlike_defaults(
            strides=(self.strides, 1),
            padding=(self.padding, "valid"),
            use_bias=(self.use_bias, True),
        )
        settings |= {**self.regularizer, "name": self.name}
        return Call("Conv1D", (self.filters, self.window), settings)
