"""The schedule exponential_decay."""

from typing import ClassVar, Literal

from pydantic import Field

from snnc.spec.base import Positive
from snnc.spec.schedules.base import Rate, ScheduleKind, Staircase, Steps


class Schedule(ScheduleKind):
    """initial_learning_rate * decay_rate ** (step / decay_steps), tf.optimizers.schedules.ExponentialDecay."""

    keras: ClassVar[str] = "ExponentialDecay"
    kind: Literal["exponential_decay"]
    initial_learning_rate: Rate
    decay_steps: Steps
    decay_rate: Positive = Field(description="The factor over decay_steps, without unit.")
    staircase: Staircase = False
