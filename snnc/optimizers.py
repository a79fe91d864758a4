"""Keras' optimisers, by Keras' names."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field

from snnc.call import Call
from snnc.model import Bare, Model

_Decay = Annotated[float, Field(ge=0, lt=1)]
_Positive = Annotated[float, Field(gt=0)]


class OptimizerKind(Model):
    """What Keras gives every optimiser."""

    keras: ClassVar[str]

    kind: str
    learning_rate: _Positive
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
        changed = self.model_dump(exclude_defaults=True, exclude={"kind"})
        return {"learning_rate": self.learning_rate, **changed}

    def call(self) -> Call:
        return Call(f"tf.optimizers.{self.keras}", kwargs=self.settings)


class Adam(OptimizerKind):
    """Adam, tf.optimizers.Adam."""

    keras: ClassVar[str] = "Adam"
    kind: Literal["adam"]
    learning_rate: _Positive = Field(0.001, description="Learning rate, without unit.")
    beta_1: _Decay = Field(0.9, description="Decay of the first moment, a factor per step.")
    beta_2: _Decay = Field(0.999, description="Decay of the second moment, a factor per step.")
    epsilon: _Positive = Field(1e-7, description="Keeps the division from failing, without unit.")
    amsgrad: bool = Field(False, description="Whether to use the AMSGrad variant.")


class RMSprop(OptimizerKind):
    """RMSprop, tf.optimizers.RMSprop."""

    keras: ClassVar[str] = "RMSprop"
    kind: Literal["rmsprop"]
    learning_rate: _Positive = Field(0.001, description="Learning rate, without unit.")
    rho: _Decay = Field(0.9, description="Decay of the squared gradients' mean, a factor per step.")
    momentum: _Decay = Field(0.0, description="Momentum, a factor per step.")
    epsilon: _Positive = Field(1e-7, description="Keeps the division from failing, without unit.")
    centered: bool = Field(False, description="Whether to divide by the gradients' variance.")


class SGD(OptimizerKind):
    """Stochastic gradient descent, tf.optimizers.SGD."""

    keras: ClassVar[str] = "SGD"
    kind: Literal["sgd"]
    learning_rate: _Positive = Field(0.01, description="Learning rate, without unit.")
    momentum: _Decay = Field(0.0, description="Momentum, a factor per step.")
    nesterov: bool = Field(False, description="Whether the momentum is Nesterov's.")


class Adadelta(OptimizerKind):
    """Adadelta, tf.optimizers.Adadelta."""

    keras: ClassVar[str] = "Adadelta"
    kind: Literal["adadelta"]
    learning_rate: _Positive = Field(
        0.001, description="Learning rate, without unit; the original paper has 1."
    )
    rho: _Decay = Field(0.95, description="Decay of the running means, a factor per step.")
    epsilon: _Positive = Field(1e-7, description="Keeps the division from failing, without unit.")


Optimizer = Annotated[Adam | RMSprop | SGD | Adadelta, Discriminator("kind"), Bare]
