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
    def written(self) -> dict[str, Any]:
        """The arguments that the spec sets."""
        fields = [key for key in type(self).model_fields if key in self.model_fields_set]
        values = {key: getattr(self, key) for key in fields if key != "kind"}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    @property
    def argument(self) -> Call | float:
        """What the optimiser gets as its learning rate: the schedule's constructor, with the arguments that the spec sets."""
        written = {key: _real(value) for key, value in self.written.items()}
        return Call(f"tf.optimizers.schedules.{self.keras}", kwargs=written)

    def callback(self, validates: bool) -> Call | None:
        """Return Keras' callback that changes the learning rate between epochs, if one does."""
        return None

    def described(self, validates: bool) -> dict[str, Any]:
        """Return what tells the schedule from others, in a training that does or doesn't validate."""
        return {"kind": self.keras, **self.written}


def _real(value: Any) -> Any:
    """Mark floats, so that 1.0 isn't written as 1: Keras would calculate with integers."""
    if isinstance(value, list):
        return list(map(_real, value))
    return Real(value) if isinstance(value, float) else value
