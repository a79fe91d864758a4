"""Several layers side by side, as one."""

from typing import ClassVar, Literal

from snnc.operators.concatenate import Place
from snnc.operators.linear import ShapeError
from snnc.spec.layers.base import Builder, Flow, LayerKind, joined


class Layer(LayerKind):
    """The channels of several layers, one behind the other; when the network runs, each layer has its part of the weights that follow."""

    takes_several: ClassVar[bool] = True

    kind: Literal["concatenate"]

    def lower(self, name: str, sources: tuple[Flow, ...], network: Builder) -> Flow:
        if len(sources) < 2:
            raise ShapeError(
                "a concatenate layer joins several layers",
                "from",
                "write the layers to join in from",
            )
        if len({source.shape[:-1] for source in sources}) > 1:
            shapes = " and ".join(f"{list(source.shape)} from '{source.via}'" for source in sources)
            raise ShapeError(
                f"what is concatenated differs in more than its channels: {shapes}", "from"
            )
        total = sum(source.shape[-1] for source in sources)
        placed, before = [], 0
        for source in sources:
            channels = source.shape[-1]
            placed.append(source.then(Place(name, before, total - before - channels)))
            before += channels
        return joined(placed)
