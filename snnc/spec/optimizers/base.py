"""Base classes of Keras' optimisers."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from snnc.operators.call import Call
from snnc.spec.base import Model, Positive
from snnc.spec.schedules import LearningRate
from snnc.spec.schedules.base import ScheduleKind

Decay = Annotated[float, Field(ge=0, lt=1)]
LEARNING_RATE = "Learning rate, without unit: a number, or a schedule."


class OptimizerKind(Model):
    """The settings that all optimisers of Keras have."""

    keras: ClassVar[str]

    kind: str
    learning_rate: LearningRate = Field(0.001, description=LEARNING_RATE)
    weight_decay: Positive | None = Field(
        None, description="Decoupled weight decay, a factor per step."
    )
    clipnorm: Positive | None = Field(None, description="Largest norm of each weight's gradient.")
    global_clipnorm: Positive | None = Field(
        None, description="Largest norm of all gradients together."
    )
    clipvalue: Positive | None = Field(None, description="Largest absolute value in a gradient.")

    @property
    def settings(self) -> dict[str, Any]:
        """The learning rate, and the settings that differ from Keras' defaults."""
        changed = self.model_dump(exclude_defaults=True, exclude={"kind", "learning_rate"})
        return {"learning_rate": self.learning_rate, **changed}

    def call(self) -> Call:
        rate = self.learning_rate
        value = rate.argument if isinstance(rate, ScheduleKind) else rate
        return Call(f"tf.optimizers.{self.keras}", kwargs={**self.settings, "learning_rate": value})


class AdamKind(OptimizerKind):
    """The settings of Adam and AdamW."""

    beta_1: Decay = Field(0.9, description="Decay of the first moment, a factor per step.")
    beta_2: Decay = Field(0.999, description="Decay of the second moment, a factor per step.")
    epsilon: Positive = Field(1e-7, description="Keeps the division from failing, without unit.")
    amsgrad: bool = Field(False, description="Whether to use the AMSGrad variant.")
