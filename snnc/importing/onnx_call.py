"""One node of an ONNX graph, with what its inputs stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnc.importing.onnx_values import Nodes, Traced, Unsayable, Value
from snnc.importing.operations import Array, Operation, in_double


@dataclass(frozen=True)
class NodeCall:
    """An operator of ONNX on values. `name` is what the layer is called; `read_once` whether nothing else reads its first input."""

    name: str
    kind: str
    inputs: tuple[Value | None, ...]
    attributes: Mapping[str, Any]
    nodes: Nodes
    read_once: bool
    #: How many items the file is for: its own number, or one that no axis has.
    items: int

    @property
    def traced(self) -> tuple[Traced, ...]:
        """The inputs that depend on the items."""
        return tuple(value for value in self.inputs if isinstance(value, Traced))

    def input(self, number: int) -> Value | None:
        return self.inputs[number] if number < len(self.inputs) else None

    def value(self, number: int = 0) -> Traced:
        """Return an input that depends on the items."""
        value = self.input(number)
        if not isinstance(value, Traced):
            raise Unsayable(
                f"its input {number + 1} is a constant",
                "compute constants before the network is exported",
            )
        return value

    def constant(self, number: int) -> Array | None:
        """Return an input that is known before anything runs; None where it is left out."""
        value = self.input(number)
        if isinstance(value, Traced):
            raise Unsayable(
                f"its input {number + 1} is computed from the items",
                "use weights that are the same for all items",
            )
        return value

    def weights(self, number: int) -> Array | None:
        """Return a constant of numbers, in double precision, all of them finite."""
        values = self.constant(number)
        if values is None:
            return None
        finite(values)
        return in_double(values)

    def given(self, number: int) -> Array:
        """Return weights that must be there."""
        values = self.weights(number)
        if values is None:
            raise Unsayable(f"its input {number + 1} is missing", "export the network again")
        return values

    def add(self, operation: Operation, *values: Traced) -> Traced:
        """Add a node for this call; its axes are those of the first value."""
        try:
            node = self.nodes.add(self.name, self.kind, operation, values)
        # What shapes that don't fit raise, or windows that are larger than what they look at.
        except (ValueError, IndexError) as error:
            shapes = ", ".join(str(value.shape) for value in values)
            raise Unsayable(
                f"its weights or windows don't fit its input of shape {shapes}",
                "the file is damaged: export the network again",
            ) from error
        axes = values[0].known_axes
        return Traced(node, axes if len(axes) == len(node.shape) else tuple(range(len(node.shape))))


def finite(values: Array) -> None:
    """Raise Unsayable for weights that are no numbers."""
    if values.dtype.kind not in "fiub" and values.dtype.name not in ("bfloat16", "float16"):
        raise Unsayable(
            f"weights of type {values.dtype}", "export weights as float32: model.float()"
        )
    if not np.isfinite(in_double(values)).all():
        raise Unsayable(
            "a weight is NaN or infinite", "the training diverged: train the network again"
        )
