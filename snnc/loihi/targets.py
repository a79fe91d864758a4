"""Targets: the neurons of a block that the axons of pixels lead to. Pixels that lead there alike are counted together."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import pairwise, product
from math import gcd
from typing import NamedTuple

from snnc.loihi.blocks import Block
from snnc.loihi.ranges import joined, neighbours, overlap
from snnc.loihi.windows import Axis, within
from snnc.operators.linear import Pair


class Seen(NamedTuple):
    """Rows of an image that some windows see: by as many neighbours each, through several rows of the kernel."""

    windows: int
    #: The first row of the kernel.
    places: tuple[int, ...]
    #: The first windows, for each of those rows of the kernel.
    firsts: tuple[range, ...]

    def pixels(self, axis: Axis, firsts: Iterable[range]) -> Iterator[range]:
        """Yield the rows with these first windows, by which window of a block they are seen."""
        for each in firsts:
            for place in self.places:
                yield axis.rows_from(place, each)


class Outline(NamedTuple):
    """All of a block that matters to the windows that see an image. Blocks of one outline take the same of their cores."""

    rows: tuple[Seen, ...]
    columns: tuple[Seen, ...]
    #: The rows of the layer, the neurons of a pixel and of a row, and those that the first and the last row lack.
    lines: int
    depth: int
    pitch: int
    head: int
    tail: int
    whole: bool


class Run(NamedTuple):
    """Neighbours in a block that see a pixel, all in one row of the layer.

    The first of them is so many neurons after the first that sees the pixel, and belongs to this channel.
    """

    first: int
    length: int
    channel: int


#: One for each row of the layer. With the place of the kernel that the first neuron sees a pixel through, they tell all places.
Runs = tuple[Run, ...]


class Firsts(NamedTuple):
    """Numbers in a block: so many in a row, each `step` after the one before it, and so many rows, `pitch` apart."""

    start: int
    number: int
    step: int
    rows: int
    pitch: int

    @property
    def last(self) -> int:
        return self.start + (self.number - 1) * self.step + (self.rows - 1) * self.pitch

    def multiples_of(self, number: int) -> bool:
        """Whether all are multiples of a number."""
        steps = [self.start]
        steps += [self.step] if self.number > 1 else []
        steps += [self.pitch] if self.rows > 1 else []
        return gcd(*steps) % number == 0

    def different(self, unit: int) -> int:
        """Return the number of different quotients by a unit, rounded down."""
        # What a row adds to the one before it repeats when rows begin at the same place of a unit again.
        period = unit // gcd(self.pitch, unit)
        times, rest = divmod(self.rows - 1, period)
        added = [self._added(row, unit) for row in range(1, min(period, self.rows - 1) + 1)]
        return self._in_row(self.start, unit) + times * sum(added) + sum(added[:rest])

    def quotients(self, unit: int) -> Iterator[range]:
        """Yield the quotients by a unit, rounded down."""
        for row in range(self.rows):
            start = self.start + row * self.pitch
            if self.step <= unit:
                yield range(start // unit, self._end(start) // unit + 1)
            else:
                yield from (
                    range(x // unit, x // unit + 1)
                    for x in range(start, self._end(start) + 1, self.step)
                )

    def _added(self, row: int, unit: int) -> int:
        start = self.start + row * self.pitch
        shared = self._end(start - self.pitch) // unit == start // unit
        return self._in_row(start, unit) - shared

    def _in_row(self, start: int, unit: int) -> int:
        if self.step > unit:
            return self.number
        return self._end(start) // unit - start // unit + 1

    def _end(self, start: int) -> int:
        return start + (self.number - 1) * self.step


class Targets(NamedTuple):
    """Pixels that lead into a block alike, but for the place of the kernel that the first neuron sees them through.

    For each place the first neurons have the same numbers. Pixels are counted from those of the block on.
    """

    runs: Runs
    firsts: Firsts
    kernel_rows: tuple[int, ...]
    kernel_columns: tuple[int, ...]
    rows: tuple[range, ...]
    columns: tuple[range, ...]

    @property
    def pixels(self) -> int:
        """The number of pixels."""
        return sum(map(len, self.rows)) * sum(map(len, self.columns))


def different(several: Sequence[Firsts], unit: int = 1) -> int:
    """Return the number of different quotients by a unit among several groups of numbers."""
    if len(several) == 1:
        return several[0].different(unit)
    return sum(map(len, joined(part for each in several for part in each.quotients(unit))))


def outlines(rows: Axis, columns: Axis, blocks: Iterable[Block]) -> list[Outline]:
    """Return the outline of each block for windows on an image with these rows and columns."""
    seen_rows, seen_columns = (cache(partial(_seen, axis)) for axis in (rows, columns))
    return [
        Outline(
            seen_rows(block.lines),
            seen_columns(block.columns),
            len(block.lines),
            block.depth,
            len(block.columns) * block.depth,
            block.head,
            block.tail,
            block.whole,
        )
        for block in blocks
    ]


def tables(several: Sequence[Targets], unit: int, cell: Pair) -> int:
    """Return the number of different tables, of neurons that are arranged alike, where a base counts in units.

    Places of the kernel in one cell, of so many rows and columns, have equal weights.
    """
    by_place: dict[tuple[int, int], list[Firsts]] = {}
    for each in several:
        rows = {row // cell[0] for row in each.kernel_rows}
        columns = {column // cell[1] for column in each.kernel_columns}
        if len(several) == 1:
            return len(rows) * len(columns) * each.firsts.different(unit)
        for place in product(rows, columns):
            by_place.setdefault(place, []).append(each.firsts)
    return sum(different(firsts, unit) for firsts in by_place.values())


def lines(axis: Axis, seen: Sequence[Seen]) -> list[range]:
    """Return the rows of an image that are seen, from those of a block on."""
    return neighbours([rows for each in seen for rows in each.pixels(axis, each.firsts)])


def targets(rows: Axis, columns: Axis, block: Outline) -> Iterator[Targets]:
    """Yield the targets of all pixels of an image that lead into a block."""
    for seen in block.rows:
        even = _even(seen, block)
        for firsts in seen.firsts:
            full = overlap(firsts, even)
            if full:
                yield from _full(rows, columns, block, seen, full)
            ends = (line for line in firsts if line not in full) if len(full) < len(firsts) else ()
            for line in ends:
                yield from _ragged(rows, columns, block, seen, line)


def _seen(axis: Axis, places: range) -> tuple[Seen, ...]:
    alike: dict[tuple[int, tuple[range, ...]], list[int]] = {}
    for view, firsts in within(axis, places).items():
        alike.setdefault((view.windows, tuple(firsts)), []).append(view.place)
    return tuple(
        Seen(windows, tuple(kernel), firsts) for (windows, firsts), kernel in alike.items()
    )


def _even(seen: Seen, block: Outline) -> range:
    """Return the rows of a block from which on windows see no row of it that lacks neurons."""
    stop = block.lines - bool(block.tail) - seen.windows + 1
    return range(1 if block.head else 0, stop)


def _full(rows: Axis, columns: Axis, block: Outline, down: Seen, lines: range) -> Iterator[Targets]:
    """Yield the targets of pixels that lead to whole rows of a block."""
    for across in block.columns:
        length = across.windows * block.depth
        runs = tuple(Run(i * block.pitch, length, 0) for i in range(down.windows))
        for firsts in across.firsts:
            start = lines.start * block.pitch + firsts.start * block.depth - block.head
            yield Targets(
                runs,
                Firsts(start, len(firsts), block.depth, len(lines), block.pitch),
                down.places,
                across.places,
                tuple(down.pixels(rows, [lines])),
                tuple(across.pixels(columns, [firsts])),
            )


def _ragged(rows: Axis, columns: Axis, block: Outline, down: Seen, line: int) -> Iterator[Targets]:
    """Yield the targets of pixels that lead to some rows of a block of which one lacks neurons."""
    lines = range(line, line + down.windows)
    bounds = [_bounds(block, each) for each in lines]
    cuts = {bound for each in bounds for bound in each} - {0, block.pitch}
    pixels = tuple(down.pixels(rows, [range(line, line + 1)]))
    for across in block.columns:
        for piece in _pieces(across, cuts, block.depth):
            start, stop = (x * block.depth for x in (piece.start, piece.start + across.windows))
            own = [
                (each, max(start, low), min(stop, high))
                for each, (low, high) in zip(lines, bounds, strict=True)
                if max(start, low) < min(stop, high)
            ]
            if not own:
                continue
            first_line, low, _ = own[0]
            first = first_line * block.pitch + low
            skipped_rows = (first_line - line) * rows.stride
            skipped_columns = (low // block.depth - piece.start) * columns.stride
            yield Targets(
                tuple(
                    Run(each * block.pitch + low - first, high - low, low % block.depth)
                    for each, low, high in own
                ),
                Firsts(first - block.head, len(piece), block.depth, 1, block.pitch),
                tuple(place - skipped_rows for place in down.places),
                tuple(place - skipped_columns for place in across.places),
                pixels,
                tuple(across.pixels(columns, [piece])),
            )


def _bounds(block: Outline, line: int) -> tuple[int, int]:
    """Return where the neurons of a row of a block begin and end."""
    low = block.head if line == 0 else 0
    high = block.pitch - (block.tail if line == block.lines - 1 else 0)
    return low, high


def _pieces(seen: Seen, cuts: Iterable[int], depth: int) -> Iterator[range]:
    """Divide first windows so that those of a piece see as many neurons each: a cut runs through single windows."""
    # From the first window that a cut runs through, or that begins there, to the first that begins behind it.
    through = [range(cut // depth - seen.windows + 1, -(-cut // depth) + 1) for cut in cuts]
    for firsts in seen.firsts:
        inner = {x for each in through for x in overlap(each, firsts)}
        yield from (range(a, b) for a, b in pairwise(sorted({*inner, firsts.start, firsts.stop})))
