"""Targets: the neurons of a block that the axons of a pixel lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from snnc.loihi.blocks import Block, Stretch, overlap
from snnc.loihi.memory import BASES
from snnc.loihi.windows import Axis


class AxonRun(NamedTuple):
    """Neighbours in a block that see a pixel, all in one row of the layer.

    The first of them has the index `first`. It sees the pixel through this row and column of the kernel, and belongs to this
    channel. The others follow from that.
    """

    first: int
    length: int
    kernel_row: int
    kernel_column: int
    channel: int


class Targets(NamedTuple):
    """The neurons of a block that see a pixel. Their numbers in the block are the base plus their indices."""

    pixel: int
    base: int
    runs: tuple[AxonRun, ...]

    @property
    def neurons(self) -> tuple[range, ...]:
        """The numbers of the neurons in the block, run by run."""
        starts = [self.base + run.first for run in self.runs]
        return tuple(range(x, x + run.length) for x, run in zip(starts, self.runs, strict=True))


#: Neurons that see a pixel, and the column of the kernel that the first of them sees it through.
Seeing = tuple[Stretch, int]


def targets(rows: Axis, columns: Axis, block: Block) -> Iterator[Targets]:
    """Yield the targets of each pixel of an image that leads into a block."""
    width = len(columns.seen_by)
    by_line = _by_line(columns, block)
    for row, windows in enumerate(rows.seen_by):
        lines = overlap(windows, block.rows)
        if not lines:
            continue
        kernel_rows = [(rows.kernel_place(row, line), by_line[line]) for line in lines]
        for column in range(width):
            seeing = [(kernel_row, s) for kernel_row, line in kernel_rows if (s := line[column])]
            if seeing:
                yield _targets(row * width + column, seeing)


def _by_line(columns: Axis, block: Block) -> Mapping[int, Sequence[Seeing | None]]:
    """Return the neurons that see each column of an image, for each row of the layer in a block."""
    return {
        line: [
            (stretch, columns.kernel_place(column, stretch.column)) if stretch else None
            for column, windows in enumerate(columns.seen_by)
            for stretch in [block.stretch(line, windows)]
        ]
        for line in block.rows
    }


def _targets(pixel: int, seeing: Sequence[tuple[int, Seeing]]) -> Targets:
    """Return the targets of a pixel, given the neurons that see it, each with the row of the kernel."""
    _, (first, _) = seeing[0]
    # Indices make up for what a base is too small to say.
    base = first.first % BASES
    runs = [
        AxonRun(stretch.first - base, stretch.length, kernel_row, kernel_column, stretch.channel)
        for kernel_row, (stretch, kernel_column) in seeing
    ]
    return Targets(pixel, base, tuple(runs))
