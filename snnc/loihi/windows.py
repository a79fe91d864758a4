"""Windows on images: those that see a pixel, and the place of the kernel that each sees it through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from snnc.operators.linear import Shape, Window

#: Windows one behind the other, each with the shape of the image that it moves over.
Chain = Sequence[tuple[Window, Shape]]


class Axis(NamedTuple):
    """The rows of an image, or its columns, and the windows that see each of them.

    A window begins `stride` rows after the one before it. The first begins `margin` rows above the image.
    """

    seen_by: Sequence[range]
    stride: int = 1
    margin: int = 0

    def kernel_place(self, row: int, window: int) -> int:
        """Return the row of the kernel that a window sees a row of the image through."""
        return row + self.margin - window * self.stride

    def through(self, window: int, stride: int, margin: int, number: int) -> Axis:
        """Return these rows, seen through more windows, which see the present ones as rows."""
        return Axis(
            [_seeing(rows, window, stride, margin, number) for rows in self.seen_by],
            self.stride * stride,
            self.margin + margin * self.stride,
        )


def axes(chain: Chain, image: Shape) -> tuple[Axis, Axis]:
    """Return the rows and the columns of an image, seen through all windows of a chain."""
    rows, columns = (Axis([range(x, x + 1) for x in range(length)]) for length in image[:2])
    for window, shape in chain:
        (top, _), (left, _) = window.margins(shape)
        down, across = window.images(shape)
        rows = rows.through(window.window[0], window.strides[0], top, down)
        columns = columns.through(window.window[1], window.strides[1], left, across)
    return rows, columns


def _seeing(rows: range, window: int, stride: int, margin: int, number: int) -> range:
    """Return the windows that see any of some rows, out of a number of them."""
    first = max(0, -(-(rows.start + margin - window + 1) // stride))
    last = min(number - 1, (rows.stop - 1 + margin) // stride)
    return range(first, last + 1) if rows and first <= last else range(0)
