"""The optimiser rmsprop."""

from typing import ClassVar, Literal

from pydantic import Field

from snnc.spec.base import Positive
from snnc.spec.optimizers.base import Decay, OptimizerKind


class Optimizer(OptimizerKind):
    """RMSprop, tf.optimizers.RMSprop."""

    keras: ClassVar[str] = "RMSprop"
    kind: Literal["rmsprop"]
    rho: Decay = Field(0.9, description="Decay of the squared gradients' mean, a factor per step.")
    momentum: Decay = Field(0.0, description="Momentum, a factor per step.")
    epsilon: Positive = Field(1e-7, description="Keeps the division from failing, without unit.")
    centered: bool = Field(False, description="Whether to divide by the gradients' variance.")
