"""Channels among those of other values, with which they are concatenated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from snnc.operators.call import Call
from snnc.operators.linear import Operator, Shape


@dataclass(frozen=True)
class Place(Operator):
    """Values with channels of zeros before and behind theirs: the sum of all that are concatenated is their concatenation."""

    kind: ClassVar[str] = "concatenate"
    in_keras: ClassVar[bool] = False
    on_images: ClassVar[bool] = True
    keeps_signs: ClassVar[bool] = True
    pointwise: ClassVar[bool] = True
    own_channel: ClassVar[bool] = True

    before: int
    behind: int

    def shape(self, before: Shape) -> Shape:
        return (*before[:-1], self.before + before[-1] + self.behind)

    def leads_to(self, channels: range) -> range:
        return range(self.before + channels.start, self.before + channels.stop)

    @property
    def adds_bias(self) -> bool:
        return False

    def keras(self) -> Call:
        channels: tuple[Any, ...] = (self.before, self.behind)
        return Call("Place", channels, {"name": self.name})
