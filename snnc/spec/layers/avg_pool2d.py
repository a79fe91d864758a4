"""Average pooling."""

from typing import Literal

from pydantic import Field

from snnc.operators.avg_pool2d import AveragePool2D
from snnc.spec.base import Size2D
from snnc.spec.layers.base import Builder, Flow, LayerKind


class Layer(LayerKind):
    """The mean of each part of an image, channel by channel; when the network runs, the weights that follow hold it."""

    kind: Literal["avg_pool2d"]
    pool_size: Size2D = Field(
        (2, 2), description="Height and width of a part; one number for both."
    )
    strides: Size2D | None = Field(
        None, description="How far apart parts are, down and across. Default: as pool_size."
    )
    padding: Literal["valid", "same"] = Field(
        "valid",
        description="Whether what is left over at the edges is dropped (valid) or pooled by itself (same).",
    )

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        (source,) = sources
        strides = self.strides or self.pool_size
        return source.then(AveragePool2D(name, self.pool_size, strides, self.padding))
