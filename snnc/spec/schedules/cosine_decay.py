"""The schedule cosine_decay."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnc.spec.schedules.base import Rate, ScheduleKind, Steps


class Schedule(ScheduleKind):
    """Along half a cosine down to alpha * initial_learning_rate, then constant, tf.optimizers.schedules.CosineDecay."""

    keras: ClassVar[str] = "CosineDecay"
    kind: Literal["cosine_decay"]
    initial_learning_rate: Rate
    decay_steps: Steps
    alpha: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="What is left in the end, a share of initial_learning_rate."
    )
