"""The schedule piecewise_constant_decay."""

from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from snnc.diagnostics.codes import SCHEDULE
from snnc.spec.base import Count, Positive
from snnc.spec.schedules.base import ScheduleKind


class Schedule(ScheduleKind):
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
                SCHEDULE, "boundaries are in order, and differ", {"key": "boundaries"}
            )
        wanted, n_values = len(self.boundaries) + 1, len(self.values)
        if n_values != wanted:
            raise PydanticCustomError(
                SCHEDULE,
                "there are {n_values} values: with {boundaries} boundaries it takes {wanted}",
                {
                    "key": "values",
                    "n_values": n_values,
                    "boundaries": wanted - 1,
                    "wanted": wanted,
                },
            )
        return self
