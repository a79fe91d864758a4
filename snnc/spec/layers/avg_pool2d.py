"""Average pooling."""

from typing import Literal

from snnc.operators.avg_pool2d import AveragePool2D
from snnc.spec.layers.base import Builder, Flow
from snnc.spec.pools import PoolLayer


class Layer(PoolLayer):
    """The mean of each part of an image, channel by channel; when the network runs, the weights that follow hold it."""

    kind: Literal["avg_pool2d"]

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        (source,) = sources
        return self.pooled(source, AveragePool2D, name)
