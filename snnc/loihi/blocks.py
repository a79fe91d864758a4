"""Blocks: the neurons of a layer that share a core.

NengoLoihi splits a layer into boxes where its block_shape is set, and into slices elsewhere. In a block neurons are numbered
anew, in the same order as in the layer.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import product
from typing import NamedTuple

from snnc.operators.linear import Shape, size


class Stretch(NamedTuple):
    """Neighbours in a block, all in one row of the layer.

    The first of them has the number `first` in the block, and this column and channel in the layer.
    """

    first: int
    length: int
    column: int
    channel: int


class Box(NamedTuple):
    """Neurons at a range of places in each dimension of a layer."""

    layer: Shape
    sides: tuple[range, ...]

    @property
    def neurons(self) -> int:
        """The number of neurons."""
        return size(tuple(map(len, self.sides)))

    @property
    def whole(self) -> bool:
        """Whether the layer isn't split."""
        return self.neurons == size(self.layer)

    @property
    def kind(self) -> Hashable:
        """Equal for blocks of a layer that take the same of their cores."""
        *sides, channels = self.sides
        return (*sides, len(channels))

    @property
    def rows(self) -> range:
        """The rows of the layer that have neurons in the block."""
        return self.sides[0]

    def stretch(self, row: int, columns: range) -> Stretch | None:
        """Return the neurons in some columns of one of these rows, or None if there are none."""
        rows, own, channels = self.sides
        within = overlap(columns, own)
        if not within:
            return None
        pixel = (row - rows.start) * len(own) + within.start - own.start
        depth = len(channels)
        return Stretch(pixel * depth, len(within) * depth, within.start, channels.start)

    def numbers(self) -> Sequence[int]:
        """Return the numbers of the neurons in the layer."""
        return _numbers(self.sides, self.layer)

    def pixels(self) -> Sequence[int]:
        """Return the numbers of the pixels that have neurons in the block."""
        return _numbers(self.sides[:2], self.layer[:2])


class Slice(NamedTuple):
    """Neurons in a range of their numbers."""

    layer: Shape
    span: range

    @property
    def neurons(self) -> int:
        return len(self.span)

    @property
    def whole(self) -> bool:
        return self.neurons == size(self.layer)

    @property
    def kind(self) -> Hashable:
        return self.span

    @property
    def rows(self) -> range:
        return _covered(self.span, size(self.layer[1:]))

    def stretch(self, row: int, columns: range) -> Stretch | None:
        _, width, channels = self.layer
        first = row * width
        neurons = range((first + columns.start) * channels, (first + columns.stop) * channels)
        within = overlap(neurons, self.span)
        if not within:
            return None
        pixel, channel = divmod(within.start, channels)
        return Stretch(within.start - self.span.start, len(within), pixel - first, channel)

    def numbers(self) -> Sequence[int]:
        return self.span

    def pixels(self) -> Sequence[int]:
        return _covered(self.span, self.layer[-1])


#: Both have the members that are documented for a box.
Block = Box | Slice


def boxes(layer: Shape, block_shape: Shape) -> list[Block]:
    """Split a layer into boxes of a shape. The last ones of a dimension may be smaller."""
    sides = [
        [range(start, min(start + step, length)) for start in range(0, length, step)]
        for length, step in zip(layer, block_shape, strict=True)
    ]
    return [Box(layer, box) for box in product(*sides)]


def slices(layer: Shape, neurons: int) -> list[Block]:
    """Split a layer into slices of some neurons. The last one may be smaller."""
    stop = size(layer)
    return [
        Slice(layer, range(start, min(start + neurons, stop))) for start in range(0, stop, neurons)
    ]


def overlap(first: range, second: range) -> range:
    """Return the part that two ranges have in common."""
    return range(max(first.start, second.start), min(first.stop, second.stop))


def _numbers(sides: Sequence[range], shape: Shape) -> Sequence[int]:
    """Return the number of each place in a box, counted row by row."""
    numbers = [0]
    for places, length in zip(sides, shape, strict=True):
        numbers = [number * length + place for number in numbers for place in places]
    return numbers


def _covered(neurons: range, group: int) -> range:
    """Return the numbers of the groups, of neighbours each, that some neurons are in."""
    return range(neurons.start // group, (neurons.stop - 1) // group + 1)
