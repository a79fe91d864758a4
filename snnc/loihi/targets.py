"""Targets: the neurons of a block that the axons of a pixel lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from snnc.loihi.blocks import Block
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

    #: Of the pixel.
    number: int
    base: int
    runs: tuple[AxonRun, ...]

    @property
    def neurons(self) -> tuple[range, ...]:
        """The numbers of the neurons in the block, run by run."""
        starts = [self.base + run.first for run in self.runs]
        return tuple(range(x, x + run.length) for x, run in zip(starts, self.runs, strict=True))


def targets(rows: Axis, columns: Axis, block: Block) -> Iterator[Targets]:
    """Yield the targets of each pixel of an image that leads into a block."""
    width = len(columns.seen_by)
    # For each row of the layer, the neurons that see each column of the image.
    stretches = {
        line: [block.stretch(line, windows) for windows in columns.seen_by] for line in block.rows
    }
    for row, windows in enumerate(rows.seen_by):
        start, stop = max(windows.start, block.rows.start), min(windows.stop, block.rows.stop)
        lines = [(stretches[line], rows.kernel_place(row, line)) for line in range(start, stop)]
        for column in range(width if lines else 0):
            seeing = [(s, kernel_row) for line, kernel_row in lines if (s := line[column])]
            if seeing:
                # Indices make up for what a base is too small to say.
                base = seeing[0][0].first % BASES
                runs = [
                    AxonRun(
                        stretch.first - base,
                        stretch.length,
                        kernel_row,
                        columns.kernel_place(column, stretch.column),
                        stretch.channel,
                    )
                    for stretch, kernel_row in seeing
                ]
                yield Targets(row * width + column, base, tuple(runs))
