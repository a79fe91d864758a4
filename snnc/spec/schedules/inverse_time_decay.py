"""The schedule inverse_time_decay."""

from typing import ClassVar, Literal

from pydantic import Field

from snnc.spec.base import Positive
from snnc.spec.schedules.base import Rate, ScheduleKind, Staircase, Steps


class Schedule(ScheduleKind):
    """initial_learning_rate / (1 + decay_rate * step / decay_steps), tf.optimizers.schedules.InverseTimeDecay."""

    keras: ClassVar[str] = "InverseTimeDecay"
    kind: Literal["inverse_time_decay"]
    initial_learning_rate: Rate
    decay_steps: Steps
    decay_rate: Positive = Field(description="How fast it decays, without unit.")
    staircase: Staircase = False
