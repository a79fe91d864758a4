"""Batch normalisation of what a layer puts out."""

from typing import Annotated, Literal

from pydantic import Field

from snnc.operators.batch_norm import BatchNorm
from snnc.spec.layers.base import Builder, Flow, LayerKind


class Layer(LayerKind):
    """Normalises what it follows, batch by batch in training; when the network runs, the weights that follow hold it."""

    kind: Literal["batch_norm"]
    momentum: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.99, description="How slowly the moving mean and variance follow the batches."
    )
    epsilon: Annotated[float, Field(gt=0)] = Field(
        0.001, description="Added to the variance, so that it is never zero."
    )

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        (source,) = sources
        return source.then(BatchNorm(name, self.momentum, self.epsilon))
