"""Batch normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.operators.call import Call, unlike_defaults
from snnc.operators.linear import Operator, Shape


@dataclass(frozen=True)
class BatchNorm(Operator):
    """Normalises each channel, or each value where there are no images; linear when the network runs."""

    kind: ClassVar[str] = "batch_norm"
    on_images: ClassVar[bool] = True
    pointwise: ClassVar[bool] = True
    own_channel: ClassVar[bool] = True

    momentum: float
    epsilon: float

    def parameters(self, before: Shape) -> int:
        return 2 * before[-1]

    def keras(self) -> Call:
        settings = unlike_defaults(momentum=(self.momentum, 0.99), epsilon=(self.epsilon, 0.001))
        return Call("BatchNormalization", (), {**settings, "name": self.name})
