"""The optimiser adadelta."""

from typing import ClassVar, Literal

from pydantic import Field

from snnc.spec.base import Positive
from snnc.spec.optimizers.base import LEARNING_RATE, Decay, OptimizerKind
from snnc.spec.schedules import LearningRate


class Optimizer(OptimizerKind):
    """Adadelta, tf.optimizers.Adadelta."""

    keras: ClassVar[str] = "Adadelta"
    kind: Literal["adadelta"]
    learning_rate: LearningRate = Field(
        0.001, description=f"{LEARNING_RATE} The original paper has 1."
    )
    rho: Decay = Field(0.95, description="Decay of the running means, a factor per step.")
    epsilon: Positive = Field(1e-7, description="Keeps the division from failing, without unit.")
