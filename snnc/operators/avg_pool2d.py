"""The mean of each window of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.operators.pool2d import Pool2D


@dataclass(frozen=True)
class AveragePool2D(Pool2D):
    """Every output is the mean of a window, channel by channel."""

    kind: ClassVar[str] = "avg_pool2d"
    own_channel: ClassVar[bool] = True
    layer: ClassVar[str] = "AveragePooling2D"
