"""Base class of the learning-rate schedules.

Steps are the optimiser's, one a batch: an epoch has (items trained on) // batch_size of them.
"""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from snnc.operators.call import Call, Real
from snnc.spec.base import Count, Model, Positive

Rate = Annotated[Positive, Field(description="Learning rate of the first step, without unit.")]
Steps = Annotated[Count, Field(description="Over how many steps it decays.")]
Staircase = Annotated[
    bool, Field(description="Whether it only changes after every whole decay_steps.")
]


class ScheduleKind(Model):
    """Base class of all schedules."""

    keras: ClassVar[str]

    kind: str

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that aren't the default: the same whether a spec writes defaults or not."""
        values = self.model_dump(exclude_defaults=True, exclude={"kind"})
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    @property
    def argument(self) -> Call | float:
        """What the optimiser gets as its learning rate: the schedule's constructor, with its settings."""
        settings = {key: _real(value) for key, value in self.settings.items()}
        return Call(f"tf.optimizers.schedules.{self.keras}", kwargs=settings)

    def callback(self, validates: bool) -> Call | None:
        """Return Keras' callback that changes the learning rate between epochs, if one does."""
        return None

    def described(self, validates: bool) -> dict[str, Any]:
        """Return what tells the schedule from others, in a training that does or doesn't validate."""
        return {"kind": self.keras, **self.settings}


def _real(value: Any) -> Any:
    """Mark floats, so that 1.0 isn't written as 1: Keras would calculate with integers."""
    if isinstance(value, list):
        return list(map(_real, value))
    return Real(value) if isinstance(value, float) else value
