"""The largest values of windows in front of a linear map: for networks of rates, which a node on the host compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from snnc.operators.linear import Shape, Window
from snnc.operators.transforms import Expected, Form

if TYPE_CHECKING:
    from snnc.operators.transforms import Array, Arrays


@dataclass(frozen=True, eq=False, repr=False)
class Pooled(Form):
    """A linear map of the largest value of each window of an image."""

    kind: ClassVar[str] = "pooled"

    input_shape: Shape
    window: Window
    linear: Form

    @property
    def shape(self) -> Shape:
        return self.linear.shape

    @property
    def arrays(self) -> Mapping[str, Expected]:
        return self.linear.arrays

    @property
    def inputs(self) -> Sequence[int]:
        return self.linear.inputs

    def read(self, responses: Iterator[Array]) -> dict[str, Array]:
        return self.linear.read(responses)

    def from_kernel(self, kernel: Array) -> dict[str, Array]:
        return self.linear.from_kernel(kernel)

    def apply(self, arrays: Arrays, x: Array) -> Array:
        return self.linear.apply(arrays, self.largest(x))

    def nengo(self, arrays: Mapping[str, Any]) -> Any:
        return self.linear.nengo(arrays)

    def largest(self, x: Array) -> Array:
        """Return the largest values of all windows on images x, (n, size in): (n, size out)."""
        import numpy as np

        images = x.reshape(-1, *self.input_shape)
        sides = [(0, 0), *self.window.margins(self.input_shape), (0, 0)]
        padded = np.pad(images, sides, constant_values=-np.inf)
        (rows, columns), (down, right) = self.window.images(self.input_shape), self.window.strides
        seen = [
            padded[
                :,
                row : row + (rows - 1) * down + 1 : down,
                column : column + (columns - 1) * right + 1 : right,
            ]
            for row, column in np.ndindex(*self.window.window)
        ]
        found: Array = np.max(seen, axis=0).reshape(len(images), -1)
        return found
