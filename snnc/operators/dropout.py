"""Dropout: in training, some values are zero at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.operators.call import Call
from snnc.operators.linear import Operator


@dataclass(frozen=True)
class Dropout(Operator):
    """In training, some values are zero at random and the others larger; else all pass."""

    kind: ClassVar[str] = "dropout"
    training_only: ClassVar[bool] = True
    drops_values: ClassVar[bool] = True

    rate: float

    def keras(self) -> Call:
        return Call("Dropout", (self.rate,), {"name": self.name})
