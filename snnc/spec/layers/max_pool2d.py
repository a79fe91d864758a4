"""Max pooling, for networks of rates."""

from typing import Literal

from pydantic import Field

from snnc.operators.linear import ShapeError
from snnc.operators.max_pool2d import MaxPool2D
from snnc.spec.base import Size2D
from snnc.spec.layers.base import Builder, Flow, LayerKind


class Layer(LayerKind):
    """The largest value of each part of an image, channel by channel, of neurons that put out rates; spikes and the chip have no maximum."""

    kind: Literal["max_pool2d"]
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
        if source.terms or not all(op.training_only for op in source.operators):
            message = f"max_pool2d follows neurons, and '{source.via}' has none"
            hint = 'write "avg_pool2d", or put the layer right behind one with neurons'
            raise ShapeError(message, "kind", hint)
        strides = self.strides or self.pool_size
        return source.then(MaxPool2D(name, self.pool_size, strides, self.padding))
