"""A matrix, and a bias of each output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.operators.call import Call, unlike_defaults
from snnc.operators.kernel import Kernel
from snnc.operators.linear import Shape, size


@dataclass(frozen=True)
class Dense(Kernel):
    """Every output is a weighted sum of all values."""

    kind: ClassVar[str] = "dense"
    width_key: ClassVar[str | None] = "units"
    fully_connected: ClassVar[bool] = True

    units: int
    use_bias: bool

    def shape(self, before: Shape) -> Shape:
        return (self.units,)

    def parameters(self, before: Shape) -> int:
        return (size(before) + self.use_bias) * self.units

    @property
    def adds_bias(self) -> bool:
        return self.use_bias

    def keras(self) -> Call:
        settings = unlike_defaults(use_bias=(self.use_bias, True))
        return Call("Dense", (self.units,), {**settings, **self.regularizer, "name": self.name})
