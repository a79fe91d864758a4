"""Dropout, in training only."""

from typing import Annotated, Literal

from pydantic import Field

from snnc.operators.dropout import Dropout
from snnc.spec.layers.base import Builder, Flow, LayerKind


class Layer(LayerKind):
    """In training only, some values are set to zero at random and the others scaled up."""

    kind: Literal["dropout"]
    rate: Annotated[float, Field(ge=0, lt=1)] = Field(
        description="Share of the values that are set to zero."
    )

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        (source,) = sources
        return source.then(Dropout(name, self.rate))
