"""Windows on images: those that see a pixel, and the place of the kernel that each sees it through.

Along a side of an image most rows are seen alike, but for where their windows begin. So rows are grouped by how they are seen,
and it takes no longer to count those of a large image.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain as chained
from typing import NamedTuple

from snnc.loihi.ranges import joined, overlap
from snnc.operators.linear import Shape, Window

#: Windows one behind the other, each with the shape of the image that it moves over.
Chain = Sequence[tuple[Window, Shape]]


class View(NamedTuple):
    """How a row of an image is seen: by neighbouring windows, by the first of them through this row of the kernel."""

    windows: int
    place: int


#: The first window of each row that is seen in one way, in order and without overlap. A view and a window tell the row.
Views = Mapping[View, Sequence[range]]


class Step(NamedTuple):
    """Windows of one size: how far apart they are, where the first begins above the image, and their number."""

    window: int
    stride: int
    margin: int
    number: int


@dataclass(frozen=True)
class Axis:
    """The rows of an image, or its columns, and the windows that see each of them, one behind the other.

    A window of all together begins `stride` rows after the one before it. The first begins `margin` rows above the image.
    """

    length: int
    steps: tuple[Step, ...] = ()
    stride: int = 1
    margin: int = 0
    #: The number of rows at either end that may be seen in ways of their own.
    edge: int = field(default=0, repr=False)

    def seen_by(self, row: int) -> range:
        """Return the windows that see a row."""
        rows = range(row, row + 1)
        for step in self.steps:
            rows = _seeing(rows, step)
        return rows

    def kernel_place(self, row: int, window: int) -> int:
        """Return the row of the kernel that a window sees a row of the image through."""
        return row + self.margin - window * self.stride

    def rows_from(self, place: int, windows: range) -> range:
        """Return the rows that these windows see through one row of the kernel."""
        start = place + windows.start * self.stride - self.margin
        return range(start, start + len(windows) * self.stride, self.stride)

    def through(self, step: Step) -> Axis:
        """Return these rows, seen through more windows, which see the present ones as rows."""
        return Axis(
            self.length,
            (*self.steps, step),
            self.stride * step.stride,
            self.margin + step.margin * self.stride,
            self.edge + self.stride * (step.window + step.stride),
        )

    @cached_property
    def views(self) -> Views:
        """The views of all rows that are seen at all."""
        first, last = self.edge, self.length - self.edge
        if last - first <= self.stride:
            return grouped(self._one(row) for row in range(self.length))
        within = (self._alike(row, last) for row in range(first, first + self.stride))
        ends = (self._one(row) for row in (*range(first), *range(last, self.length)))
        return grouped(chained(within, ends))

    def _one(self, row: int) -> tuple[View, range]:
        windows = self.seen_by(row)
        return self._view(row, windows), windows[:1]

    def _alike(self, row: int, last: int) -> tuple[View, range]:
        """Return the view of a row and of those that follow it by strides, until the last, and their first windows."""
        windows = self.seen_by(row)
        number = len(range(row, last, self.stride)) if windows else 0
        return self._view(row, windows), range(windows.start, windows.start + number)

    def _view(self, row: int, windows: range) -> View:
        return View(len(windows), self.kernel_place(row, windows.start))


def axes(chain: Chain, image: Shape) -> tuple[Axis, Axis]:
    """Return the rows and the columns of an image, seen through all windows of a chain."""
    rows, columns = (Axis(length) for length in image[:2])
    for window, shape in chain:
        (top, _), (left, _) = window.margins(shape)
        down, across = window.images(shape)
        rows = rows.through(Step(window.window[0], window.strides[0], top, down))
        columns = columns.through(Step(window.window[1], window.strides[1], left, across))
    return rows, columns


def grouped(views: Iterable[tuple[View, range]]) -> Views:
    """Return the first windows by view; neighbours become one range."""
    found: dict[View, list[range]] = {}
    for view, firsts in views:
        if firsts:
            found.setdefault(view, []).append(firsts)
    return {view: joined(firsts) for view, firsts in found.items()}


def within(axis: Axis, places: range) -> Views:
    """Return how rows are seen by some of the windows alone. These are numbered anew, from 0."""
    return grouped(
        part
        for view, ranges in axis.views.items()
        for firsts in ranges
        for part in _clipped(view, firsts, places, axis.stride)
    )


def _clipped(view: View, firsts: range, places: range, stride: int) -> Iterable[tuple[View, range]]:
    start, stop = places.start, places.stop
    whole = overlap(firsts, range(start, stop - view.windows + 1))
    if whole:
        yield view, range(whole.start - start, whole.stop - start)
    reached = overlap(firsts, range(start - view.windows + 1, stop))
    parts = (
        chained(range(reached.start, whole.start), range(whole.stop, reached.stop))
        if whole
        else reached
    )
    for window in parts:
        first, last = max(window, start), min(window + view.windows, stop)
        seen = View(last - first, view.place - (first - window) * stride)
        yield seen, range(first - start, first - start + 1)


def _seeing(rows: range, step: Step) -> range:
    """Return the windows that see any of some rows."""
    first = max(0, -(-(rows.start + step.margin - step.window + 1) // step.stride))
    last = min(step.number - 1, (rows.stop - 1 + step.margin) // step.stride)
    return range(first, last + 1) if rows and first <= last else range(0)
