"""The optimiser sgd."""

from typing import ClassVar, Literal

from pydantic import Field

from snnc.spec.optimizers.base import LEARNING_RATE, Decay, OptimizerKind
from snnc.spec.schedules import LearningRate


class Optimizer(OptimizerKind):
    """Stochastic gradient descent, tf.optimizers.SGD."""

    keras: ClassVar[str] = "SGD"
    kind: Literal["sgd"]
    learning_rate: LearningRate = Field(0.01, description=LEARNING_RATE)
    momentum: Decay = Field(0.0, description="Momentum, a factor per step.")
    nesterov: bool = Field(False, description="Whether the momentum is Nesterov's.")
