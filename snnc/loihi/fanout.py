"""The fan-out of an image's pixels into the blocks of a layer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from snnc.loihi.axons import Everywhere, Fanout
from snnc.loihi.blocks import Block, Box
from snnc.loihi.ranges import Tally, joined, neighbours, shifted, tally
from snnc.loihi.targets import Outline, Seen, Targets, lines
from snnc.loihi.windows import Axis


class Grid(NamedTuple):
    """Into boxes: rows and columns of pixels lead to rows and columns of boxes, and these to some boxes behind each other."""

    rows: Tally
    columns: Tally
    width: int
    depth: int

    def below(self, pixel: int) -> int:
        row, column = divmod(pixel, self.width)
        before = self.rows.below(row)
        own = self.rows.below(row + 1) - before
        there = before * self.columns.below(self.width) + own * self.columns.below(column)
        return self.depth * there

    def within(self, rows: range, columns: range) -> int:
        """Return the sum over the pixels of some rows and columns."""
        return self.depth * self.rows.over(rows) * self.columns.over(columns)


class Scattered(NamedTuple):
    """Into slices: counted by the number of a pixel."""

    pixels: Tally

    def below(self, pixel: int) -> int:
        return self.pixels.below(pixel)


class OfChannels(NamedTuple):
    """Into neurons of the same channel: the fan-out of each range of channels, counted by the number of a pixel."""

    parts: tuple[tuple[range, Grid | Scattered], ...]

    def below(self, pixel: int) -> int:
        """Return the sum over the axons of all channels of all pixels before one."""
        return sum(len(channels) * own.below(pixel) for channels, own in self.parts)


def fanout(
    rows: Axis,
    columns: Axis,
    blocks: Sequence[Block],
    outlines: Sequence[Outline],
    landings: Mapping[Outline, Sequence[Targets]],
) -> Fanout:
    """Return the fan-out of an image's pixels into blocks, given their outlines, and the pixels that lead into each outline."""
    if blocks[0].whole:
        return Everywhere(1)
    return into_parts(rows, columns, blocks, outlines, landings)


def into_parts(
    rows: Axis,
    columns: Axis,
    blocks: Sequence[Block],
    outlines: Sequence[Outline],
    landings: Mapping[Outline, Sequence[Targets]],
) -> Grid | Scattered:
    """Return the fan-out into the blocks of a layer that is split."""
    if isinstance(blocks[0], Box):
        down = {block.lines: outline.rows for block, outline in zip(blocks, outlines, strict=True)}
        across = {block.columns: o.columns for block, o in zip(blocks, outlines, strict=True)}
        return Grid(
            tally(_seen(rows, down.items())),
            tally(_seen(columns, across.items())),
            columns.length,
            len(blocks) // (len(down) * len(across)),
        )
    return Scattered(tally(_scattered(rows, columns, blocks, outlines, landings)))


def _seen(axis: Axis, parts: Iterable[tuple[range, Sequence[Seen]]]) -> Iterator[range]:
    """Yield the rows of an image that are seen by each part of a side of the layer."""
    for places, seen in parts:
        yield from (shifted(part, places.start * axis.stride) for part in lines(axis, seen))


def _scattered(
    rows: Axis,
    columns: Axis,
    blocks: Sequence[Block],
    outlines: Sequence[Outline],
    landings: Mapping[Outline, Sequence[Targets]],
) -> Iterator[range]:
    """Yield the pixels that lead into each block, as ranges of their numbers."""
    width = columns.length
    reached = {outline: _numbers(landing, width) for outline, landing in landings.items()}
    for block, outline in zip(blocks, outlines, strict=True):
        down, right = block.lines.start * rows.stride, block.columns.start * columns.stride
        yield from (shifted(part, down * width + right) for part in reached[outline])


def _numbers(landing: Iterable[Targets], width: int) -> list[range]:
    """Return the numbers of some pixels of an image, counted from the first of the block on."""
    by_row: dict[int, list[range]] = {}
    for each in landing:
        for row in chain.from_iterable(each.rows):
            by_row.setdefault(row, []).extend(each.columns)
    return joined(
        shifted(part, row * width) for row, parts in by_row.items() for part in neighbours(parts)
    )
