"""The optimiser adamw."""

from typing import ClassVar, Literal

from pydantic import Field

from snnc.spec.base import Positive
from snnc.spec.optimizers.base import AdamKind


class Optimizer(AdamKind):
    """Adam with decoupled weight decay, tf.optimizers.AdamW."""

    keras: ClassVar[str] = "AdamW"
    kind: Literal["adamw"]
    weight_decay: Positive | None = Field(
        0.004, description="Decoupled weight decay, a factor per step."
    )
