"""Layers that have weights and no neurons: what they can't have, and who may read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from snnc.diagnostics.codes import CONFLICTING_KEYS, SHARED_WEIGHTS
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.spec.base import INPUT
from snnc.spec.layers.base import LayerKind, NeuronLayer
from snnc.spec.tables import Spec

#: The keys of a layer that are about its neurons.
OF_NEURONS = sorted(NeuronLayer.model_fields.keys() - LayerKind.model_fields.keys() - {"neurons"})


def wrong_linear_layers(spec: Spec, names: Sequence[str]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the layers of a spec that have no neurons; `names` are those of all layers."""
    linear = [isinstance(each, NeuronLayer) and not each.has_neurons for each in spec.layers]
    if not any(linear):
        return
    for index, layer in enumerate(spec.layers):
        for key in OF_NEURONS if linear[index] else ():
            if key in layer.model_fields_set:
                message = f"a layer without neurons has no '{key}'"
                at = ("layers", index, key)
                yield Diagnostic(CONFLICTING_KEYS, message, at, "key", "leave it out")
    yield from _shared(spec, names)


def _shared(spec: Spec, names: Sequence[str]) -> Iterator[Diagnostic]:
    """Yield an error for each layer that reads weights which another one reads already."""
    # By layer: the one with weights whose values come out of it without having passed neurons.
    weights: dict[str, str] = {}
    read: set[str] = set()
    written = [(("layers", i), layer.from_) for i, layer in enumerate(spec.layers)]
    for index, (at, named) in enumerate([*written, (("output",), spec.output.from_)]):
        sources = named or (names[index - 1] if index else INPUT,)
        own = {source: weights[source] for source in sources if source in weights}
        for source in [source for source in own if source in read]:
            yield Diagnostic(
                SHARED_WEIGHTS,
                f"'{source}' has no neurons, and a layer before this one reads it already: both would need its weights",
                (*at, "from") if named else at,
                "value" if named else "key",
                f"write the layer '{weights[source]}' again for this one, or leave neurons out there",
            )
        read |= own.keys()
        if index < len(names):
            weights |= _carried(spec.layers[index], names[index], own)


def _carried(layer: LayerKind, name: str, sources: Mapping[str, str]) -> dict[str, str]:
    """Return a layer with the one whose weights come out of it, if it has no neurons; `sources` are those that it reads."""
    if isinstance(layer, NeuronLayer):
        return {} if layer.has_neurons else {name: name}
    first = next(iter(sources.values()), None)
    return {name: first} if first else {}
