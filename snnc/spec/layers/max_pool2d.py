"""Max pooling, for networks of rates."""

from typing import Literal

from snnc.operators.linear import ShapeError
from snnc.operators.max_pool2d import MaxPool2D
from snnc.spec.layers.base import Builder, Flow
from snnc.spec.pools import PoolLayer


class Layer(PoolLayer):
    """The largest value of each part of an image, channel by channel, of neurons that put out rates; spikes and the chip have no maximum."""

    kind: Literal["max_pool2d"]

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        (source,) = sources
        if source.terms or not all(op.training_only for op in source.operators):
            message = f"max_pool2d follows neurons, and '{source.via}' has none"
            hint = 'write "avg_pool2d", or put the layer right behind one with neurons'
            raise ShapeError(message, "kind", hint)
        return self.pooled(source, MaxPool2D, name)
