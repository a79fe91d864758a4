"""Which arrays of a file belong to which layer: in the order of Keras 2's `.h5`, and in that of Keras 3's `.keras`.

Neither goes by the layers' names alone. A `.h5` lists the arrays of each top layer, and those of a model within it in one list.
A `.keras` counts the layers of each class: `dense`, `dense_1`, `dense_2`, in the order in which the model has them. Keras 2.12 writes
weights alone in the same way, but goes through those that have any a second time: `dense`, `dense_2`, `dense_4`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from snnc.diagnostics.errors import Refusal
from snnc.importing.hdf5 import text_of, texts_of
from snnc.importing.keras_config import Layer


class Weights(Protocol):
    """The arrays of a layer or of a model."""

    def arrays(self) -> Sequence[Any]:
        """Return the layer's arrays, not read yet, in its own order."""

    def of(self, layers: Sequence[Layer]) -> Mapping[str, Weights]:
        """Return the arrays of each of a model's layers, by their names."""


@dataclass(frozen=True)
class Listed:
    """A `.h5`: each array with its path in the file, such as `dense/kernel:0` or `inner/dense/kernel`."""

    found: tuple[tuple[str, Any], ...]

    def arrays(self) -> Sequence[Any]:
        return [array for _, array in self.found]

    def of(self, layers: Sequence[Layer]) -> Mapping[str, Weights]:
        own: dict[str, list[tuple[str, Any]]] = {layer.name: [] for layer in layers}
        for path, array in self.found:
            # Of `inner/dense/kernel` it is the model `inner` that counts, not a layer `dense` beside it.
            places = [
                (place, -len(name), name) for name in own if (place := _place(path, name)) >= 0
            ]
            if places:
                own[min(places)[-1]].append((path, array))
        # Keras 2 names an array after its layer alone, whatever models are around that.
        return {
            layer.name: self
            if layer.is_model and not own[layer.name]
            else Listed(tuple(own[layer.name]))
            for layer in layers
        }


@dataclass(frozen=True)
class ListedByLayer:
    """The top of a `.h5`, which names its layers."""

    by_layer: Mapping[str, Listed]

    def arrays(self) -> Sequence[Any]:
        return []

    def of(self, layers: Sequence[Layer]) -> Mapping[str, Weights]:
        return {layer.name: self.by_layer.get(layer.name, Listed(())) for layer in layers}


@dataclass(frozen=True)
class Numbered:
    """A group of a `.keras`: a layer has `vars/0`, `vars/1`, a model has `layers`."""

    group: Any
    #: Whether layers must have the names that the file has beside their arrays.
    same_names: bool

    def arrays(self) -> Sequence[Any]:
        held = _child(self.group, "vars")
        if held is None:
            return []
        return [held[key] for key in sorted(held, key=lambda key: (len(key), key))]

    def of(self, layers: Sequence[Layer]) -> Mapping[str, Weights]:
        counts: dict[str, int] = {}
        weights = {}
        within = _child(self.group, "layers")
        lists_twice = within is None
        if lists_twice:
            within = _child(self.group, "_layer_checkpoint_dependencies")
        for layer in layers:
            # Operations such as x + y stand among the layers, and are none.
            if layer.is_operation:
                weights[layer.name] = Numbered(None, self.same_names)
                continue
            name = _snake_case(layer.kind)
            number = counts.get(name, 0)
            own = _child(within, f"{name}_{number}" if number else name)
            counts[name] = number + (2 if lists_twice and _has_arrays(own) else 1)
            weights[layer.name] = Numbered(own, self.same_names)
            if self.same_names:
                _ensure_same_name(layer.name, own)
        return weights


def listed(group: Any, name: str) -> ListedByLayer:
    """Return the arrays of a `.h5`, or of the part of it that holds them.

    Raises:
        Refusal: If the lists name arrays that aren't there.
    """
    by_layer = {}
    for layer in texts_of(group, "layer_names") or []:
        own = _child(group, layer)
        paths = None if own is None else texts_of(own, "weight_names")
        if paths is None:
            raise Refusal(f"{name} names a layer '{layer}', and has no weights for it")
        missing = [path for path in paths if path not in own]
        if missing:
            raise Refusal(f"{name} names weights '{missing[0]}' of '{layer}', which aren't there")
        by_layer[layer] = Listed(tuple((path, own[path]) for path in paths))
    return ListedByLayer(by_layer)


def _place(path: str, layer: str) -> int:
    """Return where a layer's name stands in the path of an array, above the array's own name; -1 if it doesn't."""
    above = path.rpartition("/")[0]
    return f"/{above}/".find(f"/{layer}/")


def _child(group: Any, name: str) -> Any:
    return group[name] if group is not None and name in group else None


def _has_arrays(group: Any) -> bool:
    if group is None:
        return False
    # Groups hold groups: those of a layer, or those of the layers of a model.
    return any(_has_arrays(one) if hasattr(one, "keys") else True for one in group.values())


def _ensure_same_name(layer: str, group: Any) -> None:
    """Compare a layer's name with the one that Keras 3.6 and later write beside its arrays."""
    held = _child(group, "vars")
    written = None if held is None else text_of(held, "name")
    if written not in (None, layer):
        raise Refusal(
            f"the weights in the place of layer '{layer}' are those of '{written}': "
            "the architecture and the weights are of two models"
        )


def _snake_case(kind: str) -> str:
    """Return a class's name as Keras names the group of its weights."""
    name = re.sub(r"\W+", "", kind)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
