"""The mean of a whole image."""

from typing import Literal

from snnc.operators.avg_pool2d import AveragePool2D
from snnc.spec.layers.base import Builder, Flow, LayerKind


class Layer(LayerKind):
    """The mean of each channel over the whole image, avg_pool2d with a part as large as that."""

    kind: Literal["global_avg_pool2d"]

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        (source,) = sources
        whole = AveragePool2D(name, (1, 1), (1, 1), "valid").image(source.shape)[:2]
        return source.then(AveragePool2D(name, whole, whole, "valid"))
