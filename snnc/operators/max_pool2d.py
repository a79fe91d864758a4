"""The largest value of each window of an image: no linear map, so that it stands in front of those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.operators.pool2d import Pool2D


@dataclass(frozen=True)
class MaxPool2D(Pool2D):
    """Every output is the largest value of a window, channel by channel."""

    kind: ClassVar[str] = "max_pool2d"
    linear: ClassVar[bool] = False
    layer: ClassVar[str] = "MaxPooling2D"
