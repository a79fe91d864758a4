"""The optimiser adagrad."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnc.model import Positive
from snnc.optimizers.base import LEARNING_RATE, OptimizerKind
from snnc.schedules import LearningRate


class Optimizer(OptimizerKind):
    """Learning rates that shrink with the gradients so far, tf.optimizers.Adagrad."""

    keras: ClassVar[str] = "Adagrad"
    kind: Literal["adagrad"]
    learning_rate: LearningRate = Field(0.001, description=LEARNING_RATE)
    initial_accumulator_value: Annotated[float, Field(ge=0)] = Field(
        0.1, description="What the squared gradients' sum starts from, without unit."
    )
    epsilon: Positive = Field(1e-7, description="Keeps the division from failing, without unit.")
