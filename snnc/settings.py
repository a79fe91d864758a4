"""The tables of a spec that a program carries along as they are."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from snnc.gradients import Gradient
from snnc.model import Count, Model, PositiveSeconds, Seconds, default_kind
from snnc.optimizers import Optimizer


class MeanOfLast(Model):
    """The mean of the output over the end of the presentation."""

    mean_of_last: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Which share of the presentation, from its end; at least one step."
    )


def _reading(value: object) -> str:
    return "mean" if isinstance(value, dict | MeanOfLast) else "last"


Reading = Annotated[
    Annotated[Literal["last"], Tag("last")] | Annotated[MeanOfLast, Tag("mean")],
    Discriminator(_reading),
]


class Presentation(Model):
    """How items are shown to a network that runs over time."""

    time: PositiveSeconds = Field(
        0.1, description="How long a stream shows an item, in seconds; a multiple of dt."
    )
    read: Reading = Field(
        "last",
        description="What the answer is read from: the last step, or { mean_of_last = share }.",
    )
    gap: Seconds = Field(
        0.0,
        description="How long a stream shows zeros after an item, in seconds; a multiple of dt.",
    )
    steps: Count | None = Field(
        None, description="How many steps fresh evaluation shows an item. Default: time / dt."
    )


class Train(Model):
    """How the network is trained."""

    gradient: Gradient | None = Field(
        None,
        description="What is differentiated. Default, per layer: smooth for lif, lif_rate and soft_lif, rate for relu and "
        "spiking_relu, loihi for the loihi kinds.",
    )
    optimizer: Annotated[Optimizer, default_kind("adam")] = Field(
        "adam", validate_default=True, description="Keras' optimiser."
    )
    epochs: int = Field(10, ge=1, le=999, description="How often each item is trained on.")
    batch_size: Count = Field(
        200, description="How many items a step of training, or of evaluation, takes."
    )


class LoihiSettings(Model):
    """How the chip is used."""

    target: Literal["sim", "loihi"] = Field(
        "sim",
        description="Where the Loihi script runs by default: sim, NengoLoihi's emulator, or loihi, the chip.",
    )
