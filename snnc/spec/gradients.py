"""Gradients: the rates that training differentiates in place of spikes, which have no slope."""

from typing import Annotated, Literal

from pydantic import Field

from snnc.spec.base import Bare, Model
from snnc.spec.kinds import ByKind

#: Recipes that train LIF networks well soften the threshold by 0.01 to 0.02.
SIGMA = 0.02


class Rate(Model):
    """The neurons' own firing rates."""

    kind: Literal["rate"]


class Smooth(Model):
    """LIF rates with a softened threshold: LIF's own slope is infinite there. For lif, lif_rate and soft_lif."""

    kind: Literal["smooth"]
    sigma: float = Field(SIGMA, gt=0, description="How soft the threshold is, without unit.")


class Loihi(Model):
    """Rates rounded as on the chip, with a smooth slope. For layers on the chip, and the loihi kinds."""

    kind: Literal["loihi"]
    sigma: float = Field(
        SIGMA,
        gt=0,
        description="How soft the threshold is in the slope of LIF neurons, without unit.",
    )


Gradient = Annotated[Rate | Smooth | Loihi, ByKind(), Bare]

GradientName = Literal["rate", "smooth", "loihi"]


def default(kind: GradientName) -> Rate | Smooth | Loihi:
    """Return the gradient that a bare name stands for."""
    if kind == "rate":
        return Rate.model_construct(kind=kind)
    if kind == "smooth":
        return Smooth.model_construct(kind=kind)
    return Loihi.model_construct(kind=kind)
