"""The schedule polynomial_decay."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnc.spec.base import Positive
from snnc.spec.schedules.base import Rate, ScheduleKind, Steps


class Schedule(ScheduleKind):
    """As a power of the steps that are left down to end_learning_rate, tf.optimizers.schedules.PolynomialDecay."""

    keras: ClassVar[str] = "PolynomialDecay"
    kind: Literal["polynomial_decay"]
    initial_learning_rate: Rate
    decay_steps: Steps
    end_learning_rate: Annotated[float, Field(ge=0)] = Field(
        0.0001, description="Learning rate after decay_steps, without unit."
    )
    power: Positive = Field(1.0, description="The power, without unit: 1 is linear.")
    cycle: bool = Field(
        False, description="Whether it starts over, ever slower, instead of staying at the end."
    )
