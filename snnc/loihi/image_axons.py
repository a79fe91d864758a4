"""The axons of a connection that looks at an image through windows."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise, product
from math import prod
from typing import NamedTuple

from snnc.loihi.axons import CoreUse, Everywhere, Fanout, Landed, Least
from snnc.loihi.blocks import Block, Box, parts_of
from snnc.loihi.fanout import Grid, OfChannels, fanout, into_parts
from snnc.loihi.memory import BASES, index_bits, table_bits
from snnc.loihi.ranges import overlap
from snnc.loihi.targets import Outline, Runs, Targets, different, outlines, tables, targets
from snnc.loihi.windows import Axis, Views, within
from snnc.operators.linear import Pair, Shape, size


class ConvolutionAxons(NamedTuple):
    """The population axons of a kernel: one for each pixel, with weights for each of its channels."""

    source: Shape
    #: Of the image that windows move over.
    rows: Axis
    columns: Axis
    pop_type: int
    #: Whether pooling gives several places of the kernel the same weights.
    pooled: bool
    #: The rows and columns of the kernel that surely have the same weights: those of a cell.
    cell: Pair = (1, 1)

    @property
    def number(self) -> int:
        return size(self.source[:2])

    @property
    def slots(self) -> int:
        return 2 if self.pop_type == 32 else 1

    def into(self, blocks: Sequence[Block]) -> Landed:
        return _landed(self.rows, self.columns, blocks, self._use)

    def out_of(self, block: Block, leading: Fanout) -> int:
        return _from_pixels(block, leading)

    def least(self, box: Box) -> Least:
        down, across = within(self.rows, box.lines), within(self.columns, box.columns)
        rows, columns = map(_number_of_places, (down, across), self.cell)
        # The pixel that most neurons see: they end in its last row.
        beyond = (max(rows) - 1) * len(box.columns) + max(columns)

        def bits(depth: int) -> int:
            width = index_bits(beyond * depth - 1)
            return sum(
                rows[y] * columns[x] * table_bits(self.source[2] * y * x * depth, width)
                for y, x in product(rows, columns)
            )

        return Least(sum(_pixels(down).values()) * sum(_pixels(across).values()), bits)

    def _use(self, block: Outline, landing: Sequence[Targets]) -> CoreUse:
        arranged = _by_runs(landing)
        bits = self._bits(arranged)
        cell = (1, 1) if block.whole else self.cell
        most_bits = sum(bits[runs] * tables(arranged[runs], BASES, cell) for runs in arranged)
        # The bases of axons of 16 bits count in fours.
        aligned = self.pop_type == 32 or all(each.firsts.multiples_of(4) for each in landing)
        if block.whole:
            return CoreUse(self.number, most_bits, most_bits, aligned)
        fewest = most_bits
        if self.pooled:
            # Indices alone tell tables apart whose weights are equal.
            fewest = sum(bits[runs] * _different(arranged[runs], BASES) for runs in arranged)
        return CoreUse(sum(each.pixels for each in landing), fewest, most_bits, aligned)

    def _bits(self, arranged: Mapping[Runs, Sequence[Targets]]) -> dict[Runs, int]:
        """Return the bits that each table takes. All indices have as many as the largest needs."""
        width = index_bits(max(_largest_index(*each) for each in arranged.items()))
        return {
            runs: table_bits(self.source[2] * sum(run.length for run in runs), width)
            for runs in arranged
        }


class SparseAxons(NamedTuple):
    """The discrete axons of a matrix that is zero beyond windows: one for each channel of a pixel."""

    source: Shape
    #: Of the image that windows move over.
    rows: Axis
    columns: Axis
    #: The rows and columns of pixels that surely have equal weights.
    cell: Pair = (1, 1)
    slots: int = 1

    @property
    def number(self) -> int:
        return size(self.source)

    def into(self, blocks: Sequence[Block]) -> Landed:
        return _landed(self.rows, self.columns, blocks, self._use)

    def out_of(self, block: Block, leading: Fanout) -> int:
        first, last = block.pixels[0].start, block.pixels[-1].stop
        before, after = block.missing
        return (
            block.depth * _from_pixels(block, leading)
            - before * (leading.below(first + 1) - leading.below(first))
            - after * (leading.below(last) - leading.below(last - 1))
        )

    def least(self, box: Box) -> Least:
        down, across = within(self.rows, box.lines), within(self.columns, box.columns)
        rows, columns, channels = _pixels(down), _pixels(across), self.source[2]

        def bits(depth: int) -> int:
            return channels * sum(
                rows[y] * columns[x] // prod(self.cell) * table_bits(y * x * depth)
                for y, x in product(rows, columns)
            )

        return Least(channels * sum(rows.values()) * sum(columns.values()), bits)

    def _use(self, block: Outline, landing: Sequence[Targets]) -> CoreUse:
        channels, arranged = self.source[2], _by_runs(landing)
        bits = {runs: channels * table_bits(sum(run.length for run in runs)) for runs in arranged}
        most_bits = sum(bits[each.runs] * each.pixels for each in landing)
        if block.whole:
            return CoreUse(self.number, most_bits, most_bits)
        # Windows see a cell as a whole, or not at all.
        most_bits //= prod(self.cell)
        # Pixels with the same targets may have equal weights.
        fewest = sum(bits[runs] * _different(arranged[runs], 1) for runs in arranged)
        return CoreUse(channels * sum(each.pixels for each in landing), fewest, most_bits)


class ChannelAxons(NamedTuple):
    """The discrete axons of a matrix in which channels don't mix: each leads to neurons of its own channel, or of its own ones.

    A block is counted by the parts of it that see one channel each: most channels see parts of the same form.
    """

    source: Shape
    #: Of the image that windows move over.
    rows: Axis
    columns: Axis
    #: The number of channels that each channel leads to, and the first of all.
    multiplier: int = 1
    first: int = 0
    #: The rows and columns of pixels that surely have equal weights.
    cell: Pair = (1, 1)
    slots: int = 1

    @property
    def number(self) -> int:
        return size(self.source)

    def into(self, blocks: Sequence[Block]) -> Landed:
        parts = [self._seen(block) for block in blocks]
        own = [part for each in parts for _, part in each]
        seen = outlines(self.rows, self.columns, own)
        landings = {outline: list(targets(self.rows, self.columns, outline)) for outline in seen}
        by_part = dict(zip(own, seen, strict=True))
        one = SparseAxons((*self.source[:2], 1), self.rows, self.columns, self.cell)

        def use(block: Block, parts: Sequence[tuple[range, Block]]) -> CoreUse:
            if block.whole:
                bits = [self._use(one, by_part[part], landings, whole=True) for _, part in parts]
                total = sum(len(c) * b.bits for (c, _), b in zip(parts, bits, strict=True))
                return CoreUse(self.number, total, total)
            uses = [
                (len(channels), self._use(one, by_part[part], landings, whole=False))
                for channels, part in parts
            ]
            return CoreUse(
                sum(n * each.axons for n, each in uses),
                sum(n * each.bits for n, each in uses),
                sum(n * each.most_bits for n, each in uses),
            )

        uses = [use(block, own_parts) for block, own_parts in zip(blocks, parts, strict=True)]
        return uses, partial(self._fanout, blocks[0].whole, parts, by_part, landings)

    def out_of(self, block: Block, leading: Fanout) -> int:
        if not isinstance(leading, OfChannels):
            return leading.below(block.neurons)
        return sum(
            len(overlap(channels, seen)) * _from_pixels(part, own)
            for channels, part in parts_of(block, range(self.source[2]), 1)
            for seen, own in leading.parts
        )

    def least(self, box: Box) -> Least:
        one = SparseAxons((*self.source[:2], 1), self.rows, self.columns, self.cell)
        axons, own_bits = one.least(box)

        def bits(depth: int) -> int:
            full, rest = divmod(depth, self.multiplier)
            return full * own_bits(self.multiplier) + (own_bits(rest) if rest else 0)

        return Least(0 if self.first else axons, bits if not self.first else lambda depth: 0)

    def _seen(self, block: Block) -> list[tuple[range, Block]]:
        """Return the parts of a block that see one channel each, with the channels that see a part of this form."""
        stop = self.first + self.source[2] * self.multiplier
        return parts_of(block, range(self.first, stop), self.multiplier)

    def _use(
        self,
        one: SparseAxons,
        part: Outline,
        landings: Mapping[Outline, Sequence[Targets]],
        whole: bool,
    ) -> CoreUse:
        return one._use(part._replace(whole=whole), landings[part])

    def _fanout(
        self,
        whole: bool,
        parts: Sequence[Sequence[tuple[range, Block]]],
        by_part: Mapping[Block, Outline],
        landings: Mapping[Outline, Sequence[Targets]],
    ) -> Fanout:
        if whole:
            return Everywhere(1)
        cuts = {bound for each in parts for c, _ in each for bound in (c.start, c.stop)}
        found = []
        for start, stop in pairwise(sorted(cuts)):
            own = [part for each in parts for c, part in each if c.start <= start < c.stop]
            if own:
                seen = [by_part[part] for part in own]
                fan = into_parts(self.rows, self.columns, own, seen, landings)
                found.append((range(start, stop), fan))
        return OfChannels(tuple(found))


def _landed(
    rows: Axis,
    columns: Axis,
    blocks: Sequence[Block],
    use: Callable[[Outline, Sequence[Targets]], CoreUse],
) -> Landed:
    """Return what blocks take of their cores, and where the axons lead; `use` counts those of one outline."""
    seen = outlines(rows, columns, blocks)
    landings = {outline: list(targets(rows, columns, outline)) for outline in set(seen)}
    uses = {outline: use(outline, landing) for outline, landing in landings.items()}
    return [uses[outline] for outline in seen], partial(
        fanout, rows, columns, blocks, seen, landings
    )


def _from_pixels(block: Block, leading: Fanout) -> int:
    """Return how often the pixels that have neurons in a block lead into another."""
    if isinstance(block, Box) and isinstance(leading, Grid):
        return leading.within(block.lines, block.columns)
    return sum(leading.below(run.stop) - leading.below(run.start) for run in block.pixels)


def _number_of_places(views: Views, cell: int) -> Counter[int]:
    """Return through how many rows of the kernel rows are seen, by the number of windows that see them; those of a cell count once."""
    places = {(view.windows, view.place // cell) for view in views}
    return Counter(windows for windows, _ in places)


def _pixels(views: Views) -> Counter[int]:
    """Return how many rows are seen, by the number of windows that see them."""
    seen: Counter[int] = Counter()
    for view, ranges in views.items():
        seen[view.windows] += sum(map(len, ranges))
    return seen


def _by_runs(landing: Iterable[Targets]) -> dict[Runs, list[Targets]]:
    arranged: dict[Runs, list[Targets]] = {}
    for each in landing:
        arranged.setdefault(each.runs, []).append(each)
    return arranged


def _different(several: Iterable[Targets], unit: int) -> int:
    """Return how many units the first neurons of some targets are in."""
    return different(list({each.firsts for each in several}), unit)


def _largest_index(runs: Runs, several: Sequence[Targets]) -> int:
    """Return the largest index in the tables of some neurons: it makes up for what a base is too small to say."""
    beyond_base = max(each.firsts.last for each in several) // BASES * BASES
    return beyond_base + runs[-1].first + runs[-1].length - 1
