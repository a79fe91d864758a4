"""The schedule reduce_on_plateau."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from snnc.diagnostics.codes import SCHEDULE
from snnc.diagnostics.wording import number
from snnc.operators.call import Call
from snnc.spec.base import Count
from snnc.spec.schedules.base import Rate, ScheduleKind


class Schedule(ScheduleKind):
    """Lower by a factor after every few epochs that were no better, tf.keras.callbacks.ReduceLROnPlateau."""

    keras: ClassVar[str] = "ReduceLROnPlateau"
    kind: Literal["reduce_on_plateau"]
    initial_learning_rate: Rate
    monitor: Literal["val_loss", "val_accuracy", "loss", "accuracy"] | None = Field(
        None,
        description="What has to get better. Default: val_loss with train.validation_fraction, else loss.",
    )
    factor: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.1, description="What the learning rate is multiplied by, without unit."
    )
    patience: Count = Field(
        10, description="After how many epochs in a row that were no better it is lowered."
    )
    min_delta: Annotated[float, Field(ge=0)] = Field(
        0.0001, description="Only a gain that is larger than this counts."
    )
    cooldown: Annotated[int, Field(ge=0, le=10**9)] = Field(
        0, description="How many epochs aren't counted after it was lowered."
    )
    min_lr: Annotated[float, Field(ge=0)] = Field(
        0.0, description="The learning rate is never lowered below this."
    )

    @model_validator(mode="after")
    def _can_fall(self) -> Self:
        if self.min_lr >= self.initial_learning_rate:
            message = "min_lr is below initial_learning_rate, which is {rate}: else it never falls"
            rate = number(self.initial_learning_rate)
            raise PydanticCustomError(SCHEDULE, message, {"key": "min_lr", "rate": rate})
        return self

    @property
    def argument(self) -> float:
        return self.initial_learning_rate

    def callback(self, validates: bool) -> Call:
        written = self.described(validates)
        others = {k: v for k, v in written.items() if k not in ("kind", "initial_learning_rate")}
        return Call(f"tf.keras.callbacks.{self.keras}", kwargs=others)

    def described(self, validates: bool) -> dict[str, Any]:
        monitor = self.monitor or ("val_loss" if validates else "loss")
        changed = self.model_dump(exclude_defaults=True, exclude={"kind", "monitor"})
        return {"kind": self.keras, "monitor": monitor, **changed}
