"""What operators with a kernel of weights have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import pack, unpack
from typing import Any, ClassVar

from snnc.operators.call import Call
from snnc.operators.linear import Operator, Shape, size

#: The keys of what weights cost, as Keras' L1L2 has them.
COSTS = ("l1", "l2")


@dataclass(frozen=True)
class Kernel(Operator):
    """Its weights may cost something: l1 times the sum of their absolute values, and l2 times that of their squares."""

    has_kernel: ClassVar[bool] = True
    #: Keras' name for what its weights cost.
    penalty: ClassVar[str] = "kernel_regularizer"

    l1: float = field(default=0.0, kw_only=True)
    l2: float = field(default=0.0, kw_only=True)

    @property
    def is_penalised(self) -> bool:
        """Whether its weights add to the loss of training."""
        return bool(self.l1 or self.l2)

    @property
    def regularizer(self) -> dict[str, Call]:
        """The argument of its Keras layer that adds its weights to the loss, if they do."""
        costs = {key: cost for key, cost in zip(COSTS, (self.l1, self.l2), strict=True) if cost}
        call = Call("tf.keras.regularizers.L1L2", kwargs=costs)
        return {self.penalty: call} if costs else {}

    def fan_in(self, before: Shape) -> int:
        """Return how many weights each output has, of values of a shape."""
        window = self.receptive_field
        return size(window.window) * before[-1] if window else size(before)

    @property
    def settings(self) -> dict[str, Any]:
        settings = super().settings
        costs = {key: _in_32_bits(settings.pop(key)) for key in COSTS}
        return {**settings, **costs} if self.is_penalised else settings


def _in_32_bits(value: float) -> float:
    """Return a number as a script reads it off a Keras layer, which keeps it in 32 bits."""
    (single,) = unpack("f", pack("f", value))
    return float(f"{single:.7g}")
