"""The mean of each window of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from snnc.operators.call import Call
from snnc.operators.linear import Window, short


@dataclass(frozen=True)
class AveragePool2D(Window):
    """Every output is the mean of a window, channel by channel."""

    kind: ClassVar[str] = "avg_pool2d"
    size_key: ClassVar[str] = "pool_size"
    keeps_signs: ClassVar[bool] = True
    own_channel: ClassVar[bool] = True

    @property
    def adds_bias(self) -> bool:
        return False

    def keras(self) -> Call:
        settings: dict[str, Any] = {}
        if self.strides != self.window:
            settings["strides"] = short(self.strides)
        if self.padding != "valid":
            settings["padding"] = self.padding
        return Call("AveragePooling2D", (short(self.window),), {**settings, "name": self.name})
