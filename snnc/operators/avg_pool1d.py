"""The mean of each window of a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.operators.avg_pool2d import AveragePool2D
from snnc.operators.call import Call, unlike_defaults
from snnc.operators.series import SeriesWindow


@dataclass(frozen=True)
class AveragePool1D(SeriesWindow):
    """Every output is the mean of a window, channel by channel."""

    kind: ClassVar[str] = "avg_pool1d"
    size_key: ClassVar[str] = "pool_size"
    keeps_signs: ClassVar[bool] = True
    own_channel: ClassVar[bool] = True

    @property
    def receptive_field(self) -> AveragePool2D:
        return AveragePool2D(self.name, (self.window, 1), (self.strides, 1), self.padding)

    @property
    def adds_bias(self) -> bool:
        return False

    def keras(self) -> Call:
        settings = unlike_defaults(
            strides=(self.strides, self.window), padding=(self.padding, "valid")
        )
        return Call("AveragePooling1D", (self.window,), {**settings, "name": self.name})
