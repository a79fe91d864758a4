"""Learning rates that change while training, by the names of `tf.keras.optimizers.schedules`.

Steps are the optimiser's: a batch is one, so that an epoch has (items trained on) // batch_size of them.
"""

from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from snnc.call import Call, Real
from snnc.model import Count, Model

Positive = Annotated[float, Field(gt=0)]
_Rate = Annotated[Positive, Field(description="Learning rate of the first step, without unit.")]
_Steps = Annotated[Count, Field(description="Over how many steps it decays.")]
_Staircase = Annotated[
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


class ExponentialDecay(ScheduleKind):
    """initial_learning_rate * decay_rate ** (step / decay_steps), tf.optimizers.schedules.ExponentialDecay."""

    keras: ClassVar[str] = "ExponentialDecay"
    kind: Literal["exponential_decay"]
    initial_learning_rate: _Rate
    decay_steps: _Steps
    decay_rate: Positive = Field(description="The factor over decay_steps, without unit.")
    staircase: _Staircase = False


class InverseTimeDecay(ScheduleKind):
    """initial_learning_rate / (1 + decay_rate * step / decay_steps), tf.optimizers.schedules.InverseTimeDecay."""

    keras: ClassVar[str] = "InverseTimeDecay"
    kind: Literal["inverse_time_decay"]
    initial_learning_rate: _Rate
    decay_steps: _Steps
    decay_rate: Positive = Field(description="How fast it decays, without unit.")
    staircase: _Staircase = False


class CosineDecay(ScheduleKind):
    """Along half a cosine down to alpha * initial_learning_rate, then constant, tf.optimizers.schedules.CosineDecay."""

    keras: ClassVar[str] = "CosineDecay"
    kind: Literal["cosine_decay"]
    initial_learning_rate: _Rate
    decay_steps: _Steps
    alpha: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="What is left in the end, a share of initial_learning_rate."
    )


class PolynomialDecay(ScheduleKind):
    """As a power of the steps that are left down to end_learning_rate, tf.optimizers.schedules.PolynomialDecay."""

    keras: ClassVar[str] = "PolynomialDecay"
    kind: Literal["polynomial_decay"]
    initial_learning_rate: _Rate
    decay_steps: _Steps
    end_learning_rate: Annotated[float, Field(ge=0)] = Field(
        0.0001, description="Learning rate after decay_steps, without unit."
    )
    power: Positive = Field(1.0, description="The power, without unit: 1 is linear.")
    cycle: bool = Field(
        False, description="Whether it starts over, ever slower, instead of staying at the end."
    )


class PiecewiseConstantDecay(ScheduleKind):
    """Constant between boundaries, tf.optimizers.schedules.PiecewiseConstantDecay."""

    keras: ClassVar[str] = "PiecewiseConstantDecay"
    kind: Literal["piecewise_constant_decay"]
    boundaries: Annotated[tuple[Count, ...], Field(min_length=1, strict=False)] = Field(
        description="The steps after which it changes, in order."
    )
    values: Annotated[tuple[Positive, ...], Field(strict=False)] = Field(
        description="The learning rates before, between and after the boundaries: one more than those."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if any(later <= earlier for earlier, later in pairwise(self.boundaries)):
            raise PydanticCustomError(
                "schedule", "boundaries are in order, and differ", {"key": "boundaries"}
            )
        wanted, found = len(self.boundaries) + 1, len(self.values)
        if found != wanted:
            raise PydanticCustomError(
                "schedule",
                "there are {found} values: with {boundaries} boundaries it takes {wanted}",
                {
                    "key": "values",
                    "found": found,
                    "boundaries": wanted - 1,
                    "wanted": wanted,
                },
            )
        return self


def _number_or_schedule(value: object) -> str:
    return "schedule" if isinstance(value, dict | ScheduleKind) else "number"


Schedule = Annotated[
    ExponentialDecay | CosineDecay | PiecewiseConstantDecay | PolynomialDecay | InverseTimeDecay,
    Discriminator("kind"),
]

LearningRate = Annotated[
    Annotated[Positive, Tag("number")] | Annotated[Schedule, Tag("schedule")],
    Discriminator(_number_or_schedule),
]
