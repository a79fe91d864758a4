"""What learning rates that change while training have in common.

Steps are the optimiser's: a batch is one, so that an epoch has (items trained on) // batch_size of them.
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
    """What all schedules have in common."""

    keras: ClassVar[str]

    kind: str

    @property
    def written(self) -> dict[str, Any]:
        """The arguments that were written."""
        fields = [key for key in type(self).model_fields if key in self.model_fields_set]
        values = {key: getattr(self, key) for key in fields if key != "kind"}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    def call(self) -> Call:
        """Return the schedule, with the arguments that were written."""
        written = {key: _real(value) for key, value in self.written.items()}
        return Call(f"tf.optimizers.schedules.{self.keras}", kwargs=written)


def _real(value: Any) -> Any:
    """Return fractional numbers so that they stay that: of a 1 Keras would make an integer, and calculate with integers."""
    if isinstance(value, list):
        return list(map(_real, value))
    return Real(value) if isinstance(value, float) else value
