"""Keras' optimisers, by Keras' names."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field

from snnc.call import Call
from snnc.model import Bare, Model
from snnc.schedules import LearningRate, ScheduleKind

_Decay = Annotated[float, Field(ge=0, lt=1)]
_Positive = Annotated[float, Field(gt=0)]
_LEARNING_RATE = "Learning rate, without unit: a number, or a schedule."


class OptimizerKind(Model):
    """What Keras gives every optimiser."""

    keras: ClassVar[str]

    kind: str
    learning_rate: LearningRate
    weight_decay: _Positive | None = Field(
        None, description="Decoupled weight decay, a factor per step."
    )
    clipnorm: _Positive | None = Field(None, description="Largest norm of each weight's gradient.")
    global_clipnorm: _Positive | None = Field(
        None, description="Largest norm of all gradients together."
    )
    clipvalue: _Positive | None = Field(None, description="Largest absolute value in a gradient.")

    @property
    def settings(self) -> dict[str, Any]:
        """The learning rate, and what else isn't as Keras has it by itself."""
        changed = self.model_dump(exclude_defaults=True, exclude={"kind", "learning_rate"})
        return {"learning_rate": self.learning_rate, **changed}

    def call(self) -> Call:
        rate = self.learning_rate
        given = rate.call() if isinstance(rate, ScheduleKind) else rate
        return Call(f"tf.optimizers.{self.keras}", kwargs={**self.settings, "learning_rate": given})


class _Adam(OptimizerKind):
    """What Adam and AdamW have in common."""

    learning_rate: LearningRate = Field(0.001, description=_LEARNING_RATE)
    beta_1: _Decay = Field(0.9, description="Decay of the first moment, a factor per step.")
    beta_2: _Decay = Field(0.999, description="Decay of the second moment, a factor per step.")
    epsilon: _Positive = Field(1e-7, description="Keeps the division from failing, without unit.")
    amsgrad: bool = Field(False, description="Whether to use the AMSGrad variant.")


class Adam(_Adam):
    """Adam, tf.optimizers.Adam."""

    keras: ClassVar[str] = "Adam"
    kind: Literal["adam"]


class AdamW(_Adam):
    """Adam with decoupled weight decay, tf.optimizers.AdamW."""

    keras: ClassVar[str] = "AdamW"
    kind: Literal["adamw"]
    weight_decay: _Positive | None = Field(
        0.004, description="Decoupled weight decay, a factor per step."
    )


class Adamax(OptimizerKind):
    """Adam with the largest gradient in place of the second moment, tf.optimizers.Adamax."""

    keras: ClassVar[str] = "Adamax"
    kind: Literal["adamax"]
    learning_rate: LearningRate = Field(0.001, description=_LEARNING_RATE)
    beta_1: _Decay = Field(0.9, description="Decay of the first moment, a factor per step.")
    beta_2: _Decay = Field(0.999, description="Decay of the largest gradient, a factor per step.")
    epsilon: _Positive = Field(1e-7, description="Keeps the division from failing, without unit.")


class Adagrad(OptimizerKind):
    """Learning rates that shrink with the gradients so far, tf.optimizers.Adagrad."""

    keras: ClassVar[str] = "Adagrad"
    kind: Literal["adagrad"]
    learning_rate: LearningRate = Field(0.001, description=_LEARNING_RATE)
    initial_accumulator_value: Annotated[float, Field(ge=0)] = Field(
        0.1, description="What the squared gradients' sum starts from, without unit."
    )
    epsilon: _Positive = Field(1e-7, description="Keeps the division from failing, without unit.")


class RMSprop(OptimizerKind):
    """RMSprop, tf.optimizers.RMSprop."""

    keras: ClassVar[str] = "RMSprop"
    kind: Literal["rmsprop"]
    learning_rate: LearningRate = Field(0.001, description=_LEARNING_RATE)
    rho: _Decay = Field(0.9, description="Decay of the squared gradients' mean, a factor per step.")
    momentum: _Decay = Field(0.0, description="Momentum, a factor per step.")
    epsilon: _Positive = Field(1e-7, description="Keeps the division from failing, without unit.")
    centered: bool = Field(False, description="Whether to divide by the gradients' variance.")


class SGD(OptimizerKind):
    """Stochastic gradient descent, tf.optimizers.SGD."""

    keras: ClassVar[str] = "SGD"
    kind: Literal["sgd"]
    learning_rate: LearningRate = Field(0.01, description=_LEARNING_RATE)
    momentum: _Decay = Field(0.0, description="Momentum, a factor per step.")
    nesterov: bool = Field(False, description="Whether the momentum is Nesterov's.")


class Adadelta(OptimizerKind):
    """Adadelta, tf.optimizers.Adadelta."""

    keras: ClassVar[str] = "Adadelta"
    kind: Literal["adadelta"]
    learning_rate: LearningRate = Field(
        0.001, description=f"{_LEARNING_RATE} The original paper has 1."
    )
    rho: _Decay = Field(0.95, description="Decay of the running means, a factor per step.")
    epsilon: _Positive = Field(1e-7, description="Keeps the division from failing, without unit.")


Optimizer = Annotated[
    Adam | AdamW | Adamax | RMSprop | SGD | Adagrad | Adadelta, Discriminator("kind"), Bare
]
