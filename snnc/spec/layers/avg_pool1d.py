"""Average pooling of series."""

from typing import Literal

from pydantic import Field

from snnc.operators.avg_pool1d import AveragePool1D
from snnc.spec.base import Size1D
from snnc.spec.layers.base import Builder, Flow, LayerKind


class Layer(LayerKind):
    """The mean of each part of a series, channel by channel; when the network runs, the weights that follow hold it."""

    kind: Literal["avg_pool1d"]
    pool_size: Size1D = Field(2, description="Length of a part.")
    strides: Size1D | None = Field(
        None, description="How far apart parts are. Default: as pool_size."
    )
    padding: Literal["valid", "same"] = Field(
        "valid",
        description="Whether what is left over at the end is dropped (valid) or pooled by itself (same).",
    )

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        (source,) = sources
        strides = self.strides or self.pool_size
        return source.then(AveragePool1D(name, self.pool_size, strides, self.padding))
