"""The optimiser adamax."""

from typing import ClassVar, Literal

from pydantic import Field

from snnc.spec.base import Positive
from snnc.spec.optimizers.base import Decay, OptimizerKind


class Optimizer(OptimizerKind):
    """Adam with the largest gradient in place of the second moment, tf.optimizers.Adamax."""

    keras: ClassVar[str] = "Adamax"
    kind: Literal["adamax"]
    beta_1: Decay = Field(0.9, description="Decay of the first moment, a factor per step.")
    beta_2: Decay = Field(0.999, description="Decay of the largest gradient, a factor per step.")
    epsilon: Positive = Field(1e-7, description="Keeps the division from failing, without unit.")
