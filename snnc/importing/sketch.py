"""A spec in the making: its layers as tables of it, with their weights as Keras has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from snnc.importing.operations import Array, Scale, Shape
from snnc.spec.base import INPUT

#: Where neurons run.
HOST, CHIP = "host", "chip"
#: How the kinds of layers without neurons begin.
WITHOUT_NEURONS = ("avg_pool", "global_avg_pool", "batch_norm", "concatenate", "max_pool")


@dataclass(frozen=True, eq=False)
class Layer:
    """A table in [[layers]]: its keys beside kind and name, what it follows, and the nodes that it stands for.

    `weights` are those of its operator, once for each of the sources; or once for all if they share them.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    sources: tuple[str, ...]
    weights: tuple[tuple[Array, ...], ...] = ()
    nodes: tuple[str, ...] = ()

    @property
    def has_neurons(self) -> bool:
        return not (self.kind.startswith(WITHOUT_NEURONS) or self.settings.get("neurons") == "none")


@dataclass(frozen=True, eq=False)
class Output:
    """The readout: how many classes there are, which layers it reads, and its weights behind each."""

    classes: int
    sources: tuple[str, ...]
    weights: tuple[tuple[Array, ...], ...]
    nodes: tuple[str, ...] = ()

    @property
    def has_bias(self) -> bool:
        return len(self.weights[0]) > 1


@dataclass(frozen=True, eq=False)
class Sketch:
    """All of it. `scale` is what the file does to items first, if it does that; `on_chip` says whether the chip has room for it."""

    shape: Shape
    layers: tuple[Layer, ...]
    output: Output
    channels_first: bool = False
    scale: Scale | None = None
    on_chip: bool = True
    #: By a node that takes no layer: what became of it.
    others: Mapping[str, str] = field(default_factory=dict)


def uses_chip(sketch: Sketch) -> bool:
    """Whether neurons run on the chip, and none of those on the host read them: neurons that read the input are on the host."""
    places: dict[str, frozenset[str]] = {INPUT: frozenset({INPUT})}
    for layer in sketch.layers:
        read = frozenset().union(*(places[source] for source in layer.sources))
        if layer.has_neurons:
            if read > {INPUT} and CHIP in read:
                return False
            read = frozenset({HOST if INPUT in read else CHIP})
        places[layer.name] = read
    return any(CHIP in each for each in places.values())
