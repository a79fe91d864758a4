"""The optimiser adam."""

from typing import ClassVar, Literal

from snnc.spec.optimizers.base import AdamKind


class Optimizer(AdamKind):
    """Adam, tf.optimizers.Adam."""

    keras: ClassVar[str] = "Adam"
    kind: Literal["adam"]
