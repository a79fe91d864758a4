"""The largest value of each window of an image: no linear map, so that it stands in front of those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from snnc.operators.call import Call
from snnc.operators.linear import Window, short


@dataclass(frozen=True)
class MaxPool2D(Window):
    """Every output is the largest value of a window, channel by channel."""

    kind: ClassVar[str] = "max_pool2d"
    size_key: ClassVar[str] = "pool_size"
    linear: ClassVar[bool] = False
    keeps_signs: ClassVar[bool] = True

    @property
    def adds_bias(self) -> bool:
        return False

    def keras(self) -> Call:
        settings: dict[str, Any] = {}
        if self.strides != self.window:
            settings["strides"] = short(self.strides)
        if self.padding != "valid":
            settings["padding"] = self.padding
        return Call("MaxPooling2D", (short(self.window),), {**settings, "name": self.name})
