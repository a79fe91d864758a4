"""Values as the brightness and the darkness of a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.operators.call import Call
from snnc.operators.linear import Operator, Shape


@dataclass(frozen=True)
class OnOff(Operator):
    """Every value, then the negative of every value, channel by channel: one of both is positive."""

    kind: ClassVar[str] = "on_off"
    in_keras: ClassVar[bool] = False
    on_images: ClassVar[bool] = True
    pointwise: ClassVar[bool] = True

    def shape(self, before: Shape) -> Shape:
        return (*before[:-1], 2 * before[-1])

    @property
    def adds_bias(self) -> bool:
        return False

    def keras(self) -> Call:
        return Call("OnOff", (), {"name": self.name})
