"""The base of layers that pool images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from snnc.spec.base import Size2D
from snnc.spec.layers.base import Flow, LayerKind

if TYPE_CHECKING:
    from snnc.operators.pool2d import Pool2D


class PoolLayer(LayerKind):
    """A layer that puts out one value for each part of an image, channel by channel."""

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

    def pooled(self, source: Flow, pool: type[Pool2D], name: str) -> Flow:
        """Return values behind a pool of the layer's windows."""
        strides = self.strides or self.pool_size
        return source.then(pool(name, self.pool_size, strides, self.padding))
