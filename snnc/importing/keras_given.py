"""A layer of Keras as its file has it: its settings, the shapes that it reads, and its arrays, each checked when asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from snnc.diagnostics.errors import Refusal
from snnc.importing.hdf5 import numbers_of
from snnc.importing.keras_config import Layer
from snnc.importing.operations import Array, Operation, Shape, in_double

#: Values of an item, between any two layers: what a chip holds is far below.
MOST_VALUES = 2**26


class CannotSay(Exception):
    """A spec has no words for a layer with these inputs."""

    def __init__(self, reason: str, advice: str) -> None:
        self.reason, self.advice = reason, advice
        super().__init__(reason, advice)


class Part(NamedTuple):
    """A step of a layer: what is added to the layer's name, the name of what it does, and the step."""

    suffix: str
    kind: str
    operation: Operation


@dataclass(frozen=True)
class Given:
    """A layer, the shapes that it reads, and its arrays, not read yet.

    All that return something raise a Refusal if the file has something else.
    """

    layer: Layer
    shapes: tuple[Shape, ...]
    held: Sequence[Any]

    @property
    def config(self) -> Mapping[str, Any]:
        return self.layer.config

    @property
    def shape(self) -> Shape:
        return self.shapes[0]

    def part(self, operation: Operation) -> Part:
        """Return the first step of the layer, or the only one."""
        return Part("", self.layer.kind, operation)

    def arrays(self, expected: Mapping[str, Shape]) -> dict[str, Array]:
        """Return the layer's arrays by the names and of the shapes that its settings ask for."""
        if len(self.held) != len(expected):
            raise Refusal(
                f"'{self.layer.name}' ({self.layer.kind}) has {', '.join(expected)}, "
                f"and the file has {_counted(len(self.held))} for it"
            )
        found = {}
        for (name, shape), held in zip(expected.items(), self.held, strict=True):
            if tuple(held.shape) != shape:
                raise Refusal(
                    f"'{self.layer.name}' ({self.layer.kind}) has a {name} of shape {shape} by its settings, "
                    f"and of {tuple(held.shape)} in the file"
                )
            found[name] = numbers_of(held, f"the {name} of '{self.layer.name}'")
        return found

    def flag(self, key: str, default: bool) -> bool:
        return bool(self.config.get(key, default))

    def number(self, key: str, default: float) -> float:
        value = self.config.get(key, default)
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise self.wrong(key)
        return float(value)

    def whole(self, key: str, default: int | None = None) -> int:
        return self.counted(key, self.config.get(key, default))

    def wholes(self, key: str, axes: int, default: Any = None) -> Shape:
        """Return one number an axis, given as a list or as one number for all."""
        value = self.config.get(key)
        if value is None:
            value = default
        if isinstance(value, int):
            value = [value] * axes
        if not isinstance(value, list | tuple) or len(value) != axes:
            raise self.wrong(key)
        return tuple(self.counted(key, one) for one in value)

    def counted(self, key: str, value: Any, least: int = 1) -> int:
        if not isinstance(value, int) or not least <= value <= MOST_VALUES:
            raise self.wrong(key)
        return value

    def setting(self, key: str, default: float | None = None) -> Array:
        """Return numbers that stand in the settings, nested as they are."""
        value = self.config.get(key, default)
        if isinstance(value, Mapping):  # an array, as Keras 3 writes it
            inner = value.get("config")
            value = inner.get("value") if isinstance(inner, Mapping) else None
        try:
            array = in_double(value)
        except (TypeError, ValueError) as error:
            raise self.wrong(key) from error
        if not np.isfinite(array).all():
            raise self.wrong(key)
        return array

    def ensure_axes(self, axes: int) -> None:
        if len(self.shape) != axes + 1:
            raise Refusal(
                f"'{self.layer.name}' ({self.layer.kind}) needs values on {axes + 1} axes, "
                f"and reads those of shape {self.shape}"
            )

    def wrong(self, key: str) -> Refusal:
        value = str(self.config.get(key))
        short = value if len(value) <= 60 else f"{value[:60]}..."
        return Refusal(
            f"'{self.layer.name}' ({self.layer.kind}) can't have {key} = {short} on values of shape {self.shape}"
        )


def _counted(arrays: int) -> str:
    return {0: "no array", 1: "one array"}.get(arrays, f"{arrays} arrays")
