"""The mean of a whole series."""

from typing import Literal

from snnc.operators.avg_pool1d import AveragePool1D
from snnc.spec.layers.base import Builder, Flow, LayerKind


class Layer(LayerKind):
    """The mean of each channel over the whole series, avg_pool1d with a part as long as that."""

    kind: Literal["global_avg_pool1d"]

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        (source,) = sources
        whole = AveragePool1D(name, 1, 1, "valid").length(source.shape)
        return source.then(AveragePool1D(name, whole, whole, "valid"))
