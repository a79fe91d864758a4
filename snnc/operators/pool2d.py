"""What pools of images have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.operators.call import Call, unlike_defaults
from snnc.operators.linear import Window, short


@dataclass(frozen=True)
class Pool2D(Window):
    """Every output is one value for a window, channel by channel."""

    size_key: ClassVar[str] = "pool_size"
    keeps_signs: ClassVar[bool] = True
    #: The name of its Keras layer.
    layer: ClassVar[str]

    @property
    def adds_bias(self) -> bool:
        return False

    def keras(self) -> Call:
        size = short(self.window)
        settings = unlike_defaults(
            strides=(short(self.strides), size), padding=(self.padding, "valid")
        )
        return Call(self.layer, (size,), {**settings, "name": self.name})
