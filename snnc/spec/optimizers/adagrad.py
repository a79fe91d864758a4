"""The optimiser adagrad."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnc.spec.base import Positive
from snnc.spec.optimizers.base import OptimizerKind


class Optimizer(OptimizerKind):
    """Learning rates that shrink with the gradients so far, tf.optimizers.Adagrad."""

    keras: ClassVar[str] = "Adagrad"
    kind: Literal["adagrad"]
    initial_accumulator_value: Annotated[float, Field(ge=0)] = Field(
        0.1, description="What the squared gradients' sum starts from, without unit."
    )
    epsilon: Positive = Field(1e-7, description="Keeps the division from failing, without unit.")
