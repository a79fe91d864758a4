"""Settings of trained weights: what they add to the loss, and how what they put out is normalised."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from snnc.spec.base import Model

L1 = Annotated[
    float,
    Field(
        ge=0,
        description="What the loss gets for the sum of the weights' absolute values, as Keras' L1L2 has it; biases are free.",
    ),
]
L2 = Annotated[
    float,
    Field(
        ge=0,
        description="What the loss gets for the sum of the weights' squares, as Keras' L1L2 has it; biases are free.",
    ),
]

Momentum = Annotated[
    float,
    Field(ge=0, lt=1, description="How slowly the moving mean and variance follow the batches."),
]
Epsilon = Annotated[
    float, Field(gt=0, description="Added to the variance, so that it is never zero.")
]


class Normalisation(Model):
    """Batch normalisation of what reaches a layer's neurons, as Keras' BatchNormalization has it."""

    momentum: Momentum = 0.99
    epsilon: Epsilon = 0.001


def _flag_or_table(value: object) -> str:
    return "table" if isinstance(value, dict | Normalisation) else "flag"


BatchNorm = Annotated[
    Annotated[bool, Tag("flag")] | Annotated[Normalisation, Tag("table")],
    Discriminator(_flag_or_table),
    Field(
        description="Whether what reaches the neurons is normalised batch by batch in training; a table says how, and true stands for its defaults."
    ),
]
